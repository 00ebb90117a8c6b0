# SPDX-License-Identifier: BSD-3-Clause
"""Writes recordings in the form of gc/recording.hpp, of a trie that is simulated here, by its rules, for one thread at
a time. Keeps books of its own on what is live, retired and reclaimed after each event: what the page is compared with."""
import base64
import bisect
import hashlib
import itertools

ROOT, BRANCH, LEAF, ENTRY, LINK, TOP, SLOT, CELL, HOLD, NEXT, VALUE, DEAD, RETIRED, RECLAIMED, COLLECTION, CHANGE, HANDLES = range(1, 18)
GROWN, SHRUNK, CLEARED, SPLIT, MERGED = range(5)
CELLS = 7


def varint(number, out):
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def bit_of(hash_, bit):
    return hash_ >> (63 - bit) & 1


class Node:
    __slots__ = ("id", "kind", "depth", "below", "hash", "key", "value")

    def __init__(self, kind, depth=0, below=(), hash_=0, key="", value=""):
        self.id, self.kind, self.depth, self.below = 0, kind, depth, list(below)
        self.hash, self.key, self.value = hash_, key, value


class Recorder:
    """The stream of events, and the books."""

    def __init__(self, threads=("Collector", "Main thread", "<Thread 1>", "<Thread 2>")):
        self.threads, self.maps = list(threads), []
        self.bytes, self.events, self.ids = bytearray(), 0, 0
        self.thread, self.time, self.pause = 1, 0, 3
        self.live, self.waiting = [], []
        self.reclaimed, self.books = [], []  # books[map]: (events, live, waiting, reclaimed), whenever they change
        self.collections = self.handles_made = 0

    def map(self, name, kind):
        self.maps.append({"name": name, "kind": kind})
        self.live.append(0)
        self.waiting.append([])
        self.reclaimed.append(0)
        self.books.append([(0, 0, 0, 0)])
        return len(self.maps) - 1

    def event(self, kind, *numbers, tail=b""):
        self.bytes.append(kind)
        varint(self.thread, self.bytes)
        varint(self.pause, self.bytes)
        self.time += self.pause
        for number in numbers:
            varint(number, self.bytes)
        self.bytes += tail
        self.events += 1

    def note(self, map_):
        self.books[map_].append((self.events, self.live[map_], len(self.waiting[map_]), self.reclaimed[map_]))

    def counts(self, map_, events):
        """Live, waiting and reclaimed nodes of a map after so many events."""
        return self.books[map_][bisect.bisect_right(self.books[map_], (events, 1 << 60)) - 1][1:]

    @staticmethod
    def text(text):
        out, data = bytearray(), text.encode()
        varint(len(data), out)
        return bytes(out + data)

    def born(self, map_, node):
        self.ids += 1
        node.id = self.ids
        self.live[map_] += 1
        ids = [child.id if child else 0 for child in node.below]
        if node.kind == ROOT:
            runs = [number for child, run in itertools.groupby(ids) for number in (len(list(run)), child)]
            self.event(ROOT, map_, node.depth, *runs)
        elif node.kind == ENTRY:
            self.event(ENTRY, map_, tail=node.hash.to_bytes(8, "little") + self.text(node.key) + self.text(node.value))
        elif node.kind == LINK:
            self.event(LINK, map_, *ids)
        else:
            self.event(node.kind, map_, node.depth, *ids)
        self.note(map_)
        return node

    def retire(self, map_, node):
        self.live[map_] -= 1
        self.waiting[map_].append(node)
        self.event(RETIRED, node.id)
        self.note(map_)

    def collect(self, cleared=0, keep=0, eager=False):
        """A collection that reclaims what was retired, but for the last `keep` nodes: somebody still stands in them. They
        are swept behind its event, or (`eager`) before it."""
        thread, self.thread = self.thread, 0
        self.collections += 1
        if eager:
            self.sweep(keep)
        retired = sum(map(len, self.waiting)) + sum(self.reclaimed)
        self.event(COLLECTION, self.collections, 900_000 + 130_000 * self.collections, 700_000 + 90_000 * self.collections,
                   64 << 20, (9 + 2 * self.collections) << 20, cleared, retired, sum(self.reclaimed))
        self.sweep(keep)
        self.thread = thread

    def sweep(self, keep):
        for map_, nodes in enumerate(self.waiting):
            while len(nodes) > keep:
                node = nodes.pop(0)
                self.reclaimed[map_] += 1
                self.event(RECLAIMED, node.id)
                self.note(map_)

    def handles(self, live, made, dead):
        thread, self.thread = self.thread, 0
        self.event(HANDLES, live, made, dead)
        self.thread = thread

    def about(self, program, first=0, dropped=0):
        return {"program": program, "interlox": "0.1.0", "threads": self.threads, "events": self.events, "dropped": dropped,
                "duration_us": self.time, "counted": True, "maps": self.maps, "first": first}

    def base64(self):
        text = base64.b64encode(self.bytes).decode()
        return "\n".join(text[i:i + 120] for i in range(0, len(text), 120))


class Trie:
    def __init__(self, recorder, name="ConcurrentMap 1", kind="map"):
        self.to, self.map = recorder, recorder.map(name, kind)
        self.keys = {}
        self.root, self.crowded = None, 0  # how many of the root's slots hold branches
        self.fresh_root()

    @staticmethod
    def hash(key):
        return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little")

    def born(self, *all_, **named):
        return self.to.born(self.map, Node(*all_, **named))

    def fresh_root(self):
        self.root = self.born(ROOT, 3, [None] * 8)
        self.to.event(TOP, self.map, self.root.id)

    def put(self, node, index, child, kind=SLOT):
        node.below[index] = child
        self.to.event(kind, node.id, index, child.id if child else 0)

    def leaf(self, items, depth):
        return self.born(LEAF, depth, items + [None] * (CELLS - len(items)))

    def locate(self, hash_):
        """The lowest node with a slot for the hash, and the slot's index and depth."""
        node, index, depth = self.root, hash_ >> (64 - self.root.depth), self.root.depth
        while node.below[index] and node.below[index].kind == BRANCH:
            node = node.below[index]
            index, depth = bit_of(hash_, node.depth), node.depth + 1
        return node, index, depth

    def insert(self, key, value="1", hash_=None):
        hash_ = self.hash(key) if hash_ is None else hash_
        entry = self.born(ENTRY, hash_=hash_, key=key, value=value)
        self.keys[key] = entry
        node, index, depth = self.locate(hash_)
        there = node.below[index]
        if there is None:
            self.put(node, index, entry if depth <= 8 else self.leaf([entry], depth))
        elif there.kind == ENTRY:
            same = there.hash == hash_
            self.put(node, index, self.leaf([self.chain(entry, there)] if same else [there, entry], depth))
        else:
            cell = next((i for i, held in enumerate(there.below) if held and held.hash == hash_), None)
            if cell is not None:
                self.put(there, cell, self.chain(entry, there.below[cell]), CELL)
            elif None in there.below:
                self.put(there, there.below.index(None), entry, CELL)
            else:
                self.split(there, entry)
        while 2 * len(self.keys) > 2 ** self.root.depth and self.root.depth < 8 or self.crowded > 2 ** self.root.depth // 16 + 1:
            self.grow()

    def chain(self, entry, rest):
        if rest.kind == ENTRY:
            rest = self.born(LINK, below=[rest, None], hash_=rest.hash)
        return self.born(LINK, below=[entry, rest], hash_=entry.hash)

    def subtree(self, items, depth):
        sides = [[item for item in items if bit_of(item.hash, depth) == side] for side in (0, 1)]
        below = [self.subtree(side, depth + 1) if len(side) > CELLS else self.leaf(side, depth + 1) for side in sides]
        return self.born(BRANCH, depth, below)

    def split(self, old, entry):
        top = self.subtree(old.below + [entry], old.depth)
        first = entry.hash >> (64 - old.depth) << (64 - old.depth) if old.depth else 0
        position, last = first, first + (1 << (64 - old.depth)) - 1
        while position <= last:
            node, index, depth = self.locate(position)
            if node.below[index] is old:
                part = top
                while part.kind == BRANCH and part.depth < depth:
                    part = part.below[bit_of(position, part.depth)]
                self.crowded += part.kind == BRANCH and node is self.root
                self.put(node, index, part)
            position = ((position >> (64 - depth)) + 1) << (64 - depth)
        self.to.event(DEAD, old.id)
        self.to.retire(self.map, old)
        # A part that stands nowhere, since the root tells its sides apart, was never linked.
        if old.depth < self.root.depth:
            self.drop(top)
        self.to.event(CHANGE, self.map, SPLIT, 0)

    def drop(self, node):
        if node.kind == BRANCH and node.depth < self.root.depth:
            for child in node.below:
                self.drop(child)
            self.to.retire(self.map, node)

    def grow(self):
        old, slots, gone = self.root, [], []
        self.crowded = 0
        for word in old.below:
            halves = [word, word]
            if word and word.kind == ENTRY:
                halves[1 - bit_of(word.hash, old.depth)] = None
            elif word and word.kind == BRANCH:
                halves = word.below
                gone.append(word)
                self.crowded += sum(half.kind == BRANCH for half in halves)
            slots += halves
        self.replace_root(self.born(ROOT, old.depth + 1, slots), GROWN, gone)

    def replace_root(self, fresh, what, gone=()):
        old, self.root = self.root, fresh
        self.to.event(TOP, self.map, fresh.id)
        self.to.event(CHANGE, self.map, what, len(fresh.below))
        for node in [*gone, old]:
            self.to.retire(self.map, node)

    def shrink(self):
        old, slots = self.root, []
        depth = old.depth - 1
        self.crowded = 0
        for zero, one in zip(old.below[::2], old.below[1::2]):
            if zero is one or (one is None and zero.kind == ENTRY):
                slots.append(zero)
            elif zero is None and one.kind == ENTRY:
                slots.append(one)
            elif zero and one and zero.kind == one.kind == ENTRY:
                slots.append(self.leaf([zero, one], depth))
            else:
                below = [word if word and word.kind != ENTRY else self.leaf([word] if word else [], depth + 1) for word in (zero, one)]
                slots.append(self.born(BRANCH, depth, below))
                self.crowded += 1
        self.replace_root(self.born(ROOT, depth, slots), SHRUNK)
        for index in range(len(slots)):
            self.merge(self.root, index)

    def merge(self, node, index):
        branch = node.below[index]
        if not branch or branch.kind != BRANCH:
            return
        leaves = branch.below
        if any(leaf.kind != LEAF or leaf.depth != branch.depth + 1 for leaf in leaves):
            return
        items = [held for leaf in leaves for held in leaf.below if held]
        if len(items) > 4:
            return
        self.crowded -= node is self.root
        self.put(node, index, self.leaf(items, branch.depth))
        for leaf in leaves:
            self.to.event(DEAD, leaf.id)
        for gone in (*leaves, branch):
            self.to.retire(self.map, gone)
        self.to.event(CHANGE, self.map, MERGED, 0)

    def remove(self, key):
        entry = self.keys.pop(key)
        node, index, _ = self.locate(entry.hash)
        there = node.below[index]
        if there is entry:
            self.put(node, index, None)
            self.to.retire(self.map, entry)
        else:
            cell = next(i for i, held in enumerate(there.below) if held and held.hash == entry.hash)
            self.take(there, cell, entry)
            if sum(held is not None for held in there.below) <= 2 and node.kind == BRANCH:
                self.merge_along(entry.hash)
        while self.root.depth > 3 and len(self.keys) < 2 ** self.root.depth // 8:
            self.shrink()

    def take(self, leaf, cell, entry):
        if leaf.below[cell] is entry:
            self.put(leaf, cell, None, CELL)
            return self.to.retire(self.map, entry)
        before, link = None, leaf.below[cell]
        while link.below[0] is not entry:
            before, link = link, link.below[1]
        link.below[0] = None
        self.to.event(HOLD, link.id, 0)
        rest = link.below[1]
        if before:
            before.below[1] = rest
            self.to.event(NEXT, before.id, rest.id if rest else 0)
        else:
            self.put(leaf, cell, rest, CELL)
        self.to.retire(self.map, entry)
        return self.to.retire(self.map, link)

    def merge_along(self, hash_):
        way = [(self.root, hash_ >> (64 - self.root.depth))]
        while (node := way[-1][0].below[way[-1][1]]) and node.kind == BRANCH:
            way.append((node, bit_of(hash_, node.depth)))
        for node, index in reversed(way):
            self.merge(node, index)

    def change(self, key, value):
        self.keys[key].value = value
        self.to.event(VALUE, self.keys[key].id, tail=self.to.text(value))

    def clear(self):
        old = self.root
        self.keys, self.crowded = {}, 0
        self.root = self.born(ROOT, 3, [None] * 8)
        self.to.event(TOP, self.map, self.root.id)
        self.to.event(CHANGE, self.map, CLEARED, 8)
        seen = set()

        def close(node):
            if node is None or node.id in seen:
                return
            seen.add(node.id)
            if node.kind == LEAF:
                self.to.event(DEAD, node.id)
            for child in node.below:
                close(child)
            self.to.retire(self.map, node)
        close(old)

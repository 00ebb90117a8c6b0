// SPDX-License-Identifier: BSD-3-Clause
// The trie of one map at one moment. Going there is applying events, or taking them back: a change has what it
// replaced, and everything else about a node is a comparison of its life with the moment.

const STATUS = Object.freeze({ unborn: 0, private: 1, linked: 2, retired: 3, reclaimed: 4 });

/** A set of ids that can be gone over fast: dense, in no order. */
class IdSet {
  constructor(capacity) {
    this.ids = new Uint32Array(capacity);
    this.size = 0;
    this.#where = new Uint32Array(capacity);
  }
  #where;  // one more than the place in ids; 0: not in the set

  set(id, present) {
    const where = this.#where[id];
    if (present === (where !== 0)) return;
    if (present) {
      this.ids[this.size++] = id;
      this.#where[id] = this.size;
    } else {
      const last = this.ids[--this.size];
      this.ids[where - 1] = last;
      this.#where[last] = where;
      this.#where[id] = 0;
    }
  }

  clear() {
    for (let i = 0; i < this.size; ++i) this.#where[this.ids[i]] = 0;
    this.size = 0;
  }
}

class Replay {
  #linkCursor = 0;  // how many of lives.linkOrder have been linked

  constructor(recording, lives) {
    this.recording = recording;
    this.lives = lives;
    this.position = recording.events;  // events applied; lives.js has left the cells at the end
    this.#linkCursor = lives.linkOrder.length;
    this.map = 0;
    this.ghosts = new IdSet(recording.nodes);
    this.privates = new IdSet(recording.nodes);
  }

  /** Looks at this map from now on. */
  choose(map) {
    const { recording, lives } = this;
    this.map = map;
    this.ghosts.clear();
    this.privates.clear();
    for (let id = 1; id < recording.nodes; ++id) if (recording.nodeMap[id] === map) this.#sort(id);
    const steps = new Column(Uint32Array, 1024);
    for (let i = 0; i < recording.events; ++i) {
      if (recording.map[i] === map || recording.map[i] === ALL_MAPS) steps.push(i + 1);
    }
    this.steps = steps.data.subarray(0, steps.length);  // the positions just after each event of this map
    // How many nodes there were of each sort after so many steps.
    const length = steps.length + 1;
    this.counts = { live: new Uint32Array(length), retired: new Uint32Array(length), reclaimed: new Uint32Array(length) };
    const now = { live: 0, retired: 0, reclaimed: 0 };
    for (let step = 1; step < length; ++step) {
      const event = this.steps[step - 1] - 1;
      const kind = recording.kind[event];
      const id = recording.node[event];
      if (kind <= KIND.link) ++now.live;
      if (kind === KIND.retired && lives.retiredAt[id] === event) --now.live, ++now.retired;
      if (kind === KIND.reclaimed && lives.reclaimedAt[id] === event) {
        if (lives.retiredAt[id] < event) --now.retired; else --now.live;
        ++now.reclaimed;
      }
      for (const name in now) this.counts[name][step] = now[name];
    }
  }

  /** How many of the map's steps are done at this position. */
  rank(position = this.position) {
    let low = 0;
    let high = this.steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle] <= position) low = middle + 1; else high = middle;
    }
    return low;
  }

  positionOf(rank) { return rank <= 0 ? 0 : this.steps[Math.min(rank, this.steps.length) - 1]; }

  seek(position) {
    const target = Math.max(0, Math.min(position, this.recording.events));
    while (this.position < target) this.#step(this.position++, true);
    while (this.position > target) this.#step(--this.position, false);
  }

  #step(event, forward) {
    const { recording, lives } = this;
    const kind = recording.kind[event];
    const mine = recording.map[event] === this.map;
    if (kind >= KIND.top && kind <= KIND.value) {
      recording.cells[recording.place[event]] = forward ? recording.next[event] : recording.old[event];
      const order = lives.linkOrder.data;
      if (forward) {
        for (; this.#linkCursor < lives.linkOrder.length && lives.linkedAt[order[this.#linkCursor]] === event; ++this.#linkCursor) {
          if (mine) this.#sort(order[this.#linkCursor]);
        }
      } else {
        for (; this.#linkCursor > 0 && lives.linkedAt[order[this.#linkCursor - 1]] === event; --this.#linkCursor) {
          if (mine) this.#sort(order[this.#linkCursor - 1]);
        }
      }
    } else if (mine && (kind <= KIND.link || kind === KIND.retired || kind === KIND.reclaimed)) {
      this.#sort(recording.node[event]);
    }
  }

  #sort(id) {
    const status = this.status(id);
    this.ghosts.set(id, status === STATUS.retired);
    this.privates.set(id, status === STATUS.private);
  }

  status(id, position = this.position) {
    const { lives } = this;
    if (this.recording.bornAt[id] >= position) return STATUS.unborn;
    if (lives.reclaimedAt[id] < position) return STATUS.reclaimed;
    if (lives.retiredAt[id] < position) return STATUS.retired;
    return lives.linkedAt[id] < position ? STATUS.linked : STATUS.private;
  }

  isDead(id) { return this.lives.deadAt[id] < this.position; }
  root() { return this.recording.cells[this.map]; }
  child(id, index) { return this.recording.cells[this.recording.base[id] + index]; }
  value(entry) { return this.recording.text(this.child(entry, 0)); }

  /** How many places a node has for others. */
  arity(id) {
    switch (this.recording.nodeKind[id]) {
      case KIND.root: return 2 ** this.recording.depth[id];
      case KIND.leaf: return CELLS;
      case KIND.entry: return 0;
      default: return 2;
    }
  }

  /**
   * The steps on the way to a hash, given by an entry that has it, as nodes with the index taken in each: root, slot,
   * branches, leaf, cell, links, entry. `found` says whether the way ends at that very entry's key.
   */
  path(entry) {
    const { recording } = this;
    const { hashHigh, hashLow } = recording;
    const key = recording.key(entry);
    const steps = [];
    const matches = (id) => hashHigh[id] === hashHigh[entry] && hashLow[id] === hashLow[entry] && recording.key(id) === key;
    let id = this.root();
    while (id !== 0) {
      const kind = recording.nodeKind[id];
      let index = -1;
      if (kind === KIND.root) index = slotOf(recording, entry, recording.depth[id]);
      else if (kind === KIND.branch) index = hashBit(recording, entry, recording.depth[id]);
      else if (kind === KIND.leaf) index = this.#cellOf(id, entry);
      else if (kind === KIND.link) index = this.child(id, 0) !== 0 && matches(this.child(id, 0)) ? 0 : 1;
      else {
        steps.push({ id, index });
        return { steps, found: matches(id) };
      }
      steps.push({ id, index });
      id = index < 0 ? 0 : this.child(id, index);
    }
    return { steps, found: false };
  }

  #cellOf(leaf, entry) {
    const { recording } = this;
    for (let i = 0; i < CELLS; ++i) {
      const held = this.entryIn(this.child(leaf, i));
      if (held !== 0 && recording.hashLow[held] === recording.hashLow[entry]
        && recording.hashHigh[held] === recording.hashHigh[entry]) return i;
    }
    return -1;
  }

  /** An entry of the hash that a cell stands for: the entry in it, or one of its chain. */
  entryIn(content) {
    const { recording } = this;
    let id = content;
    while (recording.nodeKind[id] === KIND.link) id = this.child(id, 0) || this.child(id, 1);
    if (id === 0 && content !== 0) return recording.initial[recording.base[content]];  // its keys are gone
    return id;
  }
}

/** What a walk over the whole tree finds: entries of each slot, and how far each entry is from the root. */
function survey(replay) {
  const { recording } = replay;
  const root = replay.root();
  const bits = root === 0 ? 0 : recording.depth[root];
  const slots = root === 0 ? 0 : 2 ** bits;
  const result = {
    bits, slots, entries: 0, leaves: 0, branches: 0, links: 0, direct: 0, levels: 0, chains: 0,
    steps: [],  // [n]: how many entries are n dependent loads away
    bySlot: [new Uint32Array(slots), new Uint32Array(slots), new Uint32Array(slots)],  // direct, in a leaf, deeper
  };
  const seen = new Set();
  const count = (slot, steps) => {
    result.steps[steps] = (result.steps[steps] ?? 0) + 1;
    ++result.bySlot[Math.min(steps, 4) - 2][slot];
    ++result.entries;
  };
  const visit = (id, slot, path) => {
    const kind = recording.nodeKind[id];
    if (kind === KIND.entry) {
      ++result.direct;
      count(slot, 2);
    } else if (kind === KIND.branch) {
      ++result.branches;
      result.levels = Math.max(result.levels, path.length + 1);
      const bit = recording.depth[id];
      for (const side of [0, 1]) visit(replay.child(id, side), slot, [...path, { bit, side }]);
    } else if (kind === KIND.leaf) {
      if (!seen.has(id)) seen.add(id), ++result.leaves;
      for (let i = 0; i < CELLS; ++i) {
        let content = replay.child(id, i);
        if (content === 0) continue;
        const entry = replay.entryIn(content);
        // A leaf may stand in several slots: each counts its own entries.
        if (slotOf(recording, entry, bits) !== slot) continue;
        if (!path.every(({ bit, side }) => hashBit(recording, entry, bit) === side)) continue;
        let steps = 3 + path.length;
        if (recording.nodeKind[content] === KIND.entry) count(slot, steps);
        else ++result.chains;
        for (; recording.nodeKind[content] === KIND.link; content = replay.child(content, 1)) {
          ++steps;
          ++result.links;
          if (replay.child(content, 0) !== 0) count(slot, steps);
        }
      }
    }
  };
  for (let slot = 0; slot < slots; ++slot) {
    const id = replay.child(root, slot);
    if (id !== 0) visit(id, slot, []);
  }
  // What the root no longer leads to, and is not retired yet: whoever replaced it is about to.
  const reachable = (root === 0 ? 0 : 1) + result.branches + result.leaves + result.links + result.entries;
  result.unlinked = replay.counts.live[replay.rank()] - replay.privates.size - reachable;
  return result;
}

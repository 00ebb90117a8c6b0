# SPDX-License-Identifier: BSD-3-Clause
"""Recordings to look at, of what real programs do not show at will: chains, since no program can choose its hashes; the
very deep; and nodes that a collection leaves, since somebody still stands in them."""
import dataclasses

from recording import Recorder, Trie


@dataclasses.dataclass
class Fixture:
    recorder: Recorder
    trie: Trie
    full: int     # so many events and all keys are in
    cleared: int  # and so many until all is cleared
    entries: dict  # key -> the entry that was made for it


def hundred_keys():
    """A hundred keys: chains, deep branches, values that change, removals, collections, handles, clear, and more keys."""
    to = Recorder()
    trie = Trie(to)
    for i in range(100):
        to.thread = 1 + i % 3
        trie.insert(f'"key {i}"', str(i))
    for i in range(12):  # hashes that have their first bits in common
        to.thread = 2
        trie.insert(f'"deep {i}"', "deep", hash_=0x5A5A << 48 | i * 0x0123456789AB)
    for i in range(4):  # and three that have all
        trie.insert(f'"twin {i}"', "twin", hash_=0xC0FFEE0123456789)
    full, entries = to.events, dict(trie.keys)
    to.thread = 1
    to.handles(40, 40, 0)
    for i in range(0, 100, 3):
        trie.change(f'"key {i}"', f"{i} again")
    trie.remove('"twin 2"')
    trie.remove('"twin 0"')
    for i in range(60):
        to.thread = 2 + i % 2
        trie.remove(f'"key {i}"')
    to.collect(cleared=25, keep=2)
    to.handles(15, 40, 25)
    to.thread = 1
    for i in range(60, 98):
        trie.remove(f'"key {i}"')
    for i in range(30):
        trie.insert(f'"late {i}"', "late")
    trie.clear()
    cleared = to.events
    for i in range(5):
        trie.insert(f'"new {i}"', "new")
    to.collect(eager=True)
    to.handles(15, 40, 25)
    return Fixture(to, trie, full, cleared, entries | trie.keys)

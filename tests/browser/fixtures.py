# SPDX-License-Identifier: BSD-3-Clause
"""Recordings to look at, of what real programs do not show at will: chains, since no program can choose its hashes; the
very deep; and nodes that a collection leaves, since somebody still stands in them."""
from recording import Recorder, Trie


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
    kept = to.events
    for i in range(5):
        trie.insert(f'"new {i}"', "new")
    to.collect()
    to.handles(15, 40, 25)
    return to, trie, kept


def hundred_thousand_keys():
    """Growth to 100,000 keys by two threads, half of them removed, a collection, clear, another collection."""
    to = Recorder()
    to.pause = 1
    trie = Trie(to)
    for i in range(100_000):
        to.thread = 2 + i % 2
        trie.insert(str(i), str(i * i))
    full = to.events
    for i in range(60_000):
        trie.remove(str(i))
    to.collect()
    trie.clear()
    to.collect()
    return to, trie, full

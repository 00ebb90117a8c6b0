// SPDX-License-Identifier: BSD-3-Clause
// What follows from the events as a whole, found in one pass: what each change replaced (so that time runs backwards as
// well), and the life of each node: when it could first be reached, was dead, retired, reclaimed; and where it stood.

const MARK = Object.freeze({
  none: 0, insert: 1, remove: 2, update: 3, split: 4, merge: 5, grow: 6, shrink: 7, clear: 8, collection: 9,
});
const MARK_OF_CHANGE = [MARK.grow, MARK.shrink, MARK.clear, MARK.split, MARK.merge];

class Lives {
  #recording;
  #event = 0;

  constructor(recording) {
    this.#recording = recording;
    const { nodes, events } = recording;
    for (const name of ['linkedAt', 'deadAt', 'retiredAt', 'reclaimedAt']) {
      this[name] = new Uint32Array(nodes).fill(NEVER);
    }
    this.start = new Float64Array(nodes);  // of its range of hashes, as a share of them all
    this.linkOrder = new Column(Uint32Array, nodes);  // nodes as they became reachable
    this.mark = new Uint8Array(events);
    recording.initial = recording.cells.slice();  // what each node held at its birth
    recording.old = new Uint32Array(events);
    this.#run();
    for (const change of recording.changes) change.first = this.#firstOf(change);
  }

  /**
   * The row in `collections` of the one that found a reclaimed node unreachable; -1 if it is not in the recording. Nodes
   * are swept when a collection ends, just before its event, or later, when an allocation needs them. So it is the last
   * collection before the sweep, if the node had been retired by then, or else the next.
   */
  collectionOf(id) {
    const { collections } = this.#recording;
    const retired = this.retiredAt[id] === NEVER ? 0 : this.retiredAt[id];
    const next = collections.findIndex(({ event }) => event > this.reclaimedAt[id]);
    const last = (next < 0 ? collections.length : next) - 1;
    return last >= 0 && collections[last].event > retired ? last : next;
  }

  #run() {
    const { kind, node, place, next, old, cells, nodeKind, base, depth, changes, initial, hashHigh, hashLow, events } =
      this.#recording;
    for (let id = 1; id < nodeKind.length; ++id) {
      if (nodeKind[id] === KIND.entry) this.start[id] = hashHigh[id] / 2 ** 32 + hashLow[id] / 2 ** 64;
      else if (nodeKind[id] === KIND.link) this.start[id] = this.start[initial[base[id]] || initial[base[id] + 1]];
    }
    for (let i = 0; i < events; ++i) {
      this.#event = i;
      const id = node[i];
      switch (kind[i]) {
        case KIND.top: case KIND.slot: case KIND.cell: case KIND.hold: case KIND.next: {
          const to = next[i];
          old[i] = cells[place[i]];
          cells[place[i]] = to;
          this.mark[i] = this.#markOf(kind[i], old[i], to);
          if (kind[i] === KIND.top) this.#link(to, 0);
          else if (this.linkedAt[id] !== NEVER) {
            const width = nodeKind[id] === KIND.root ? 2 ** -depth[id] : 2 ** -(depth[id] + 1);
            this.#link(to, kind[i] === KIND.slot ? this.start[id] + (place[i] - base[id]) * width : this.start[id]);
          }
          break;
        }
        case KIND.value:
          old[i] = cells[place[i]];
          cells[place[i]] = next[i];
          this.mark[i] = MARK.update;
          break;
        case KIND.dead: this.deadAt[id] = Math.min(this.deadAt[id], i); break;
        case KIND.retired: this.retiredAt[id] = Math.min(this.retiredAt[id], i); break;
        case KIND.reclaimed: this.reclaimedAt[id] = Math.min(this.reclaimedAt[id], i); break;
        case KIND.collection: this.mark[i] = MARK.collection; break;
        case KIND.change: this.mark[i] = MARK_OF_CHANGE[changes[place[i]].what] ?? MARK.none; break;
        default:
      }
    }
  }

  // What a change of one place says about keys, as far as it can be told before the new thing is linked.
  #markOf(kind, from, to) {
    const { nodeKind } = this.#recording;
    if (kind === KIND.top || kind === KIND.next || nodeKind[from] !== KIND.entry) return MARK.none;
    if (to === 0) return MARK.remove;
    return nodeKind[to] === KIND.entry ? MARK.update : MARK.none;
  }

  // From this event on a node can be reached, and so can all below it.
  #link(id, start) {
    const { nodeKind, base, depth, cells } = this.#recording;
    while (id !== 0 && this.linkedAt[id] === NEVER) {
      this.linkedAt[id] = this.#event;
      this.linkOrder.push(id);
      const first = base[id];
      switch (nodeKind[id]) {
        case KIND.root:
          for (let i = 0, slots = 2 ** depth[id]; i < slots; ++i) this.#link(cells[first + i], i / slots);
          return;
        case KIND.branch:
          this.start[id] = start;
          this.#link(cells[first], start);
          this.#link(cells[first + 1], start + 2 ** -(depth[id] + 1));
          return;
        case KIND.leaf:
          this.start[id] = Math.floor(start * 2 ** depth[id]) / 2 ** depth[id];  // it may stand in several slots
          for (let i = 0; i < CELLS; ++i) this.#link(cells[first + i], start);
          return;
        case KIND.link:
          this.#link(cells[first], start);
          id = cells[first + 1];  // no recursion: chains may be thousands long
          break;
        default:
          if (this.mark[this.#event] === MARK.none) this.mark[this.#event] = MARK.insert;
          return;
      }
    }
  }

  // The first event of what became this change. The thread that made it was alone in this map meanwhile, so they are
  // behind each other, the change at their end: births and the linking of what was born, and where leaves were
  // replaced, the end of these.
  #firstOf(change) {
    const { kind, thread, map, node, old } = this.#recording;
    const gone = new Set();
    let i = change.event;
    const before = (fits) => i > 0 && map[i - 1] === change.map && thread[i - 1] === thread[change.event] && fits(i - 1);
    if (change.what <= CHANGE.cleared) {
      if (before((at) => kind[at] === KIND.top)) --i;
    } else {
      while (before((at) => kind[at] === KIND.retired || kind[at] === KIND.dead)) gone.add(node[--i]);
    }
    while (before((at) => kind[at] <= KIND.link || (kind[at] === KIND.slot && gone.has(old[at])))) --i;
    return i;
  }
}

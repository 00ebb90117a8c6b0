// SPDX-License-Identifier: BSD-3-Clause
// The life of one node, found by looking at every event: a few milliseconds, and nothing to be kept for all the others.

/** Rows {event, who, words} in the order of time. A number among the words is a node's id, to be shown as its name. */
function historyOf(recording, lives, id) {
  const { kind, node, old, next, place, events, base, nodeKind } = recording;
  const rows = [];
  const add = (event, ...words) => rows.push({ event, who: recording.threadName(event), words });
  carriers(recording, lives, id, add);
  const end = lives.reclaimedAt[id] === NEVER ? events - 1 : lives.reclaimedAt[id];
  for (let i = recording.bornAt[id]; i <= end; ++i) {
    const what = kind[i];
    if (what === KIND.collection || what === KIND.change || what === KIND.handles) continue;
    if (node[i] === id) add(i, ...ownEvent(recording, lives, id, i));
    if (what === KIND.top && old[i] === id) add(i, 'replaced as the root by ', next[i]);
    if (what < KIND.slot || what > KIND.next || (next[i] !== id && old[i] !== id)) continue;
    const index = (place[i] - base[node[i]]).toLocaleString('en');
    const where = what === KIND.slot ? `${nodeKind[node[i]] === KIND.root ? 'slot' : 'side'} ${index} of ` : what === KIND.cell ? `cell ${index} of ` : '';
    if (next[i] === id) add(i, `put into ${where}`, node[i]);
    else add(i, `taken out of ${where}`, node[i]);
  }
  return rows.sort((a, b) => a.event - b.event);
}

// What was born holding it: a leaf made by a split, a new root.
function carriers(recording, lives, id, add) {
  const { nodes, nodeMap, nodeKind, bornAt, base, depth, initial } = recording;
  for (let other = id + 1; other < nodes && bornAt[other] <= lives.retiredAt[id]; ++other) {
    const kind = nodeKind[other];
    if (nodeMap[other] !== nodeMap[id] || kind === KIND.entry) continue;
    const held = (i) => initial[base[other] + i] === id;
    if (kind === KIND.root) {
      const slot = Math.floor(lives.start[id] * 2 ** depth[other]);
      if (held(slot)) add(bornAt[other], `stands in slot ${slot.toLocaleString('en')} of the new `, other);
    } else if (kind === KIND.leaf) {
      for (let i = 0; i < CELLS; ++i) if (held(i)) add(bornAt[other], `stands in cell ${i} of the new `, other);
    } else if (held(0) || held(1)) {
      add(bornAt[other], 'is below the new ', other);
    }
  }
}

function ownEvent(recording, lives, id, event) {
  const { kind, place, base, next, old } = recording;
  const index = (place[event] - base[id]).toLocaleString('en');
  const change = (what) => {
    if (next[event] === 0) return [`${what} emptied of `, old[event]];
    return old[event] === 0 ? [`${what}: `, next[event]] : [`${what}: `, next[event], ' in place of ', old[event]];
  };
  switch (kind[event]) {
    case KIND.top: return ['became the root of the map'];
    case KIND.slot: return change(`slot ${index}`);
    case KIND.cell: return change(`cell ${index}`);
    case KIND.hold: return next[event] === 0 ? ['let go of ', old[event]] : ['holds ', next[event]];
    case KIND.next: return next[event] === 0 ? ['is the last of its chain'] : ['goes on to ', next[event]];
    case KIND.value: return [`value became ${shorten(recording.text(next[event]), 40)}`];
    case KIND.dead: return ['dead: nothing of it changes any more'];
    case KIND.retired: return ['retired: nobody new can reach it'];
    case KIND.reclaimed: {
      const collection = lives.collectionOf(id);
      return [collection < 0 ? 'reclaimed' : `reclaimed; collection ${recording.collections[collection].number} found it unreachable`];
    }
    default: return ['born, private to its thread'];
  }
}

// SPDX-License-Identifier: BSD-3-Clause
// The life of one node, found by looking at every event: a few milliseconds, and nothing to be kept for all the others.

/** Rows {event, text} in the order of time. Each says which nodes it is about in `nodes`. */
function historyOf(recording, lives, id) {
  const { kind, node, old, next, events, nodes, base, nodeKind, nodeMap, bornAt, initial, depth } = recording;
  const rows = [];
  const end = lives.reclaimedAt[id] === NEVER ? events - 1 : lives.reclaimedAt[id];
  const add = (event, text, ...about) => rows.push({ event, who: recording.threadName(event), text, nodes: about.filter(Boolean) });

  // What was born holding it: a leaf made by a split, a new root.
  const map = nodeMap[id];
  for (let other = 1; other < nodes; ++other) {
    if (nodeMap[other] !== map || bornAt[other] <= bornAt[id] || bornAt[other] > lives.retiredAt[id]) continue;
    const kindOf = nodeKind[other];
    if (kindOf === KIND.entry) continue;
    const first = base[other];
    if (kindOf === KIND.root) {
      const slot = Math.floor(lives.start[id] * 2 ** depth[other]);
      if (initial[first + slot] === id) add(bornAt[other], `carried over into slot ${slot.toLocaleString('en')} of root #${other}`, other);
      continue;
    }
    const places = kindOf === KIND.leaf ? CELLS : 2;
    for (let i = 0; i < places; ++i) {
      if (initial[first + i] !== id) continue;
      add(bornAt[other], kindOf === KIND.leaf ? `stands in cell ${i} of the new leaf #${other}` : `is below the new ${NAME_OF_KIND[kindOf]} #${other}`, other);
      break;
    }
  }
  for (let i = bornAt[id]; i <= end; ++i) {
    const what = kind[i];
    if (what === KIND.collection || what === KIND.change || what === KIND.handles) continue;
    if (node[i] === id) add(i, ownEvent(recording, lives, id, i), next[i] !== id && what < KIND.value ? next[i] : 0, what < KIND.value ? old[i] : 0);
    else if (what >= KIND.slot && what <= KIND.next) {
      const index = recording.place[i] - base[node[i]];
      const place = what === KIND.slot || what === KIND.cell ? `${what === KIND.slot ? nodeKind[node[i]] === KIND.root ? 'slot' : 'side' : 'cell'} ${index.toLocaleString('en')} of ` : '';
      if (next[i] === id) add(i, `put into ${place}${NAME_OF_KIND[nodeKind[node[i]]]} #${node[i]}`, node[i]);
      else if (old[i] === id) add(i, `taken out of ${place}${NAME_OF_KIND[nodeKind[node[i]]]} #${node[i]}`, node[i]);
    } else if (what === KIND.top && old[i] === id) add(i, `replaced as the root by root #${next[i]}`, next[i]);
  }
  return rows.sort((a, b) => a.event - b.event);
}

function ownEvent(recording, lives, id, event) {
  const { kind, place, base, next, old } = recording;
  const index = (place[event] - base[id]).toLocaleString('en');
  const from = old[event] ? nameOf(recording, old[event]) : '';
  const to = next[event] ? nameOf(recording, next[event]) : '';
  switch (kind[event]) {
    case KIND.top: return 'became the root of the map';
    case KIND.slot: return to ? `slot ${index}: ${to}${from && `, for ${from}`}` : `slot ${index} emptied of ${from}`;
    case KIND.cell: return to ? `cell ${index}: ${to}${from && `, for ${from}`}` : `cell ${index} emptied of ${from}`;
    case KIND.hold: return to ? `holds ${to}` : `let go of ${from}`;
    case KIND.next: return to ? `next is ${to}` : 'is the last of its chain';
    case KIND.value: return `value became ${shorten(recording.text(next[event]), 40)}`;
    case KIND.dead: return 'dead: nothing of it changes any more';
    case KIND.retired: return 'retired: nobody new can reach it';
    case KIND.reclaimed: {
      const collection = lives.collectionOf(event);
      return collection < 0 ? 'reclaimed' : `reclaimed; collection ${recording.collections[collection].number} found it unreachable`;
    }
    default: return 'born, private to its thread';
  }
}

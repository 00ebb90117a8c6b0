// SPDX-License-Identifier: BSD-3-Clause
// What an event is, in words, and why it is safe.

const NAME_OF_KIND = ['nothing', 'root', 'branch', 'leaf', 'entry', 'link'];
const STATUS_WORDS = ['not born yet', 'private', 'reachable', 'retired', 'reclaimed'];

const plural = (count, one, many = `${one}s`) => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
const shorten = (text, length = 24) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
const hex = (number, digits) => number.toString(16).padStart(digits, '0');

function milliseconds(micros) {
  return micros < 1000 ? `${micros.toFixed(0)} µs` : micros < 1e6 ? `${(micros / 1000).toFixed(2)} ms` : `${(micros / 1e6).toFixed(3)} s`;
}

function megabytes(bytes) { return `${(bytes / 2 ** 20).toFixed(1)} MiB`; }

function nameOf(recording, id) {
  if (id === 0) return 'nothing';
  const name = `${NAME_OF_KIND[recording.nodeKind[id]]} #${id}`;
  return recording.nodeKind[id] === KIND.entry ? `${name} ${shorten(recording.key(id))}`.trimEnd() : name;
}

const CHANGE_WORDS = {
  [CHANGE.grown]: ({ slots }) => `replaced the root by one of twice the size, ${slots.toLocaleString('en')} slots`,
  [CHANGE.shrunk]: ({ slots }) => `replaced the root by one of half the size, ${slots.toLocaleString('en')} slots`,
  [CHANGE.cleared]: () => 'cleared the map: a new root, and the old tree is closed',
  [CHANGE.split]: (change, recording, lives) => {
    const leaf = leafOfSplit(change, recording);
    return `split a leaf${leaf ? ` of depth ${recording.depth[leaf]}` : ''} in ${partsOfSplit(change, recording)}`;
  },
  [CHANGE.merged]: () => 'merged two sparse leaves into one',
};

function leafOfSplit(change, recording) {
  for (let i = change.event - 1; i >= change.first; --i) {
    if (recording.kind[i] === KIND.retired && recording.nodeKind[recording.node[i]] === KIND.leaf) return recording.node[i];
  }
  return 0;
}

function partsOfSplit(change, recording) {
  let parts = 0;
  for (let i = change.first; i < change.event; ++i) if (recording.kind[i] === KIND.leaf) ++parts;
  return parts === 2 ? 'two' : `${parts} parts`;
}

const SAFE = {
  birth: 'Only the thread that made it knows its address, so no other thread can see it half built. It is linked by one store with release order, and whoever finds it by a load with acquire order sees all that is in it.',
  link: 'One atomic compare-and-swap of one word. A reader sees what was there before or what is there now, both complete; it takes no lock and never starts again.',
  remove: 'The pointer in the cell is the presence of the key: with this one store the key is gone for all who come from now on. Who has the entry already may go on reading it, for the collector keeps it as long as they hold it.',
  insert: 'The leaf is locked, so only this thread writes. The fingerprint is published before the pointer: readers who see the pointer find everything behind it.',
  update: 'Made under the lock of the leaf, by one store. Readers get the old value or the new one, never a mixture.',
  next: 'Chains change under the lock of their leaf. A removed link keeps its “next”, so that a reader who stands on it finds the way out.',
  dead: 'A writer who was about to lock this leaf sees that it is dead and starts again from the root. Readers need not care: what a dead leaf holds never changes again.',
  retired: 'Unlinked: nobody new can reach it. A thread that came earlier may still stand in it, and no one asks which. It is not freed: it is dropped, and waits for the collector.',
  reclaimed: 'While the world stood still, the collector found it in no register, on no stack, and in nothing that is alive. So no thread can ever read this memory again, and it is given to others.',
  collection: 'Every thread stands between two of its instructions. What any of them holds lies in its registers or on its stack and is marked; the rest, whatever was retired and is forgotten, can go.',
  top: 'One store publishes the whole new root. Threads that were in the old one finish there: its slots are frozen and lead to the same leaves, or they find it closed and start again.',
  grown: 'All slots were frozen first, so writers waited for this moment and readers did not: a frozen slot can be read. The leaves are not copied; each stands in two slots now.',
  shrunk: 'All slots were frozen first, so nothing was lost between the copy and its publication. Readers went on in the old root.',
  cleared: 'An operation that had found the old root either changed a leaf before it was closed, and counts as done before the clear, or finds it dead and starts again in the new tree.',
  split: 'The parts were born locked. Only when the last slot of the old leaf leads to them is the old leaf dead and are they opened. A reader finds every key in either.',
  merged: 'Both leaves were locked and compared with what was planned; one store put the merged leaf in the place of their branch.',
  handles: 'The table of unique handles refers to them weakly. References to dead ones were cleared while the world stood still, so one plain load reads a handle that is alive, or nothing.',
  start: 'Step with the arrow keys, play with the space bar, or jump to the next change of the structure with n.',
};

/** {title, why, thread} of an event; event -1 is the start. */
function describe(recording, lives, event) {
  if (event < 0) return { who: '', title: 'Before the first event', why: SAFE.start, tone: 'none' };
  const who = recording.threadName(event);
  const id = recording.node[event];
  const name = nameOf(recording, id);
  const from = recording.old[event];
  const to = recording.next[event];
  const index = recording.place[event] - recording.base[id];
  const at = `${recording.nodeKind[id] === KIND.root ? 'slot' : 'side'} ${index.toLocaleString('en')} of ${name}`;
  const say = (title, why, tone) => ({ who, title, why, tone });
  switch (recording.kind[event]) {
    case KIND.root: return say(`made ${name} of ${plural(2 ** recording.depth[id], 'slot')}`, SAFE.birth, 'born');
    case KIND.branch: return say(`made ${name}, which asks bit ${recording.depth[id]} of the hash`, SAFE.birth, 'born');
    case KIND.leaf: return say(`made ${name} of depth ${recording.depth[id]}, holding ${plural(heldAtBirth(recording, id), 'key')}`, SAFE.birth, 'born');
    case KIND.entry: return say(`made ${name}`, SAFE.birth, 'born');
    case KIND.link: return say(`made ${name} of a chain: two keys have the same 64 bits of hash`, SAFE.birth, 'born');
    case KIND.top: return say(from === 0 ? `made ${name} the root of the map` : `published ${name} in the place of root #${from}`, SAFE.top, 'root');
    case KIND.slot:
      if (to === 0) return say(`took ${nameOf(recording, from)} out of ${at}`, recording.nodeKind[from] === KIND.entry ? SAFE.remove : SAFE.link, 'remove');
      return say(`put ${nameOf(recording, to)} into ${at}${from ? `, in place of ${nameOf(recording, from)}` : ''}`, SAFE.link, 'insert');
    case KIND.cell:
      if (to === 0) return say(`removed ${nameOf(recording, from)} from cell ${index} of ${name}`, SAFE.remove, 'remove');
      if (lives.mark[event] === MARK.update) return say(`put ${nameOf(recording, to)} in the place of entry #${from}: a new value`, SAFE.update, 'insert');
      return say(`put ${nameOf(recording, to)} into cell ${index} of ${name}`, SAFE.insert, 'insert');
    case KIND.hold: return to === 0 ? say(`removed ${nameOf(recording, from)} from ${name}`, SAFE.remove, 'remove')
      : say(`let ${name} hold ${nameOf(recording, to)}`, SAFE.update, 'insert');
    case KIND.next: return say(`let ${name} go on to ${nameOf(recording, to)}`, SAFE.next, 'insert');
    case KIND.value: return say(`changed the value of ${name} to ${shorten(recording.text(to), 40)}`, SAFE.update, 'insert');
    case KIND.dead: return say(`marked ${name} dead`, SAFE.dead, 'retired');
    case KIND.retired: return say(`retired ${name}`, SAFE.retired, 'retired');
    case KIND.reclaimed: {
      const collection = lives.collectionOf(id);
      const by = collection < 0 ? '' : `, which collection ${recording.collections[collection].number} found unreachable`;
      return { who: 'The collector', title: `reclaimed ${name}${by}`, why: SAFE.reclaimed, tone: 'reclaimed' };
    }
    case KIND.collection: {
      const { number, pause, cleared } = recording.collections[recording.place[event]];
      return { who: 'The collector', title: `finished collection ${number}: the world stood still for ${milliseconds(pause / 1000)}, ${plural(cleared, 'weak reference')} cleared`, why: SAFE.collection, tone: 'collection' };
    }
    case KIND.change: {
      const change = recording.changes[recording.place[event]];
      const name_of = ['grown', 'shrunk', 'cleared', 'split', 'merged'][change.what];
      return say(CHANGE_WORDS[change.what]?.(change, recording, lives) ?? 'changed the structure', SAFE[name_of] ?? '', 'root');
    }
    default: {
      const { live, made, dead } = recording.handleCounts[recording.place[event]];
      return { who: 'Unique handles', title: `${live.toLocaleString('en')} live, ${made.toLocaleString('en')} made, ${dead.toLocaleString('en')} dead so far`, why: SAFE.handles, tone: 'collection' };
    }
  }
}

function heldAtBirth(recording, leaf) {
  let held = 0;
  for (let i = 0; i < CELLS; ++i) if (recording.initial[recording.base[leaf] + i] !== 0) ++held;
  return held;
}

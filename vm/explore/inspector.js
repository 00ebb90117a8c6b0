// SPDX-License-Identifier: BSD-3-Clause
// The panel of one node: its fields at the moment, and its history. Also the panel of the key that was searched.

/** Makes an element: make('p', {class: 'x'}, 'text', child). */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

class Inspector {
  #shown = '';  // what the history was made for
  #rows = [];

  /** `go(position)` moves time, `select(id)` selects a node. */
  constructor(replay, lives, { go, select }) {
    Object.assign(this, { replay, lives, go, select });
    this.body = document.getElementById('node-body');
    this.list = document.getElementById('node-history');
    this.heading = document.getElementById('node-title');
  }

  show(id) {
    const { replay, lives } = this;
    const { recording } = replay;
    document.getElementById('node-none').hidden = id !== 0;
    document.getElementById('node').hidden = id === 0;
    if (id === 0) {
      this.#shown = '';
      return;
    }
    const status = replay.status(id);
    this.heading.replaceChildren(`${NAME_OF_KIND[recording.nodeKind[id]]} #${id} `,
      make('span', { class: `badge s${status}` }, STATUS_WORDS[status] + (status === STATUS.linked && replay.isDead(id) ? ', dead' : '')));
    this.body.replaceChildren(this.#fields(id), ...this.#holds(id));
    if (this.#shown !== `${replay.map} ${id}`) {
      this.#shown = `${replay.map} ${id}`;
      this.#history(id);
    }
    this.#markNow();
  }

  link(id, text) {
    if (id === 0) return make('span', { class: 'soft' }, 'null');
    return make('button', { type: 'button', class: 'link', 'data-node': id, onclick: () => this.select(id) }, text ?? nameOf(this.replay.recording, id));
  }

  #fields(id) {
    const { recording } = this.replay;
    const depth = recording.depth[id];
    const rows = [];
    const add = (name, ...value) => rows.push(make('div', {}, make('dt', {}, name), make('dd', {}, ...value)));
    const above = trailTo(this.replay, id).at(-2);
    if (above) add('in', `${placeWord(recording, above)} of `, this.link(above.id));
    switch (recording.nodeKind[id]) {
      case KIND.root: {
        let used = 0;
        for (let i = 0; i < 2 ** depth; ++i) if (this.replay.child(id, i) !== 0) ++used;
        add('slots', `${(2 ** depth).toLocaleString('en')}, by the first ${depth} bits of the hash`);
        add('in use', used.toLocaleString('en'));
        break;
      }
      case KIND.branch: add('bit', `${depth} of the hash`); break;
      case KIND.leaf: {
        add('depth', `${depth}: its keys share that many bits`);
        add('state', this.replay.isDead(id) ? 'dead: it will never change again' : 'alive; whether a writer has locked it is not recorded');
        add('hashes', make('code', {}, `${rangeText(this.lives.start[id], depth)}`));
        break;
      }
      case KIND.entry:
        add('key', make('code', {}, shorten(recording.key(id), 200)));
        add('value', make('code', {}, shorten(this.replay.value(id), 200)));
        add('hash', make('code', {}, hex(recording.hashHigh[id], 8) + hex(recording.hashLow[id], 8)));
        add('fingerprint', make('code', {}, hex(fingerprint(recording, id), 2)));
        break;
      default:
    }
    return make('dl', {}, ...rows);
  }

  #holds(id) {
    const { replay } = this;
    const { recording } = replay;
    const kind = recording.nodeKind[id];
    if (kind === KIND.entry) return [];
    const rows = [];
    const names = kind === KIND.link ? ['entry', 'next'] : null;
    const most = 24;
    let more = 0;
    for (let i = 0, size = replay.arity(id); i < size; ++i) {
      const child = replay.child(id, i);
      if (kind === KIND.root && (child === 0 || (i > 0 && child === replay.child(id, i - 1)))) continue;
      if (rows.length === most) {
        ++more;
        continue;
      }
      const print = kind === KIND.leaf ? make('td', { class: 'print' }, child === 0 ? '··' : hex(fingerprint(recording, replay.entryIn(child)), 2)) : null;
      rows.push(make('tr', {}, make('th', { scope: 'row' }, names ? names[i] : String(i)), print, make('td', {}, this.link(child))));
    }
    const caption = { [KIND.root]: 'Slots in use', [KIND.branch]: 'By that bit', [KIND.leaf]: 'Cells, with fingerprints', [KIND.link]: 'Points to' }[kind];
    return [make('table', { class: 'holds' }, make('caption', {}, caption), make('tbody', {}, ...rows)),
      more > 0 ? make('p', { class: 'soft' }, `and ${more.toLocaleString('en')} more`) : null].filter(Boolean);
  }

  #history(id) {
    const { recording } = this.replay;
    this.#rows = historyOf(recording, this.lives, id);
    const most = 150;
    const skip = Math.max(0, this.#rows.length - most);
    const shown = skip > 0 ? [this.#rows[0], ...this.#rows.slice(skip + 1)] : this.#rows;
    this.list.replaceChildren(...shown.flatMap((row, i) => {
      const item = make('li', { 'data-event': row.event },
        make('button', { type: 'button', class: 'jump', 'data-position': row.event + 1, title: `Go to event ${this.replay.rank(row.event + 1).toLocaleString('en')}`, onclick: () => this.go(row.event + 1) },
          milliseconds(recording.time[row.event])),
        make('span', {}, ...row.words.map((word) => (typeof word === 'number' ? this.link(word) : word)), ' ', make('i', {}, row.who)));
      return i === 1 && skip > 0 ? [make('li', { class: 'soft' }, `… ${skip.toLocaleString('en')} more …`), item] : [item];
    }));
  }

  #markNow() {
    for (const item of this.list.children) {
      const event = Number(item.dataset.event);
      item.classList.toggle('future', event >= this.replay.position);
      if (event === this.replay.position - 1) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
    }
  }
}

function placeWord(recording, { id, index }) {
  switch (recording.nodeKind[id]) {
    case KIND.root: return `slot ${index.toLocaleString('en')}`;
    case KIND.leaf: return `cell ${index}`;
    case KIND.branch: return `side ${index}`;
    default: return index === 0 ? 'the entry' : 'the next';
  }
}

/** The first digits that all hashes of a leaf share, in binary. */
function rangeText(start, depth) {
  let bits = '';
  for (let rest = start, i = 0; i < Math.min(depth, 40); ++i) {
    rest *= 2;
    bits += rest >= 1 ? '1' : '0';
    if (rest >= 1) rest -= 1;
  }
  return `${bits.replace(/(.{4})(?=.)/g, '$1 ')}…`;
}

/** The steps from the root to a node that is reachable: {id, index}; the last is the node. Empty if there are none. */
function trailTo(replay, id) {
  const { recording, lives } = replay;
  const root = replay.root();
  if (id === root && id !== 0) return [{ id, index: -1 }];
  if (id === 0 || replay.status(id) !== STATUS.linked || root === 0) return [];
  const kind = recording.nodeKind[id];
  if (kind === KIND.entry || kind === KIND.link) {
    const entry = kind === KIND.entry ? id : replay.entryIn(id);
    const trail = [];
    for (const step of replay.path(entry).steps) {
      if (step.id === id) return [...trail, { id, index: -1 }];
      trail.push(step);
    }
    return [];
  }
  // A leaf that is being replaced stands only in some slots of its range.
  const slots = replay.arity(root);
  const share = kind === KIND.leaf ? 2 ** -recording.depth[id] : 0;
  for (let at = lives.start[id]; ; at += 1 / slots) {
    const trail = trailAlong(replay, id, at);
    if (trail.length > 0 || at + 1 / slots >= lives.start[id] + share) return trail;
  }
}

// The same for a leaf or a branch, on the way to one hash, given as a share of all.
function trailAlong(replay, id, hash) {
  const { recording } = replay;
  const trail = [];
  for (let at = replay.root(); at !== 0;) {
    if (at === id) return [...trail, { id, index: -1 }];
    const kind = recording.nodeKind[at];
    if (kind !== KIND.root && kind !== KIND.branch) return [];
    const index = kind === KIND.root ? Math.floor(hash * replay.arity(at)) : Math.floor(hash * 2 ** (recording.depth[at] + 1)) % 2;
    trail.push({ id: at, index });
    at = replay.child(at, index);
  }
  return [];
}

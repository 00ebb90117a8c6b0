// SPDX-License-Identifier: BSD-3-Clause
// Search by key: the way from the root to it, and the bits of its hash that lead there.

class Search {
  #index = null;  // key -> entries that have had it, made when it is needed first
  #map = -1;
  query = null;

  constructor(replay, lives, inspector, { go }) {
    Object.assign(this, { replay, lives, inspector, go });
    this.panel = document.getElementById('found');
  }

  /** Looks for a key from now on, with or without the quotes that a string has; an empty text: for none. */
  look(key) {
    this.query = key === '' ? null : [key, `"${key}"`].find((text) => this.#entries(text).length > 0) ?? key;
  }

  #entries(key) {
    const { replay } = this;
    const { recording } = replay;
    if (this.#map !== replay.map) {
      this.#map = replay.map;
      this.#index = new Map();
      for (let id = 1; id < recording.nodes; ++id) {
        if (recording.nodeKind[id] !== KIND.entry || recording.nodeMap[id] !== replay.map) continue;
        const text = recording.key(id);
        const list = this.#index.get(text);
        if (list) list.push(id); else this.#index.set(text, [id]);
      }
    }
    return this.#index.get(key) ?? [];
  }

  /** Keys that begin with or contain a text. */
  #alike(text) {
    const found = [];
    const lower = text.toLowerCase();
    for (const key of this.#index.keys()) {
      if (!key.toLowerCase().includes(lower)) continue;
      found.push(key);
      if (found.length === 6) break;
    }
    return found;
  }

  /** Where the key is at this moment: {entry, steps, found}, or null if it is not searched or never was there. */
  now() {
    if (this.query === null) return null;
    const entries = this.#entries(this.query);
    if (entries.length === 0) return null;
    const here = entries.find((id) => this.replay.status(id) === STATUS.linked);
    const entry = here ?? entries.findLast((id) => this.replay.status(id) !== STATUS.unborn) ?? entries[0];
    return { entry, ...this.replay.path(entry), entries };
  }

  paint(result) {
    this.panel.hidden = this.query === null;
    if (this.query === null) return;
    const title = make('h2', {}, 'Key ', make('code', {}, shorten(this.query, 60)));
    if (result === null) {
      const alike = this.#alike(this.query);
      this.panel.replaceChildren(title, make('p', { id: 'found-says' }, 'This map never had that key.'),
        ...(alike.length > 0 ? [make('p', {}, 'Keys like it: ', ...alike.flatMap((key) => [
          make('button', { type: 'button', class: 'link', onclick: () => this.onpick(key) }, shorten(key, 30)), ' '])) ] : []));
      return;
    }
    const { entry, steps, found, entries } = result;
    const says = found ? `Found by ${plural(steps.length, 'dependent load')}, from the slot to the entry.`
      : 'Not in the map at this moment. This is the way a search for it takes:';
    this.panel.replaceChildren(title, make('p', { id: 'found-says' }, says), this.#bits(entry, steps),
      make('ol', { class: 'way' }, ...steps.map((step) => this.#step(step, entry))), this.#times(entries));
  }

  #step({ id, index }, entry) {
    const { recording } = this.replay;
    const link = this.inspector.link(id);
    switch (recording.nodeKind[id]) {
      case KIND.root: return make('li', {}, link, `: the first ${recording.depth[id]} bits say slot ${index.toLocaleString('en')}`, this.replay.child(id, index) === 0 ? ', which is empty' : '');
      case KIND.branch: return make('li', {}, link, `: bit ${recording.depth[id]} is ${index}`);
      case KIND.leaf: return make('li', {}, link, index < 0 ? `: no cell has this hash (fingerprint ${hex(fingerprint(recording, entry), 2)})` : `: fingerprint ${hex(fingerprint(recording, entry), 2)} is that of cell ${index}`);
      case KIND.link: return make('li', {}, link, index === 0 ? ' has it' : ': another key of this very hash; go on');
      default: return make('li', {}, link, recording.key(id) === this.query ? ': the key is the same' : ': another key');
    }
  }

  // The 64 bits, coloured by who asks for them.
  #bits(entry, steps) {
    const { recording } = this.replay;
    const rootBits = steps.length > 0 ? recording.depth[steps[0].id] : 0;
    const asked = new Set(steps.filter(({ id }) => recording.nodeKind[id] === KIND.branch).map(({ id }) => recording.depth[id]));
    const line = make('p', { class: 'bits', 'aria-label': `The hash is ${hex(recording.hashHigh[entry], 8)}${hex(recording.hashLow[entry], 8)}` });
    for (let bit = 0; bit < 64; ++bit) {
      const sort = bit < rootBits ? 'slot' : asked.has(bit) ? 'branch' : bit >= 56 ? 'print' : '';
      line.append(make('span', { class: sort }, String(hashBit(recording, entry, bit))));
      if (bit % 8 === 7 && bit < 63) line.append(' ');
    }
    return make('div', {}, line, make('p', { class: 'bits-key' }, make('span', { class: 'slot' }, 'slot'), ' ', make('span', { class: 'branch' }, 'branches'), ' ', make('span', { class: 'print' }, 'fingerprint')));
  }

  #times(entries) {
    const { lives } = this;
    const jump = (event, text) => make('button', { type: 'button', class: 'link', onclick: () => this.go(event + 1) }, text);
    const number = (event) => this.replay.rank(event + 1).toLocaleString('en');
    const parts = [];
    for (const id of entries.slice(-4)) {
      if (lives.linkedAt[id] !== NEVER) parts.push(jump(lives.linkedAt[id], `linked at event ${number(lives.linkedAt[id])}`), ' ');
      if (lives.retiredAt[id] !== NEVER) parts.push(jump(lives.retiredAt[id], `retired at ${number(lives.retiredAt[id])}`), ' ');
    }
    return make('p', { class: 'times' }, ...parts);
  }
}

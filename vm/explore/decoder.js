// SPDX-License-Identifier: BSD-3-Clause
// Reads the recording: a stream of events (their form is that of gc/recording.hpp) becomes columns of typed arrays, one
// row an event and one row a node. Hundreds of thousands of objects would take seconds and gigabytes.

const KIND = Object.freeze({
  root: 1, branch: 2, leaf: 3, entry: 4, link: 5, top: 6, slot: 7, cell: 8, hold: 9, next: 10, value: 11, dead: 12,
  retired: 13, reclaimed: 14, collection: 15, change: 16, handles: 17,
});
const CHANGE = Object.freeze({ grown: 0, shrunk: 1, cleared: 2, split: 3, merged: 4 });
const CELLS = 7;
const NEVER = 0xffffffff;
const ALL_MAPS = 0xffff;  // the map of an event that concerns every one

/** An array of numbers that grows. `data` is replaced as it does. */
class Column {
  constructor(Type, capacity) {
    this.data = new Type(capacity);
    this.length = 0;
  }

  push(value) {
    if (this.length === this.data.length) this.reserve(this.length + 1);
    this.data[this.length++] = value;
  }

  reserve(length) {
    if (length <= this.data.length) return;
    const wider = new this.data.constructor(Math.max(length, 2 * this.data.length, 64));
    wider.set(this.data);
    this.data = wider;
  }

  /** Appends `count` times `value`. */
  fill(value, count) {
    this.reserve(this.length + count);
    this.data.fill(value, this.length, this.length + count);
    this.length += count;
  }
}

function bytesOfBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** The integers and texts of the stream, in turn. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get done() { return this.at >= this.bytes.length; }

  number() {
    const { bytes } = this;
    let byte = bytes[this.at++];
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let scale = 128; byte >= 128; scale *= 128) {  // no shifts: there are more than 32 bits
      byte = bytes[this.at++];
      if (byte === undefined) return value;
      value += (byte & 127) * scale;
    }
    return value;
  }

  word() {
    const { bytes, at } = this;
    this.at += 4;
    return (bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24) >>> 0;
  }
}

/**
 * Events have a row each in kind, thread, time (microseconds since the start), map, node, and for what changes one place
 * also place, next (and old, which lives.js fills in). Nodes have one in nodeKind, nodeMap, bornAt, depth, base, ...:
 * what a node holds stands in `cells` from its `base` on. So a change is three numbers, and its reverse as well.
 */
class Recording {
  constructor(about, bytes) {
    this.about = about;
    this.bytes = bytes;
    this.maps = about.maps.length > 0 ? about.maps : [{ name: 'no map', kind: 'map' }];
    this.collections = [];
    this.changes = [];
    this.handleCounts = [];
    this.#decode(new Reader(bytes));
  }

  get events() { return this.kind.length; }

  text(index) {
    const start = this.texts[2 * index];
    return Recording.#utf8.decode(this.bytes.subarray(start, start + this.texts[2 * index + 1]));
  }

  key(entry) { return this.text(this.keyText[entry]); }

  threadName(event) { return this.about.threads[this.thread[event]] ?? `Thread ${this.thread[event]}`; }

  static #utf8 = new TextDecoder();

  #decode(reader) {
    const expected = (this.about.events || 1024) + 1;
    const event = {
      kind: new Column(Uint8Array, expected), thread: new Column(Uint16Array, expected),
      time: new Column(Float64Array, expected), map: new Column(Uint16Array, expected),
      node: new Column(Uint32Array, expected), place: new Column(Uint32Array, expected),
      next: new Column(Uint32Array, expected),
    };
    const node = {
      nodeKind: new Column(Uint8Array, expected), nodeMap: new Column(Uint16Array, expected),
      bornAt: new Column(Uint32Array, expected), base: new Column(Uint32Array, expected),
      depth: new Column(Uint8Array, expected), hashHigh: new Column(Uint32Array, expected),
      hashLow: new Column(Uint32Array, expected), keyText: new Column(Uint32Array, expected),
    };
    const cells = new Column(Uint32Array, 4 * expected);
    const texts = new Column(Uint32Array, 4 * expected);
    texts.fill(0, 2);
    cells.fill(0, this.maps.length);  // the first cells: the root of each map
    this.#born(node, 0, 0, NEVER, 0, 0);  // nobody has the id 0

    const text = () => {
      const length = reader.number();
      texts.push(reader.at);
      texts.push(length);
      reader.at += length;
      return texts.length / 2 - 1;
    };
    const known = (id) => (id < node.nodeKind.length ? id : 0);
    const baseOf = (id) => node.base.data[known(id)];
    let time = 0;
    while (!reader.done) {
      const kind = reader.number();
      const thread = reader.number();
      time += reader.number();
      const index = event.kind.length;
      let map = ALL_MAPS;
      let subject = 0;
      let place = 0;
      let next = 0;
      if (kind <= KIND.link) {
        map = reader.number();
        subject = node.nodeKind.length;
        const base = cells.length;
        let depth = 0;
        let high = 0;
        let low = 0;
        let key = 0;
        if (kind === KIND.root) {
          depth = reader.number();
          for (const end = base + 2 ** depth; cells.length < end && !reader.done;) {
            const count = reader.number();
            cells.fill(known(reader.number()), Math.min(count, end - cells.length));
          }
        } else if (kind === KIND.entry) {
          low = reader.word();
          high = reader.word();
          key = text();
          cells.push(text());
        } else {
          if (kind !== KIND.link) depth = reader.number();
          for (let i = kind === KIND.leaf ? CELLS : 2; i > 0; --i) cells.push(known(reader.number()));
        }
        this.#born(node, kind, map, index, base, depth, high, low, key);
      } else if (kind === KIND.top) {
        place = map = reader.number();
        subject = next = known(reader.number());
      } else if (kind <= KIND.value) {
        subject = known(reader.number());
        map = node.nodeMap.data[subject];
        place = baseOf(subject);
        if (kind === KIND.slot || kind === KIND.cell) place += reader.number();
        if (kind === KIND.next) place += 1;
        next = kind === KIND.value ? text() : known(reader.number());
      } else if (kind <= KIND.reclaimed) {
        subject = known(reader.number());
        map = node.nodeMap.data[subject];
      } else if (kind === KIND.collection) {
        place = this.collections.length;
        const [number, pause, mark, heap, used, cleared, retired, reclaimed] = Array.from({ length: 8 }, () => reader.number());
        this.collections.push({ event: index, number, pause, mark, heap, used, cleared, retired, reclaimed });
      } else if (kind === KIND.change) {
        map = reader.number();
        place = this.changes.length;
        this.changes.push({ event: index, map, what: reader.number(), slots: reader.number(), first: index });
      } else if (kind === KIND.handles) {
        place = this.handleCounts.length;
        const [live, made, dead] = [reader.number(), reader.number(), reader.number()];
        this.handleCounts.push({ event: index, live, made, dead });
      } else {
        throw new Error(`The recording has an event of an unknown kind, ${kind}.`);
      }
      event.kind.push(kind);
      event.thread.push(thread);
      event.time.push(time);
      event.map.push(map);
      event.node.push(subject);
      event.place.push(place);
      event.next.push(next);
    }
    for (const [name, column] of Object.entries({ ...event, ...node, cells, texts })) {
      this[name] = column.data.subarray(0, column.length);
    }
    this.nodes = node.nodeKind.length;
  }

  #born(node, kind, map, index, base, depth, high = 0, low = 0, key = 0) {
    node.nodeKind.push(kind);
    node.nodeMap.push(map);
    node.bornAt.push(index);
    node.base.push(base);
    node.depth.push(depth);
    node.hashHigh.push(high);
    node.hashLow.push(low);
    node.keyText.push(key);
  }
}

/** Bit `bit` of an entry's hash, counted from the top. */
function hashBit(recording, entry, bit) {
  const word = bit < 32 ? recording.hashHigh[entry] : recording.hashLow[entry];
  return (word >>> (31 - (bit & 31))) & 1;
}

/** The slot of a root of 2^bits slots that speaks for an entry's hash. */
function slotOf(recording, entry, bits) {
  return bits === 0 ? 0 : recording.hashHigh[entry] >>> (32 - bits);
}

/** The lowest byte of the hash, which stands in the leaf's header; 0 there means an empty cell. */
function fingerprint(recording, entry) { return (recording.hashLow[entry] & 0xff) || 1; }

// SPDX-License-Identifier: BSD-3-Clause
// Draws the trie as it is at the moment.

class TreeDrawing {
  #context;
  #hot = new Set();     // what the current event is about
  #path = new Set();    // the nodes on the way to the key that was searched
  #labelEnd = 0;        // up to where upright labels of direct entries have been put

  constructor(replay) {
    this.replay = replay;
    this.targets = [];  // {id, x, y, width, height} of what was drawn, for the mouse
  }

  /** `state`: the view, palette, survey, selected node, path, and the nodes of the current event. */
  paint(context, state) {
    const { view, palette, found } = state;
    Object.assign(this, { view, palette, found, state });
    this.#context = context;
    this.#hot = state.hot;
    this.#path = state.path;
    this.#labelEnd = -Infinity;
    this.targets.length = 0;
    this.measures = state.measures;
    this.#ruler();
    const root = this.replay.root();
    if (root === 0) return this.#note('The map has no tree yet');
    context.save();
    context.beginPath();
    context.rect(0, LAYOUT.ruler, view.width, this.measures.ghostTop - LAYOUT.ruler);
    context.clip();
    if (this.measures.dense) {
      paintDensity(context, this);
      this.#stripFrame(root);
      this.targets.push({ id: root, x: View.kMargin, y: this.measures.stripTop, width: view.inner, height: LAYOUT.strip });
    } else {
      this.#slots(root);
    }
    context.restore();
    if (found.entries === 0) this.#note(state.unlinked === 0 ? 'The map is empty' : `The map is empty; of the old tree ${plural(state.unlinked, 'node')} are still to be retired`);
  }

  #note(text) {
    const context = this.#context;
    context.fillStyle = this.palette.soft;
    context.font = `15px ${this.palette.sans}`;
    context.textAlign = 'center';
    context.fillText(text, this.view.width / 2, (this.measures.treeTop + this.measures.ghostTop) / 2);
  }

  // Which hashes are where: by their first hexadecimal digits.
  #ruler() {
    const { view, palette } = this;
    const context = this.#context;
    let step = 2 ** -4;
    while (view.pixels(step) > 16 * 64) step /= 16;
    let every = 1;
    while (view.pixels(step * every) < 64) every *= 2;
    const digits = Math.max(1, Math.round(-Math.log2(step) / 4));
    context.font = `11px ${palette.mono}`;
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    const first = Math.floor(view.left / step / every) * every;
    for (let tick = first; tick * step <= Math.min(view.left + view.span, 1 - step); tick += every) {
      const x = view.x(tick * step);
      if (x < View.kMargin - 1) continue;
      context.fillStyle = palette.line;
      context.fillRect(x, 0, 1, LAYOUT.ruler);
      context.fillStyle = palette.soft;
      context.fillText(`${tick.toString(16).padStart(digits, '0').slice(-13)}…`, x + 4, LAYOUT.ruler / 2);
    }
    if (this.state.hotAt !== null) this.#pointer(view.x(this.state.hotAt));
  }

  #stripFrame(root) {
    const { view, palette, measures } = this;
    const context = this.#context;
    const marked = this.#hot.has(root) || this.state.selected === root;  // of a way, only the slot is marked
    context.strokeStyle = marked ? this.#stroke(root, palette.root) : palette.root;
    context.lineWidth = marked ? 2.5 : 1;
    roundRect(context, view.x(0), measures.stripTop, view.pixels(1), LAYOUT.strip, 3);
    context.stroke();
  }

  // Where the event is; at the edge, if one has to go there to see it.
  #pointer(x) {
    const { view, palette } = this;
    const context = this.#context;
    const side = x < 0 ? -1 : x > view.width ? 1 : 0;
    const at = Math.max(8, Math.min(view.width - 8, x));
    context.fillStyle = palette.now;
    context.beginPath();
    context.moveTo(at + 6 * side, side === 0 ? LAYOUT.ruler + 2 : LAYOUT.ruler / 2);
    if (side === 0) context.lineTo(at - 5, LAYOUT.ruler - 6), context.lineTo(at + 5, LAYOUT.ruler - 6);
    else context.lineTo(at - 4 * side, LAYOUT.ruler / 2 - 6), context.lineTo(at - 4 * side, LAYOUT.ruler / 2 + 6);
    context.fill();
  }

  #slots(root) {
    const { view, palette, measures, replay } = this;
    const context = this.#context;
    const slots = replay.arity(root);
    const [first, last] = view.slots(slots);
    const bits = replay.recording.depth[root];
    this.targets.push({ id: root, x: View.kMargin, y: measures.stripTop, width: view.inner, height: LAYOUT.strip });
    for (let slot = first; slot <= last; ++slot) {
      const x = view.x(slot / slots);
      const child = replay.child(root, slot);
      context.fillStyle = child === 0 ? palette.slot : this.#fill(child);
      context.fillRect(x, measures.stripTop, measures.slot - (measures.slot > 5 ? 1 : 0.4), LAYOUT.strip);
      this.#slotNumber(slot, bits, x, child === 0 ? palette.soft : palette.ink);
    }
    this.#stripFrame(root);
    for (const [slot, colour] of [[this.state.goalSlot, palette.path], [this.state.hotSlot, palette.now]]) {
      if (slot === null) continue;
      context.strokeStyle = colour;
      context.lineWidth = 2.5;
      context.strokeRect(view.x(slot / slots), measures.stripTop, Math.max(3, measures.slot - 1), LAYOUT.strip);
    }
    context.beginPath();  // the root stays where it is when one goes down
    context.rect(0, measures.treeTop, view.width, measures.ghostTop - measures.treeTop);
    context.clip();
    for (let slot = first; slot <= last;) {
      const child = replay.child(root, slot);
      let end = slot + 1;
      if (replay.recording.nodeKind[child] === KIND.leaf) while (end < slots && replay.child(root, end) === child) ++end;
      let begin = slot;
      if (slot === first && end > slot) while (begin > 0 && replay.recording.nodeKind[child] === KIND.leaf && replay.child(root, begin - 1) === child) --begin;
      if (child !== 0) this.#child(child, begin / slots, end / slots, measures.treeTop, 0, root);
      slot = end;
    }
  }

  #slotNumber(slot, bits, x, colour) {
    const { palette, measures } = this;
    const text = measures.slot > bits * 6.7 + 8 ? slot.toString(2).padStart(bits, '0')
      : measures.slot > String(2 ** bits - 1).length * 6.7 + 6 ? slot.toString() : '';
    if (text === '') return;
    const context = this.#context;
    context.font = `11px ${palette.mono}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillStyle = colour;
    context.fillText(text, x + measures.slot / 2, measures.stripTop + LAYOUT.strip / 2 + 0.5);
  }

  #fill(id) {
    const { palette } = this;
    return [palette.slot, palette.root, palette.branchFill, palette.leafFill, palette.entryFill][this.replay.recording.nodeKind[id]] ?? palette.slot;
  }

  #isMarked(id) { return this.#path.has(id) || this.#hot.has(id) || this.state.selected === id; }
  #stroke(id, colour) {
    if (this.#hot.has(id)) return this.palette.now;
    if (this.state.selected === id) return this.palette.accent;
    return this.#path.has(id) ? this.palette.path : colour;
  }

  // What stands below a run of slots: [begin, end) as shares of all hashes, hanging from `y`.
  #child(id, begin, end, y, level, parent) {
    const { view, measures, palette, replay } = this;
    const kind = replay.recording.nodeKind[id];
    const x = view.x(begin);
    const width = view.pixels(end - begin);
    if (x > view.width || x + width < 0) return;
    const top = measures.levelTop(level) - view.top;
    if (kind !== KIND.entry) this.#bridge(x, width, y - view.top, top, kind);
    const onPath = this.#path.has(id) && this.#path.has(parent);
    const context = this.#context;
    context.strokeStyle = onPath ? palette.path : palette.line;
    context.lineWidth = onPath ? 2 : 1;
    const middle = this.#middle(x, width);
    const from = y - view.top;
    context.beginPath();
    context.moveTo(middle, from);
    context.lineTo(middle, top);
    context.stroke();
    if (kind === KIND.branch) this.#branch(id, begin, end, top, level);
    else if (kind === KIND.leaf) this.#leaf(id, x, width, top);
    else this.#direct(id, x, width, top);
  }

  // From all the slots that hold a node to the node: a leaf may stand in several.
  #bridge(x, width, from, to, kind) {
    const context = this.#context;
    const box = kind === KIND.leaf ? Math.min(width, 250) : width;
    const left = Math.max(x, Math.min(x + width - box, this.#middle(x, width) - box / 2));
    context.fillStyle = kind === KIND.leaf ? this.palette.leafFill : this.palette.branchFill;
    context.globalAlpha = 0.4;
    context.beginPath();
    context.moveTo(x, from);
    context.lineTo(x + width, from);
    context.lineTo(left + box - 1, to);
    context.lineTo(left + 1, to);
    context.fill();
    context.globalAlpha = 1;
  }

  // The middle of what is seen of a wide thing.
  #middle(x, width) {
    const left = Math.max(x, 0);
    const right = Math.min(x + width, this.view.width);
    return right - left < 40 ? x + width / 2 : (left + right) / 2;
  }

  #branch(id, begin, end, top, level) {
    const { view, measures, palette, replay } = this;
    const context = this.#context;
    const x = view.x(begin);
    const width = view.pixels(end - begin);
    const half = (begin + end) / 2;
    const children = [replay.child(id, 0), replay.child(id, 1)];
    context.fillStyle = palette.branchFill;
    roundRect(context, x + 0.5, top, width - 1.5, LAYOUT.branch, 3);
    context.fill();
    context.strokeStyle = this.#stroke(id, palette.branch);
    context.lineWidth = this.#isMarked(id) ? 2.5 : 1;
    context.stroke();
    context.fillStyle = palette.branch;
    if (width > 8) context.fillRect(view.x(half) - 0.5, top, 1, LAYOUT.branch);
    for (const side of [0, 1]) {
      const left = Math.max(0, x + side * width / 2);
      const right = Math.min(view.width, x + (side + 1) * width / 2);
      if (right - left < 62) continue;
      context.font = `10.5px ${palette.mono}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillStyle = palette.ink;
      context.fillText(`bit ${replay.recording.depth[id]} = ${side}`, (left + right) / 2, top + LAYOUT.branch / 2 + 0.5);
    }
    this.targets.push({ id, x, y: top, width, height: LAYOUT.branch });
    const bottom = measures.levelTop(level) + LAYOUT.branch;
    if (children[0] === children[1]) return this.#child(children[0], begin, end, bottom, level + 1, id);
    this.#child(children[0], begin, half, bottom, level + 1, id);
    this.#child(children[1], half, end, bottom, level + 1, id);
  }

  #leaf(id, x, width, top) {
    const { measures, palette, replay } = this;
    const { recording } = replay;
    const context = this.#context;
    const box = Math.min(width - (width > 8 ? 3 : 0.6), 250);
    const left = Math.max(x + 1, Math.min(x + width - box - 1, this.#middle(x, width) - box / 2));
    const { row } = measures;
    const height = measures.leafHeight();
    const dead = replay.isDead(id);
    context.fillStyle = palette.panel;
    roundRect(context, left, top, box, height, 4);
    context.fill();
    const texts = row >= 11 && box >= 26;
    if (texts) {
      context.font = `${Math.min(11, row - 3)}px ${palette.mono}`;
      context.textBaseline = 'middle';
      context.textAlign = 'left';
      context.fillStyle = dead ? palette.ghost : palette.soft;
      const label = `depth ${recording.depth[id]}${dead ? ' dead' : ''}`;
      context.fillText(box > 92 ? `#${id}  ${label}` : box > 60 ? label : `d${recording.depth[id]}`, left + 5, top + row / 2 + 1);
    }
    const print = texts && box >= 76 ? 28 : box;
    for (let i = 0; i < CELLS; ++i) {
      const content = replay.child(id, i);
      const y = top + row * (i + 1);
      const chain = recording.nodeKind[content] === KIND.link;
      context.fillStyle = content === 0 ? palette.slot : chain ? palette.chain : palette.leaf;
      context.globalAlpha = content === 0 ? 1 : dead ? 0.45 : texts ? 0.9 : 1;
      roundRect(context, left + 2, y + 0.5, print - (box > print ? 2 : 4), Math.max(1, row - (row > 6 ? 2 : 1)), 2);
      context.fill();
      context.globalAlpha = 1;
      if (content === 0) continue;
      if (texts) {
        context.fillStyle = palette.onFill;
        context.textAlign = 'center';
        context.fillText(hex(fingerprint(recording, replay.entryIn(content)), 2), left + 1 + print / 2, y + row / 2);
      }
      if (texts && box >= 76) this.#pointed(content, left + print + 5, y, box - print - 8, row);
      else this.targets.push({ id: content, x: left, y, width: box, height: row });
    }
    context.strokeStyle = this.#stroke(id, dead ? palette.ghost : palette.leaf);
    context.lineWidth = this.#isMarked(id) ? 2.5 : 1;
    if (dead) context.setLineDash([4, 3]);
    roundRect(context, left, top, box, height, box > 12 ? 4 : 1);
    context.stroke();
    context.setLineDash([]);
    this.targets.unshift({ id, x: left, y: top, width: box, height });
  }

  // The entry of a cell, or as many of its chain as there is room for.
  #pointed(content, x, y, width, row) {
    const { replay, palette } = this;
    const context = this.#context;
    const chain = [];
    for (let id = content; replay.recording.nodeKind[id] === KIND.link && chain.length < 100; id = replay.child(id, 1)) chain.push(id);
    if (chain.length === 0) return this.#pill(content, x, y, width, row);
    const count = 24;  // pixels for the number of those that there is no room for
    const each = Math.max(62, Math.min(90, (width - count) / Math.min(chain.length, 3)));
    const room = Math.max(1, Math.floor((width - count) / each));
    for (let i = 0; i < Math.min(room, chain.length); ++i) {
      const more = i === room - 1 ? chain.length - room : 0;
      const left = x + i * each;
      context.fillStyle = this.#stroke(chain[i], palette.chain);
      context.beginPath();
      context.arc(left + 4, y + row / 2, 3.5, 0, 7);
      context.fill();
      this.targets.push({ id: chain[i], x: left, y, width: 9, height: row });
      const held = replay.child(chain[i], 0);
      const space = Math.min(each, width) - 12;
      if (held !== 0) this.#pill(held, left + 9, y, space, row);
      if (more <= 0) continue;
      context.fillStyle = palette.soft;
      context.textAlign = 'left';
      context.fillText(`+${more}`, left + 11 + space, y + row / 2);
    }
  }

  #pill(id, x, y, width, row) {
    const { replay, palette } = this;
    const context = this.#context;
    context.fillStyle = palette.entryFill;
    roundRect(context, x, y + 0.5, width, row - 2, 7);
    context.fill();
    if (this.#isMarked(id)) {
      context.strokeStyle = this.#stroke(id, palette.entry);
      context.lineWidth = 2;
      context.stroke();
    }
    context.fillStyle = palette.ink;
    context.textAlign = 'left';
    context.fillText(fitText(context, replay.recording.key(id), width - 10), x + 5, y + row / 2);
    this.targets.push({ id, x, y, width, height: row });
  }

  #direct(id, x, width, top) {
    const { replay, palette } = this;
    const context = this.#context;
    const key = replay.recording.key(id);
    context.textBaseline = 'middle';
    if (width >= 48) {
      context.font = `11px ${palette.mono}`;
      const box = Math.min(width - 6, 160);
      this.#pill(id, Math.max(x + 3, Math.min(x + width - box - 3, this.#middle(x, width) - box / 2)), top, box, 18);
      return;
    }
    const at = x + width / 2;
    const radius = Math.max(1.2, Math.min(4.5, width / 2 - 0.4));
    context.fillStyle = palette.entry;
    context.beginPath();
    context.arc(at, top + radius, radius, 0, 7);
    context.fill();
    if (this.#isMarked(id)) {
      context.strokeStyle = this.#stroke(id, palette.entry);
      context.lineWidth = 2.5;
      context.beginPath();
      context.arc(at, top + radius, radius + 2.5, 0, 7);
      context.stroke();
    }
    this.targets.push({ id, x: at - 4, y: top - 4, width: 8, height: 16 });
    if ((at < this.#labelEnd + 13 || !this.#isFree(at - 7, at + 7, id)) && !this.#isMarked(id)) return;
    this.#labelEnd = at;
    context.save();
    context.translate(at, top + 2 * radius + 6);
    context.rotate(Math.PI / 2);
    context.font = `11px ${palette.mono}`;
    context.textAlign = 'left';
    context.fillStyle = palette.soft;
    context.fillText(fitText(context, key, 110), 0, 0);
    context.restore();
  }

  // Whether nothing but this entry stands below the slots between two places.
  #isFree(left, right, id) {
    const { replay, view } = this;
    const root = replay.root();
    const slots = replay.arity(root);
    for (let i = Math.max(0, Math.floor(view.hash(left) * slots)); i < slots && view.x(i / slots) < right; ++i) {
      const child = replay.child(root, i);
      if (child !== 0 && child !== id && replay.recording.nodeKind[child] !== KIND.entry) return false;
    }
    return true;
  }
}

// SPDX-License-Identifier: BSD-3-Clause
// Below the tree: what no newcomer can reach any more, but the collector has not taken yet.

class GhostDrawing {
  #fading = [];  // {x, y, kind, since}: reclaimed just now
  #places = new Map();
  static kFadeTime = 450;

  constructor(replay) {
    this.replay = replay;
    this.targets = [];
  }

  /** True if it wants to be painted again soon. */
  paint(context, state) {
    const { replay } = this;
    const { view, palette } = state;
    const { ghostTop: top, ghosts: height } = state.measures;
    this.targets.length = 0;
    const gone = state.animate ? this.#vanished(state.now) : (this.#fading = []);
    context.fillStyle = palette.ghostLane;
    context.fillRect(0, top, view.width, height);
    context.fillStyle = palette.line;
    context.fillRect(0, top, view.width, 1);
    const { ghosts, privates } = replay;
    context.font = `12px ${palette.sans}`;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillStyle = ghosts.size > 0 ? palette.ghost : palette.soft;
    const text = ghosts.size === 0 ? 'Retired, waiting for the collector: none' : `Retired, waiting for the collector: ${ghosts.size.toLocaleString('en')}`;
    context.fillText(text, View.kMargin, top + 13);
    let caption = context.measureText(text).width;
    const more = (words) => {
      context.fillStyle = palette.soft;
      context.textAlign = 'left';
      context.fillText(` · ${words}`, View.kMargin + caption, top + 13);
      caption += context.measureText(` · ${words}`).width;
    };
    if (privates.size > 0) {
      context.fillStyle = palette.private;
      context.textAlign = 'right';
      context.fillText(`${plural(privates.size, 'node')} made, not linked yet`, view.width - View.kMargin, top + 13);
    }
    this.#places.clear();
    this.#field(context, state, top + 26, height - 32, more);
    this.#privates(context, state, top - 14);
    for (const { x, y, kind, since } of gone) {
      context.globalAlpha = 0.9 * (1 - (state.now - since) / GhostDrawing.kFadeTime);
      this.#glyph(context, palette, kind, x, y - (state.now - since) / 40, palette.gone);
    }
    context.globalAlpha = 1;
    return gone.length > 0;
  }

  #vanished(now) {
    const { replay } = this;
    for (const [id, place] of this.#places) {
      if (this.#fading.length < 400 && replay.status(id) === STATUS.reclaimed) this.#fading.push({ ...place, since: now });
    }
    this.#fading = this.#fading.filter(({ since }) => now - since < GhostDrawing.kFadeTime);
    return this.#fading;
  }

  #field(context, state, top, height, more) {
    const { replay } = this;
    const { view, palette } = state;
    const { recording, lives, ghosts } = replay;
    const size = 11;
    const columns = Math.max(1, Math.floor(view.inner / size));
    const rows = Math.floor(height / size);
    const bins = new Uint32Array(columns);
    const roots = [];
    let most = 0;
    const columnOf = (id) => {
      const width = recording.nodeKind[id] === KIND.leaf ? 2 ** -recording.depth[id] : recording.nodeKind[id] === KIND.branch ? 2 ** -recording.depth[id] : 0;
      return Math.floor((view.x(lives.start[id] + width / 2) - View.kMargin) / size);
    };
    for (let i = 0; i < ghosts.size; ++i) {
      const id = ghosts.ids[i];
      if (recording.nodeKind[id] === KIND.root) {
        roots.push(id);
        continue;
      }
      const column = columnOf(id);
      if (column >= 0 && column < columns) most = Math.max(most, ++bins[column]);
    }
    this.#roots(context, state, roots, top);
    if (roots.length > 0) more(`${plural(roots.length, 'root')} among them`);
    if (most > 5 * rows) {
      for (let column = 0; column < columns; ++column) {
        const tall = bins[column] / most * (height - 26);
        context.fillStyle = palette.ghostFill;
        context.globalAlpha = 0.45 + 0.45 * bins[column] / most;
        context.fillRect(View.kMargin + column * size, top + height - tall, size - 1, tall);
      }
      context.globalAlpha = 1;
      more(`bars of up to ${plural(most, 'node')}`);
      return;
    }
    const counts = bins.slice();  // where there are many, they stand closer
    bins.fill(0);
    for (let i = 0; i < ghosts.size; ++i) {
      const id = ghosts.ids[i];
      const kind = recording.nodeKind[id];
      if (kind === KIND.root) continue;
      const column = columnOf(id);
      if (column < 0 || column >= columns) continue;
      const x = View.kMargin + column * size;
      const y = top + height - size - Math.min(size, (height - size - 24) / counts[column]) * bins[column]++;
      const marked = state.selected === id ? palette.accent : state.hot.has(id) ? palette.now : null;
      this.#glyph(context, palette, kind, x, y, marked ?? palette.ghost, marked !== null);
      this.#places.set(id, { x, y, kind });
      this.targets.push({ id, x, y, width: size, height: size });
    }
  }

  // Old roots, as thin dashed strips.
  #roots(context, state, roots, top) {
    const { view, palette } = state;
    roots.sort((a, b) => b - a);
    for (const [i, id] of roots.slice(0, 3).entries()) {
      const y = top + i * 7;
      context.setLineDash([3, 3]);
      context.lineWidth = state.selected === id || state.hot.has(id) ? 2.5 : 1;
      context.strokeStyle = state.hot.has(id) ? palette.now : state.selected === id ? palette.accent : palette.ghost;
      context.strokeRect(view.x(0), y, view.pixels(1), 5);
      context.setLineDash([]);
      this.targets.push({ id, x: view.x(0), y: y - 1, width: view.pixels(1), height: 7 });
    }
  }

  #privates(context, state, bottom) {
    const { replay } = this;
    const { view, palette } = state;
    const { recording, lives, privates } = replay;
    for (let i = 0; i < Math.min(privates.size, 200); ++i) {
      const id = privates.ids[i];
      const kind = recording.nodeKind[id];
      const share = kind === KIND.leaf || kind === KIND.branch ? 2 ** -recording.depth[id] / 2 : kind === KIND.root ? 0.5 : 0;
      const x = view.x(lives.start[id] + share) - 5;
      const y = bottom - 2 - (kind === KIND.branch || kind === KIND.root ? 14 : kind === KIND.entry ? 28 : 0);
      this.#glyph(context, palette, kind, x, y, state.hot.has(id) ? palette.now : palette.private, true);
      this.targets.push({ id, x, y, width: 11, height: 11 });
    }
  }

  #glyph(context, palette, kind, x, y, colour, strong = false) {
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = strong ? 2 : 1.2;
    if (kind === KIND.entry) {
      context.beginPath();
      context.arc(x + 5.5, y + 5.5, 3, 0, 7);
      if (strong) context.fill(); else context.stroke();
    } else if (kind === KIND.leaf) {
      context.strokeRect(x + 2.5, y + 1, 6, 9);
      context.fillRect(x + 4.5, y + 3, 2, 1);
      context.fillRect(x + 4.5, y + 5, 2, 1);
      context.fillRect(x + 4.5, y + 7, 2, 1);
    } else if (kind === KIND.link) {
      context.beginPath();
      context.arc(x + 4, y + 5.5, 2.2, 0, 7);
      context.arc(x + 8, y + 5.5, 2.2, 0, 7);
      context.stroke();
    } else {
      context.strokeRect(x + 1, y + 3, 9, 5);
      context.fillRect(x + 5, y + 3, 1, 5);
    }
  }
}

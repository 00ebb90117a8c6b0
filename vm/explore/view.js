// SPDX-License-Identifier: BSD-3-Clause
// Where things are. Across, everything stands at its range of hashes: so nothing moves when the root grows or a leaf
// splits, and 100,000 keys are the same picture as 100, only finer. Down, a row for each step from the root.

class View {
  left = 0;  // the first hash that is seen, as a share of all of them
  span = 1;  // how many are seen
  top = 0;   // pixels that are scrolled away above
  width = 1;
  height = 1;
  static kMargin = 14;
  static kMinSpan = 2 ** -44;

  x(hash) { return View.kMargin + (hash - this.left) / this.span * this.inner; }
  hash(x) { return this.left + (x - View.kMargin) / this.inner * this.span; }
  pixels(share) { return share / this.span * this.inner; }
  get inner() { return Math.max(1, this.width - 2 * View.kMargin); }

  zoom(factor, x = this.width / 2) {
    const at = this.hash(x);
    this.span = Math.max(View.kMinSpan, Math.min(1, this.span / factor));
    this.left = at - (x - View.kMargin) / this.inner * this.span;
    this.#clamp();
  }

  pan(dx, dy = 0) {
    this.left -= dx / this.inner * this.span;
    this.top = Math.max(0, this.top - dy);
    this.#clamp();
  }

  /** A view in which this range is about so many pixels wide, in the middle. */
  around(start, share, pixels) {
    const next = Object.assign(new View(), this);
    next.span = Math.max(View.kMinSpan, Math.min(1, share / pixels * this.inner));
    next.left = start + share / 2 - next.span / 2;
    next.top = 0;
    next.#clamp();
    return next;
  }

  /** The first and the last of so many slots that can be seen, or nearly. */
  slots(count) {
    return [Math.max(0, Math.floor(this.left * count) - 1), Math.min(count - 1, Math.ceil((this.left + this.span) * count) + 1)];
  }

  #clamp() { this.left = Math.max(0, Math.min(1 - this.span, this.left)); }
}

const LAYOUT = Object.freeze({
  ruler: 20, strip: 24, stem: 16, branch: 15, densePixels: 3,
});

/** The sizes of one picture. */
class Measures {
  constructor(view, bits, levels) {
    this.slot = view.pixels(2 ** -bits);
    this.dense = this.slot < LAYOUT.densePixels;
    this.stripTop = LAYOUT.ruler + 4;
    this.treeTop = this.stripTop + LAYOUT.strip;
    this.ghosts = Math.round(Math.max(96, Math.min(180, view.height * 0.28)));
    this.ghostTop = view.height - this.ghosts;
    this.row = Math.min(21, 9 + this.slot * 1.2);  // not too high for their width
    this.hidden = Math.max(0, this.levelTop(levels) + this.leafHeight() + 30 - this.ghostTop);  // how far one can go down
  }

  levelTop(level) { return this.treeTop + LAYOUT.stem + level * (LAYOUT.branch + LAYOUT.stem); }
  leafHeight() { return this.row * (CELLS + 1) + 2; }
}

/** The colours of the style sheet, for the canvases. */
class Palette {
  constructor() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ['paper', 'panel', 'ink', 'soft', 'faint', 'line', 'slot', 'root', 'branch', 'leaf', 'entry', 'chain',
      'branchFill', 'leafFill', 'entryFill', 'onFill', 'ghostLane', 'lane', 'ghost', 'ghostFill', 'gone', 'private', 'accent', 'path', 'now', 'insert', 'remove', 'steps2', 'steps3', 'steps4']) {
      this[name] = style.getPropertyValue(`--${name}`).trim();
    }
    this.mono = style.getPropertyValue('--mono').trim();
    this.sans = style.getPropertyValue('--sans').trim();
  }
}

/** Makes a canvas as sharp as the screen, and hands out its context, cleared. */
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

function roundRect(context, x, y, width, height, radius) {
  context.beginPath();
  context.roundRect(x, y, Math.max(0, width), Math.max(0, height), Math.max(0, Math.min(radius, width / 2, height / 2)));
}

/** The text, cut so that it fits. */
function fitText(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  const average = context.measureText('0').width;
  const length = Math.floor(width / average) - 1;
  return length < 1 ? '' : `${text.slice(0, length)}…`;
}

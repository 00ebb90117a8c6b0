// SPDX-License-Identifier: BSD-3-Clause
// The timeline: what happened when, in four lanes: keys, leaves, the root, the collector.

const LANES = [
  { label: 'keys', top: 2, height: 34, up: [MARK.insert], down: [MARK.remove], words: 'inserts up, removals down' },
  { label: 'leaves', top: 40, height: 22, up: [MARK.split], down: [MARK.merge], words: 'splits up, merges down' },
  { label: 'root', top: 66, height: 14, ticks: [MARK.grow, MARK.shrink, MARK.clear] },
  { label: 'collector', top: 84, height: 14, ticks: [MARK.collection] },
];
const MARK_WORDS = ['', 'insert', 'removal', 'new value', 'leaf split', 'merge', 'root grown', 'root shrunk', 'cleared', 'collection'];

class Timeline {
  constructor(canvas, axis, replay, lives, scrub) {
    Object.assign(this, { replay, lives });
    this.axis = axis;
    this.canvas = new AxisCanvas(canvas, axis, { paint: (...all) => this.#paint(...all), tip: (rank) => this.#tip(rank), scrub });
    this.canvas.foot = 20;
    this.slider = canvas;
  }

  /** The map has changed: its marks by their ranks. */
  choose() {
    const { replay, lives } = this;
    this.ranks = MARK_WORDS.map(() => new Column(Uint32Array, 16));
    for (let step = 0; step < replay.steps.length; ++step) {
      const mark = lives.mark[replay.steps[step] - 1];
      if (mark !== MARK.none) this.ranks[mark].push(step + 1);
    }
    this.canvas.stale = true;
  }

  /** The rank of the next (direction 1) or previous (-1) event with one of these marks; null if there is none. */
  find(marks, rank, direction) {
    let best = null;
    for (const mark of marks) {
      const { data, length } = this.ranks[mark];
      let low = 0;
      let high = length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (direction > 0 ? data[middle] <= rank : data[middle] < rank) low = middle + 1; else high = middle;
      }
      const at = direction > 0 ? low : low - 1;
      if (at < 0 || at >= length) continue;
      if (best === null || (data[at] - best) * direction < 0) best = data[at];
    }
    return best;
  }

  paint(palette, rank) {
    this.canvas.paint(palette, rank);
    const { slider, axis } = this;
    slider.setAttribute('aria-valuemax', axis.steps);
    slider.setAttribute('aria-valuenow', rank);
    slider.setAttribute('aria-valuetext', `event ${rank.toLocaleString('en')} of ${axis.steps.toLocaleString('en')}, ${milliseconds(axis.time(rank))}`);
  }

  #tip(rank) {
    const lines = [`event ${rank.toLocaleString('en')} · ${milliseconds(this.axis.time(rank))}`];
    const x = this.axis.x(rank);
    for (const [mark, word] of MARK_WORDS.entries()) {
      if (mark < MARK.split) continue;
      for (const direction of [-1, 1]) {
        const near = this.find([mark], rank + (direction < 0 ? 1 : 0), direction);
        if (near === null || Math.abs(this.axis.x(near) - x) > 4) continue;
        lines.push(`${word}: event ${near.toLocaleString('en')}`);
        break;
      }
    }
    return lines;
  }

  #paint(context, width, height, palette) {
    context.clearRect(0, 0, width, height);
    for (const lane of LANES) {
      context.fillStyle = palette.soft;
      context.font = `11px ${palette.sans}`;
      context.textAlign = 'right';
      context.textBaseline = 'middle';
      context.fillText(lane.label, GUTTER.left - 8, lane.top + lane.height / 2);
      context.fillStyle = palette.lane;
      context.fillRect(GUTTER.left, lane.top, this.axis.inner, lane.height);
      if (lane.ticks) this.#ticks(context, lane, palette);
      else this.#bars(context, lane, palette);
    }
    this.axis.paint(context, 102, palette);
  }

  #bars(context, lane, palette) {
    const columns = Math.ceil(this.axis.inner / 2);
    const count = (marks) => {
      const bins = new Uint32Array(columns + 1);
      for (const mark of marks) {
        const { data, length } = this.ranks[mark];
        for (let i = 0; i < length; ++i) ++bins[Math.floor((this.axis.x(data[i]) - GUTTER.left) / 2)];
      }
      return bins;
    };
    const up = count(lane.up);
    const down = count(lane.down);
    let most = 1;
    for (let i = 0; i <= columns; ++i) most = Math.max(most, up[i], down[i]);
    const half = lane.height / 2;
    const middle = lane.top + half;
    const colours = lane.label === 'keys' ? [palette.insert, palette.remove] : [palette.leaf, palette.branch];
    for (let i = 0; i <= columns; ++i) {
      const x = GUTTER.left + 2 * i;
      const tall = (bin) => (bin === 0 ? 0 : Math.max(2, Math.sqrt(bin / most) * half));
      context.fillStyle = colours[0];
      context.fillRect(x, middle - tall(up[i]), 2, tall(up[i]));
      context.fillStyle = colours[1];
      context.fillRect(x, middle, 2, tall(down[i]));
    }
  }

  // Each mark has a form of its own, so that colour is not needed to tell them apart.
  #ticks(context, lane, palette) {
    const middle = lane.top + lane.height / 2;
    for (const mark of lane.ticks) {
      const { data, length } = this.ranks[mark];
      let last = -Infinity;
      for (let i = 0; i < length; ++i) {
        const x = this.axis.x(data[i]);
        if (x < last + 1) continue;
        last = x;
        context.fillStyle = mark === MARK.collection ? palette.ghost : mark === MARK.clear ? palette.remove : palette.root;
        context.beginPath();
        if (mark === MARK.grow) context.moveTo(x - 5, middle + 4), context.lineTo(x, middle - 5), context.lineTo(x + 5, middle + 4);
        else if (mark === MARK.shrink) context.moveTo(x - 5, middle - 4), context.lineTo(x, middle + 5), context.lineTo(x + 5, middle - 4);
        else if (mark === MARK.clear) context.rect(x - 4, middle - 4, 8, 8);
        else context.rect(x - 1, lane.top, 2, lane.height);
        context.fill();
      }
    }
  }
}

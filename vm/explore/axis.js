// SPDX-License-Identifier: BSD-3-Clause
// The axis that the timeline and all charts share: events one after the other, or the time at which they happened.

const GUTTER = Object.freeze({ left: 62, right: 14 });

class Axis {
  byTime = false;

  constructor(replay) {
    this.replay = replay;
    this.width = 1;
  }

  get inner() { return Math.max(1, this.width - GUTTER.left - GUTTER.right); }
  get steps() { return this.replay.steps.length; }

  /** When the map's step of this rank happened, in microseconds. */
  time(rank) { return rank === 0 ? 0 : this.replay.recording.time[this.replay.positionOf(rank) - 1]; }
  get duration() { return Math.max(1, this.time(this.steps)); }

  x(rank) {
    const share = this.byTime ? this.time(rank) / this.duration : rank / Math.max(1, this.steps);
    return GUTTER.left + share * this.inner;
  }

  rank(x) {
    const share = Math.max(0, Math.min(1, (x - GUTTER.left) / this.inner));
    if (!this.byTime) return Math.round(share * this.steps);
    const time = share * this.duration;
    let low = 0;
    let high = this.steps;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.time(middle) < time) low = middle + 1; else high = middle;
    }
    return low;
  }

  /** The axis itself, with its unit, along the bottom of a canvas. */
  paint(context, y, palette) {
    const end = (this.byTime ? this.duration / 1000 : this.steps) || 1;
    context.font = `11px ${palette.sans}`;
    context.fillStyle = palette.soft;
    context.strokeStyle = palette.line;
    context.lineWidth = 1;
    context.textBaseline = 'top';
    const ticks = niceTicks(end, Math.max(2, Math.floor(this.inner / 110)));
    for (const tick of ticks) {
      const x = Math.round(GUTTER.left + tick / end * this.inner) + 0.5;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x, y + 4);
      context.stroke();
      context.textAlign = tick === 0 ? 'left' : x > this.width - 60 ? 'right' : 'center';
      context.fillText(tick.toLocaleString('en'), x, y + 6);
    }
    context.textAlign = 'right';
    context.fillText(this.byTime ? 'ms' : 'event', GUTTER.left - 8, y + 6);
  }
}

/** Round numbers from 0 to `end`, about so many. */
function niceTicks(end, about) {
  if (!(end > 0)) return [0];
  const raw = end / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  const ticks = [];
  for (let i = 0; i * step <= end * 1.0001; ++i) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** A canvas along the axis: what is drawn once, and the cursor over it. */
class AxisCanvas {
  #still = document.createElement('canvas');

  constructor(canvas, axis, { paint, tip, scrub }) {
    Object.assign(this, { canvas, axis, paintStill: paint, tip });
    this.stale = true;
    let held = false;
    const rankAt = (event) => axis.rank(event.clientX - canvas.getBoundingClientRect().left);
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      held = true;
      canvas.setPointerCapture(event.pointerId);
      scrub(rankAt(event));
    });
    canvas.addEventListener('pointermove', (event) => {
      if (held) scrub(rankAt(event));
      Tooltip.show(event.clientX, event.clientY, tip(rankAt(event)));
    });
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => { held = false; });
    canvas.addEventListener('pointerleave', () => Tooltip.hide());
  }

  paint(palette, rank) {
    const { canvas, axis } = this;
    axis.width = canvas.clientWidth;
    const { context, width, height } = prepare(canvas);
    if (width === 0) return;
    if (this.stale || this.#still.width !== canvas.width || this.#still.height !== canvas.height) {
      this.#still.width = canvas.width;
      this.#still.height = canvas.height;
      const still = this.#still.getContext('2d');
      const ratio = canvas.width / width;
      still.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.paintStill(still, width, height, palette);
      this.stale = false;
    }
    context.drawImage(this.#still, 0, 0, width, height);
    const x = axis.x(rank);
    context.fillStyle = palette.now;
    context.fillRect(x - 0.75, 0, 1.5, height - (this.foot ?? 0));
  }
}

const Tooltip = {
  show(x, y, lines) {
    const tip = document.getElementById('tooltip');
    if (!lines || lines.length === 0) return Tooltip.hide();
    tip.replaceChildren(...lines.map((line) => Object.assign(document.createElement('div'), { textContent: line })));
    tip.hidden = false;
    tip.style.left = `${Math.max(4, Math.min(x + 14, window.innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${y + 18 + tip.offsetHeight > window.innerHeight ? y - tip.offsetHeight - 8 : y + 18}px`;
  },
  hide() { document.getElementById('tooltip').hidden = true; },
};

// SPDX-License-Identifier: BSD-3-Clause
// Time: playing, steps, jumps. All of it moves one number, the position; app.go() does the rest.

const SPEEDS = [1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000];
const STRUCTURE = [MARK.split, MARK.merge, MARK.grow, MARK.shrink, MARK.clear, MARK.collection];

class Player {
  #last = 0;
  #owed = 0;  // events that were due, less than one
  playing = false;

  constructor(replay, lives, timeline, go) {
    Object.assign(this, { replay, lives, timeline, go });
    this.speed = document.getElementById('speed');
    this.speed.append(...SPEEDS.map((speed) => make('option', { value: speed }, `${compact(speed)} events/s`)));
  }

  /** A speed at which all is seen in about a minute. */
  choose() {
    const right = this.replay.steps.length / 60;
    this.speed.value = SPEEDS.find((speed) => speed >= right) ?? SPEEDS.at(-1);
  }

  faster(steps) {
    const index = Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(Number(this.speed.value)) + steps));
    this.speed.value = SPEEDS[index];
  }

  toggle() {
    if (!this.playing && this.replay.rank() >= this.replay.steps.length) this.go(0);
    this.playing = !this.playing;
    this.#last = performance.now();
    this.#owed = 0;
    if (this.playing) requestAnimationFrame(() => this.#tick());
    this.#show();
  }

  stop() {
    this.playing = false;
    this.#show();
  }

  step(by) {
    this.stop();
    this.go(this.replay.positionOf(this.replay.rank() + by));
  }

  /** To the next or previous event with one of these marks. */
  jump(marks, direction) {
    this.stop();
    const rank = this.timeline.find(marks, this.replay.rank(), direction);
    if (rank !== null) this.go(this.replay.positionOf(rank));
    return rank !== null;
  }

  #show() {
    const button = document.getElementById('play');
    button.setAttribute('aria-pressed', this.playing);
    button.textContent = this.playing ? '❚❚ Pause' : '▶ Play';
  }

  #tick() {
    if (!this.playing) return;
    const now = performance.now();
    this.#owed += Math.min(100, now - this.#last) / 1000 * Number(this.speed.value);
    this.#last = now;
    let rank = this.replay.rank();
    for (; this.#owed >= 1 && rank < this.replay.steps.length; --this.#owed) rank = this.#after(rank);
    this.go(this.replay.positionOf(rank));
    if (rank >= this.replay.steps.length) this.stop();
    else requestAnimationFrame(() => this.#tick());
  }

  // What one sweep of the collector reclaims counts as one while playing, or a short life would end in a long wait.
  #after(rank) {
    const { recording, steps } = this.replay;
    const isSweep = (step) => step < steps.length && recording.kind[steps[step] - 1] === KIND.reclaimed;
    if (!isSweep(rank)) return rank + 1;
    while (isSweep(rank)) ++rank;
    return rank;
  }
}

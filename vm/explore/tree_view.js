// SPDX-License-Identifier: BSD-3-Clause
// The canvas of the trie: zoom and pan by mouse, fingers and keys, and walking from node to node.

class TreeView {
  #flight = null;  // {from, to, since} while the view moves by itself

  /** `select(id)` is told what is clicked or walked to; `changed()` that there is something to paint. */
  constructor(canvas, replay, { select, changed, calm }) {
    Object.assign(this, { canvas, replay, select, changed, calm });
    this.view = new View();
    this.tree = new TreeDrawing(replay);
    this.ghosts = new GhostDrawing(replay);
    this.#mouse();
    document.getElementById('zoom-in').addEventListener('click', () => this.zoom(2));
    document.getElementById('zoom-out').addEventListener('click', () => this.zoom(1 / 2));
    document.getElementById('zoom-fit').addEventListener('click', () => this.fit());
  }

  /** True if it wants to be painted again soon. */
  paint(state) {
    const { context, width, height } = prepare(this.canvas);
    const moving = this.#fly(state.now);
    Object.assign(this.view, { width, height });
    const measures = new Measures(this.view, state.found.bits, state.found.levels);
    this.view.top = Math.min(this.view.top, measures.hidden);
    this.tree.paint(context, { ...state, measures, view: this.view });
    const fading = this.ghosts.paint(context, { ...state, measures, view: this.view });
    return moving || fading;
  }

  zoom(factor, x) {
    this.#flight = null;
    this.view.zoom(factor, x);
    this.changed();
  }

  fit() { this.#flyTo(this.view.around(0, 1, this.view.inner)); }

  /** Moves the view so that this node can be read. */
  show(id) {
    const { recording, lives } = this.replay;
    const kind = recording.nodeKind[id];
    if (kind === KIND.root || id === 0) return this.fit();
    const trail = trailTo(this.replay, id);
    const leaf = trail.findLast((step) => recording.nodeKind[step.id] === KIND.leaf)?.id;
    const root = this.replay.root();
    const share = leaf ? 2 ** -this.#depthOf(leaf, trail) : kind === KIND.leaf ? 2 ** -recording.depth[id] : 2 ** -(root ? recording.depth[root] : 3);
    const start = Math.floor(lives.start[id] / share) * share;
    const to = this.view.around(start, share, Math.min(190, this.view.inner / 2));
    const level = trail.filter((step) => recording.nodeKind[step.id] === KIND.branch).length;
    const measures = new Measures(to, root ? recording.depth[root] : 3, level);
    to.top = measures.hidden;  // just so far that all of the node is seen
    this.#flyTo(to);
  }

  // A leaf that stands in several slots is as wide as these; below a branch as its side.
  #depthOf(leaf, trail) {
    const { recording } = this.replay;
    const above = trail[trail.findIndex(({ id }) => id === leaf) - 1];
    const depth = recording.depth[leaf];
    if (!above) return depth;
    return recording.nodeKind[above.id] === KIND.branch ? Math.max(depth, recording.depth[above.id] + 1) : depth;
  }

  #flyTo(to) {
    if (this.calm()) {
      Object.assign(this.view, { left: to.left, span: to.span, top: to.top });
      this.#flight = null;
    } else {
      this.#flight = { from: { ...this.view }, to, since: performance.now() };
    }
    this.changed();
  }

  #fly(now) {
    if (this.#flight === null) return false;
    const { from, to, since } = this.#flight;
    const time = Math.max(0, Math.min(1, (now - since) / 350));
    const eased = time * time * (3 - 2 * time);
    const { view } = this;
    view.span = from.span * (to.span / from.span) ** eased;
    const middle = (of) => of.left + of.span / 2;
    // While zooming in, the middle comes near faster than the scale grows; so that the goal never leaves the picture.
    const share = from.span === to.span ? eased : (view.span - from.span) / (to.span - from.span);
    view.left = Math.max(0, Math.min(1 - view.span, middle(from) + (middle(to) - middle(from)) * share - view.span / 2));
    view.top = from.top + (to.top - from.top) * eased;
    if (time === 1) this.#flight = null;
    return true;
  }

  at(x, y) {
    const inside = (target) => x >= target.x && x <= target.x + target.width && y >= target.y && y <= target.y + target.height;
    // The smallest is what was meant: an entry in a leaf, not the leaf.
    let best = null;
    for (const target of [...this.tree.targets, ...this.ghosts.targets]) {
      if (inside(target) && (best === null || target.width * target.height < best.width * best.height)) best = target;
    }
    return best?.id ?? 0;
  }

  #mouse() {
    const { canvas, view } = this;
    const pointers = new Map();
    let moved = 0;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      const { x } = place(event);
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) view.pan(-(event.deltaX || event.deltaY));
      else this.zoom(2 ** (-event.deltaY / (event.deltaMode === 1 ? 10 : 240)), x);
      this.#flight = null;
      this.changed();
    }, { passive: false });
    canvas.addEventListener('pointerdown', (event) => {
      pointers.set(event.pointerId, place(event));
      canvas.setPointerCapture(event.pointerId);
      moved = 0;
    });
    canvas.addEventListener('pointermove', (event) => {
      const to = place(event);
      const from = pointers.get(event.pointerId);
      if (from === undefined) return this.#hover(event, to);
      const others = [...pointers.entries()].filter(([id]) => id !== event.pointerId);
      if (others.length > 0) {  // two fingers
        const [, other] = others[0];
        const before = Math.max(20, Math.abs(from.x - other.x));
        this.zoom(Math.max(20, Math.abs(to.x - other.x)) / before, (to.x + other.x) / 2);
      } else {
        view.pan(to.x - from.x, to.y - from.y);
      }
      moved += Math.abs(to.x - from.x) + Math.abs(to.y - from.y);
      pointers.set(event.pointerId, to);
      this.#flight = null;
      this.changed();
    });
    const up = (event) => {
      const { x, y } = place(event);
      if (pointers.delete(event.pointerId) && moved < 5 && event.type === 'pointerup') this.select(this.at(x, y));
    };
    canvas.addEventListener('pointerup', up);
    canvas.addEventListener('pointercancel', up);
    canvas.addEventListener('pointerleave', () => Tooltip.hide());
  }

  #hover(event, { x, y }) {
    const id = this.at(x, y);
    this.canvas.style.cursor = id === 0 ? 'grab' : 'pointer';
    if (id === 0) return Tooltip.hide();
    const { recording } = this.replay;
    const lines = [nameOf(recording, id)];
    if (recording.nodeKind[id] === KIND.entry) lines.push(`value ${shorten(this.replay.value(id), 40)}`);
    if (recording.nodeKind[id] === KIND.leaf) lines.push(`depth ${recording.depth[id]}, ${STATUS_WORDS[this.replay.status(id)]}`);
    if (recording.nodeKind[id] === KIND.root) {
      const slot = Math.floor(this.view.hash(x) * 2 ** recording.depth[id]);
      if (this.replay.status(id) === STATUS.linked && slot >= 0) lines.push(`slot ${slot.toLocaleString('en')}`);
    }
    Tooltip.show(event.clientX, event.clientY, lines);
  }

  /** An arrow key in the drawing: to the parent, the first child, or beside. Returns the node it leads to. */
  walk(key, selected) {
    const { replay } = this;
    const trail = trailTo(replay, selected);
    if (trail.length === 0) return replay.root();
    const here = trail.at(-1);
    const above = trail.at(-2);
    if (key === 'ArrowUp') return (above ?? here).id;
    if (key === 'ArrowDown') return this.#firstChild(here.id, 0, 1, 0) || here.id;
    if (!above) return here.id;
    const direction = key === 'ArrowRight' ? 1 : -1;
    return this.#firstChild(above.id, above.index + direction, direction, here.id) || here.id;
  }

  #firstChild(id, from, direction, unlike) {
    for (let i = from, size = this.replay.arity(id); i >= 0 && i < size; i += direction) {
      const child = this.replay.child(id, i);
      if (child !== 0 && child !== unlike) return child;
    }
    return 0;
  }
}

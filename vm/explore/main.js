// SPDX-License-Identifier: BSD-3-Clause
// Puts the page together. `window.interlox` shows, for tests and for the curious, read-only:
//   ready       true once the page has been drawn
//   events      how many events the recording has; steps: how many of them concern the chosen map
//   event       how many events are applied at this moment; step: how many of the chosen map's
//   map         the name of the chosen map
//   live, retired, reclaimed   its nodes at this moment (retired: waiting for the collector)
//   unlinked    live ones that the root no longer leads to: about to be retired
//   entries     keys that a walk over its tree finds
//   depths      [n]: how many of them are n dependent loads away
//   selected    the id of the selected node, or 0; kind: what it is
//   search      null, or {key, found, way}: the ids from the root to its entry
//   playing     whether time runs
//   loadTime    milliseconds from the start of the script to the first picture

class App {
  #dirty = false;
  #surveyed = -1;
  #found = null;
  #described = null;
  selected = 0;
  ready = false;

  constructor() {
    const byId = (id) => document.getElementById(id);
    const about = JSON.parse(byId('about').textContent);
    const source = byId('recording');
    this.recording = new Recording(about, bytesOfBase64(source.textContent));
    source.remove();  // megabytes that nobody needs any more
    this.lives = new Lives(this.recording);
    this.replay = new Replay(this.recording, this.lives);
    const { replay, lives } = this;
    const go = (position) => this.go(position);
    const select = (id) => this.select(id);
    const scrub = (rank) => { this.player.stop(); go(replay.positionOf(rank)); };
    this.motion = matchMedia('(prefers-reduced-motion: reduce)');
    this.axis = new Axis(replay);
    this.timeline = new Timeline(byId('timeline'), this.axis, replay, lives, scrub);
    this.charts = new Charts({ axis: this.axis, replay, scrub });
    this.inspector = new Inspector(replay, lives, { go: (position) => { this.player.stop(); go(position); }, select: (id) => { select(id); this.trees.show(id); } });
    this.search = new Search(replay, lives, this.inspector, { go });
    this.search.onpick = (key) => this.find(key);
    this.trees = new TreeView(byId('tree'), replay, { select, changed: () => this.invalidate(), calm: () => this.motion.matches });
    this.player = new Player(replay, lives, this.timeline, go);
    this.#header(about);
    this.#transport();
    document.addEventListener('keydown', (event) => this.#key(event));
    addEventListener('resize', () => { this.#restyle(); });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#restyle());
    this.palette = new Palette();
    this.chooseMap(about.first ?? 0);
    this.loadTime = performance.now();
  }

  #header(about) {
    const byId = (id) => document.getElementById(id);
    const name = about.program.split('/').pop();
    document.title = `${name} – Interlox explore`;
    byId('program').textContent = name;
    byId('program').title = `${about.program}, by Interlox ${about.interlox}: ${plural(this.recording.events, 'event')} in ${milliseconds(about.duration_us)}`;
    byId('map').append(...this.recording.maps.map((map, i) => make('option', { value: i }, map.name)));
    byId('map').addEventListener('change', () => this.chooseMap(Number(byId('map').value)));
    const notices = [];
    if (about.dropped > 0) notices.push(`The recording was full: the last ${plural(about.dropped, 'event')} of the program are not in it.`);
    if (about.counted === false) notices.push('Reclaimed nodes were not counted: they stay where they are.');
    byId('notice').hidden = notices.length === 0;
    byId('notice').textContent = notices.join(' ');
    byId('search').addEventListener('submit', (event) => {
      event.preventDefault();
      this.find(byId('key').value);
    });
    byId('theme').addEventListener('click', () => this.#toggleTheme());
    byId('help-open').addEventListener('click', () => byId('help').showModal());
  }

  #transport() {
    const on = (id, act) => document.getElementById(id).addEventListener('click', act);
    const { player, replay } = this;
    on('first', () => player.step(-Infinity));
    on('last', () => player.step(Infinity));
    on('back', () => player.step(-1));
    on('step', () => player.step(1));
    on('play', () => player.toggle());
    on('next-split', () => player.jump([MARK.split], 1));
    on('next-growth', () => player.jump([MARK.grow, MARK.shrink, MARK.clear], 1));
    on('next-collection', () => player.jump([MARK.collection], 1));
    on('event-slow', () => {
      const part = this.#partOf(replay.position - 1);
      if (part) player.stop(), this.go(part.first + 1);
    });
    document.getElementById('by-time').addEventListener('change', (event) => {
      this.axis.byTime = event.target.checked;
      this.#restyle();
    });
  }

  chooseMap(map) {
    document.getElementById('map').value = map;
    this.replay.choose(map);
    this.selected = 0;
    this.search.look('');
    this.timeline.choose();
    this.charts.refresh();
    this.player.choose();
    this.trees.fit();
    this.#surveyed = -1;
    this.#described = null;
    this.go(this.#firstSight());
  }

  // Not the empty start: the moment before the first collection that ends something, or half way.
  #firstSight() {
    const first = this.timeline.find([MARK.split], 0, 1) ?? Math.ceil(this.replay.steps.length / 2);
    return this.replay.positionOf(first);
  }

  go(position) {
    this.replay.seek(position);
    this.invalidate();
  }

  select(id) {
    this.selected = id;
    this.invalidate();
  }

  find(key) {
    document.getElementById('key').value = key;
    this.search.look(key);
    const result = this.search.now();
    if (result) {
      this.select(result.found ? result.steps.at(-1).id : 0);
      this.trees.show(result.found ? result.steps.at(-1).id : result.entry);
    }
    this.invalidate();
  }

  invalidate() {
    if (this.#dirty) return;
    this.#dirty = true;
    requestAnimationFrame((now) => this.#paint(now));
  }

  #restyle() {
    this.palette = new Palette();
    this.timeline.canvas.stale = true;
    this.charts.refresh();
    this.invalidate();
  }

  #toggleTheme() {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    this.#restyle();
  }

  #paint() {
    const now = performance.now();
    this.#dirty = false;
    const { replay, palette } = this;
    if (this.#surveyed !== replay.position) {
      this.#found = survey(replay);
      this.#surveyed = replay.position;
    }
    const event = replay.position - 1;
    const rank = replay.rank();
    const result = this.search.now();
    this.result = result;
    const hot = this.#nodesOf(event);
    const again = this.trees.paint({
      palette, now, found: this.#found, selected: this.selected, animate: !this.motion.matches, hot, hotAt: this.#placeOf(event, hot),
      path: new Set(result?.steps.map(({ id }) => id)), goal: result ? this.lives.start[result.entry] : null,
      goalSlot: result?.steps[0]?.index ?? null, hotSlot: this.#slotOf(event),
      unlinked: this.#found.unlinked,
    });
    this.timeline.paint(palette, rank);
    this.charts.paint(palette, rank);
    this.#panels(event, rank, result);
    this.inspector.show(this.selected);
    this.ready = true;
    if (again) this.invalidate();
  }

  // The slot of the root that the event has changed, or null.
  #slotOf(event) {
    const { recording, replay } = this;
    const root = replay.root();
    if (event < 0 || root === 0 || recording.kind[event] !== KIND.slot || recording.node[event] !== root) return null;
    return recording.place[event] - recording.base[root];
  }

  // Where among the hashes the event is: the middle of its slot, or of its first node that is no root; or null.
  #placeOf(event, hot) {
    const { recording, replay, lives } = this;
    const slot = this.#slotOf(event);
    if (slot !== null) return (slot + 0.5) / replay.arity(replay.root());
    const id = [...hot].find((node) => recording.nodeKind[node] !== KIND.root);
    if (id === undefined) return null;
    const isRange = recording.nodeKind[id] === KIND.leaf || recording.nodeKind[id] === KIND.branch;
    return lives.start[id] + (isRange ? 2 ** -recording.depth[id] / 2 : 0);
  }

  #nodesOf(event) {
    const { recording } = this;
    if (event < 0 || recording.map[event] !== this.replay.map) return new Set();
    const kind = recording.kind[event];
    const about = this.#slotOf(event) === null ? [recording.node[event]] : [];
    if (kind >= KIND.top && kind < KIND.value) about.push(recording.next[event]);
    if (kind === KIND.change) {  // what it has made
      const { first } = recording.changes[recording.place[event]];
      for (let i = first; i < event; ++i) if (recording.kind[i] <= KIND.leaf) about.push(recording.node[i]);
    }
    return new Set(about.filter(Boolean));
  }

  // Links to the nodes that the event names.
  #namesOf(event) {
    const { recording } = this;
    if (event < 0 || recording.map[event] === ALL_MAPS) return [];
    const kind = recording.kind[event];
    const places = kind >= KIND.top && kind < KIND.value;
    const ids = new Set([recording.node[event], ...(places ? [recording.next[event], recording.old[event]] : [])]);
    ids.delete(0);
    return [...ids].flatMap((id) => [this.inspector.link(id), ' ']);
  }

  #partOf(event) {
    const { changes } = this.recording;
    let low = 0;
    let high = changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (changes[middle].event < event) low = middle + 1; else high = middle;
    }
    // Another map's change may end in the middle of this one.
    const near = changes.slice(low, low + 16).find(({ map }) => map === this.replay.map);
    return near && near.first <= event && near.first < near.event ? near : null;
  }

  #panels(event, rank, result) {
    const byId = (id) => document.getElementById(id);
    const { recording, replay } = this;
    byId('where').textContent = `${rank.toLocaleString('en')} of ${replay.steps.length.toLocaleString('en')} · ${milliseconds(this.axis.time(rank))}`;
    this.search.paint(result);
    paintDepths(byId('depth-rows'), this.#found);
    const { entries, leaves, branches, chains, slots } = this.#found;
    byId('sums').replaceChildren(...Object.entries({ keys: entries, 'root slots': slots, leaves, branches, chains })
      .map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value.toLocaleString('en')))));
    if (this.#described === event) return;
    this.#described = event;
    const about = describe(recording, this.lives, event);
    byId('event').dataset.tone = about.tone;
    byId('event-who').textContent = about.who;
    byId('event-title').setAttribute('aria-live', this.player.playing ? 'off' : 'polite');
    byId('event-title').textContent = about.title;
    byId('event-nodes').replaceChildren(...this.#namesOf(event));
    byId('event-why').textContent = about.why;
    const part = this.#partOf(event);
    byId('event-part').hidden = part === null;
    if (part === null) return;
    const word = ['growth of the root', 'shrinking of the root', 'clear', 'split', 'merge'][part.what];
    byId('event-part-text').textContent = `Step ${(event - part.first + 1).toLocaleString('en')} of ${(part.event - part.first + 1).toLocaleString('en')} of a ${word}.`;
  }

  #key(event) {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById('help').open) return;
    const typing = target instanceof HTMLInputElement && target.type === 'search';
    if (key === 'Escape') {
      this.search.look('');
      document.getElementById('key').value = '';
      this.select(0);
      if (typing) document.getElementById('tree').focus();
      return;
    }
    if (typing || (target instanceof HTMLSelectElement && !['/', '?'].includes(key))) return;
    if (key === ' ' && target instanceof HTMLButtonElement) return;
    const act = (target.id === 'tree' && this.#treeKey(event)) || this.#timeKey(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  #treeKey({ key, shiftKey }) {
    const arrows = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (key in arrows && shiftKey) return () => { this.trees.view.pan(...arrows[key]); this.invalidate(); };
    if (key in arrows) {
      return () => {
        this.select(this.trees.walk(key, this.selected));
        const { recording, selected } = { recording: this.recording, selected: this.selected };
        document.getElementById('walked').textContent = nameOf(recording, selected);
      };
    }
    return key === 'Enter' ? () => this.trees.show(this.selected) : null;
  }

  #timeKey({ key, shiftKey }) {
    const { player } = this;
    const back = shiftKey ? -1 : 1;
    const acts = {
      ' ': () => player.toggle(), ArrowRight: () => player.step(shiftKey ? 100 : 1), ArrowLeft: () => player.step(shiftKey ? -100 : -1),
      PageDown: () => player.step(100), PageUp: () => player.step(-100),
      Home: () => player.step(-Infinity), End: () => player.step(Infinity),
      n: () => player.jump(STRUCTURE, 1), p: () => player.jump(STRUCTURE, -1),
      s: () => player.jump([MARK.split], back), r: () => player.jump([MARK.grow, MARK.shrink, MARK.clear], back), c: () => player.jump([MARK.collection], back),
      '/': () => document.getElementById('key').focus(), '?': () => document.getElementById('help').showModal(),
      '+': () => this.trees.zoom(2), '=': () => this.trees.zoom(2), '-': () => this.trees.zoom(1 / 2), 0: () => this.trees.fit(),
      '<': () => player.faster(-1), '>': () => player.faster(1), t: () => this.#toggleTheme(),
    };
    return acts[key] ?? acts[key.toLowerCase()];
  }

  /** See the top of this file. */
  get state() {
    const { replay, recording, result } = this;
    const rank = replay.rank();
    const { live, retired, reclaimed } = replay.counts;
    if (this.#surveyed !== replay.position) {
      this.#found = survey(replay);
      this.#surveyed = replay.position;
    }
    return {
      ready: this.ready, events: recording.events, steps: replay.steps.length, event: replay.position, step: rank,
      map: recording.maps[replay.map].name, live: live[rank], retired: retired[rank], reclaimed: reclaimed[rank],
      unlinked: this.#found.unlinked, entries: this.#found.entries, depths: [...this.#found.steps].map((count) => count ?? 0), selected: this.selected,
      kind: this.selected ? NAME_OF_KIND[recording.nodeKind[this.selected]] : null, playing: this.player.playing,
      search: this.search.query === null ? null : { key: this.search.query, found: result?.found ?? false, way: result?.steps.map(({ id }) => id) ?? [] },
      loadTime: this.loadTime,
    };
  }
}

try {
  const app = new App();
  Object.defineProperty(window, 'interlox', { get: () => Object.freeze(app.state) });
} catch (error) {
  Object.assign(document.getElementById('notice'), { hidden: false, textContent: `This page can't be shown: ${error.message}` });
  throw error;  // the console says where
}

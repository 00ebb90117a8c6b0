// SPDX-License-Identifier: BSD-3-Clause
// The charts below the timeline, on its axis; and how far entries are from the root at the moment.

const CHART = Object.freeze({ top: 8, bottom: 22 });

class Charts {
  constructor({ axis, replay, scrub }) {
    Object.assign(this, { axis, replay });
    const make = (id, paint, tip) => new AxisCanvas(document.getElementById(id), axis, { paint: paint.bind(this), tip: tip.bind(this), scrub });
    this.all = [
      make('chart-nodes', this.#nodes, this.#nodesTip), make('chart-pauses', this.#pauses, this.#pausesTip),
      make('chart-heap', this.#heap, this.#pausesTip), make('chart-handles', this.#handles, this.#handlesTip),
    ];
    for (const chart of this.all) chart.foot = CHART.bottom;
  }

  /** Something has changed that is drawn once: the map, the axis, the colours. */
  refresh() {
    for (const chart of this.all) chart.stale = true;
  }

  paint(palette, rank) {
    for (const chart of this.all) chart.paint(palette, rank);
    const { live, retired, reclaimed } = this.replay.counts;
    const say = (id, text) => { document.getElementById(id).textContent = text; };
    const number = (value) => value.toLocaleString('en');
    say('nodes-now', `${number(live[rank])} live · ${number(retired[rank])} waiting · ${number(reclaimed[rank])} reclaimed`);
    const collection = this.#lastAt(this.replay.recording.collections, rank);
    say('pauses-now', collection ? `collection ${collection.number}: ${milliseconds(collection.pause / 1000)}, of it marking ${milliseconds(collection.mark / 1000)}` : 'no collection yet');
    say('heap-now', collection ? `${megabytes(collection.used)} used of ${megabytes(collection.heap)}` : 'no collection yet');
    const handles = this.#lastAt(this.replay.recording.handleCounts, rank);
    say('handles-now', handles ? `${number(handles.live)} live · ${number(handles.made)} made · ${number(handles.dead)} dead` : 'no count yet');
  }

  // Frames have the scale of the y axis; returns what turns a value into a place.
  #frame(context, width, height, palette, most, unit) {
    context.clearRect(0, 0, width, height);
    const bottom = height - CHART.bottom;
    const ticks = niceTicks(most, 3);
    const end = Math.max(most, ticks.at(-1)) || 1;
    const y = (value) => bottom - value / end * (bottom - CHART.top);
    context.font = `11px ${palette.sans}`;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const tick of ticks) {
      context.fillStyle = palette.line;
      context.fillRect(GUTTER.left, Math.round(y(tick)), this.axis.inner, 1);
      context.fillStyle = palette.soft;
      if (tick > 0) context.fillText(compact(tick) + unit, GUTTER.left - 8, y(tick));
    }
    this.axis.paint(context, bottom, palette);
    return y;
  }

  #rankOf(event) { return this.replay.rank(event + 1); }

  #lastAt(rows, rank) {
    const position = this.replay.positionOf(rank);
    let found = null;
    for (const row of rows) {
      if (row.event >= position) break;
      found = row;
    }
    return found;
  }

  #collectionLines(context, height, palette) {
    context.fillStyle = palette.ghost;
    context.globalAlpha = 0.35;
    for (const { event } of this.replay.recording.collections) context.fillRect(this.axis.x(this.#rankOf(event)), CHART.top, 1, height - CHART.top - CHART.bottom);
    context.globalAlpha = 1;
  }

  // Stacked: all that were ever born are live, or waiting, or reclaimed.
  #nodes(context, width, height, palette) {
    const { live, retired, reclaimed } = this.replay.counts;
    let most = 1;
    for (let i = 0; i < live.length; ++i) most = Math.max(most, live[i] + retired[i] + reclaimed[i]);
    const y = this.#frame(context, width, height, palette, most, '');
    for (let x = GUTTER.left; x < GUTTER.left + this.axis.inner; ++x) {
      const rank = this.axis.rank(x);
      let below = 0;
      for (const [column, colour] of [[live, palette.leaf], [retired, palette.ghostFill], [reclaimed, palette.gone]]) {
        context.fillStyle = colour;
        const above = below + column[rank];
        context.fillRect(x, y(above), 1, y(below) - y(above));
        below = above;
      }
    }
    this.#collectionLines(context, height, palette);
  }

  #nodesTip(rank) {
    const { live, retired, reclaimed } = this.replay.counts;
    const at = (column) => column[rank].toLocaleString('en');
    return [`event ${rank.toLocaleString('en')} · ${milliseconds(this.axis.time(rank))}`, `live: ${at(live)}`, `retired, waiting: ${at(retired)}`, `reclaimed: ${at(reclaimed)}`];
  }

  #pauses(context, width, height, palette) {
    const { collections } = this.replay.recording;
    const most = collections.reduce((sum, { pause }) => Math.max(sum, pause / 1e6), 0);
    const y = this.#frame(context, width, height, palette, most || 1, ' ms');
    const bar = Math.max(2, Math.min(8, this.axis.inner / Math.max(1, collections.length) * 0.6));
    for (const { event, pause, mark } of collections) {
      const x = Math.min(this.axis.x(this.#rankOf(event)) - bar / 2, GUTTER.left + this.axis.inner - bar);
      context.fillStyle = palette.ghostFill;
      context.fillRect(x, y(pause / 1e6), bar, y(0) - y(pause / 1e6));
      context.fillStyle = palette.branch;
      const marking = Math.min(mark, pause) / 1e6;
      context.fillRect(x, y(marking), bar, y(0) - y(marking));
    }
  }

  #pausesTip(rank) {
    const x = this.axis.x(rank);
    let best = null;
    for (const collection of this.replay.recording.collections) {
      const far = Math.abs(this.axis.x(this.#rankOf(collection.event)) - x);
      if (best === null || far < best.far) best = { far, collection };
    }
    if (best === null) return ['There was no collection.'];
    const { number, pause, mark, used, heap, cleared } = best.collection;
    return [`collection ${number}`, `pause ${milliseconds(pause / 1000)}, of it marking ${milliseconds(mark / 1000)}`,
      `${megabytes(used)} used of ${megabytes(heap)}`, `${plural(cleared, 'weak reference')} cleared`];
  }

  #lines(context, width, height, palette, rows, series, unit) {
    const most = rows.reduce((sum, row) => Math.max(sum, ...series.map(({ of }) => of(row))), 0);
    const y = this.#frame(context, width, height, palette, most || 1, unit);
    this.#collectionLines(context, height, palette);
    for (const { of, colour, dash } of series) {
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.setLineDash(dash);
      context.beginPath();
      let last = null;
      for (const row of rows) {  // what was counted stands until it is counted again
        const x = this.axis.x(this.#rankOf(row.event));
        if (last === null) context.moveTo(x, y(of(row)));
        else context.lineTo(x, y(last)), context.lineTo(x, y(of(row)));
        last = of(row);
      }
      if (last !== null) context.lineTo(GUTTER.left + this.axis.inner, y(last));
      context.stroke();
    }
    context.setLineDash([]);
  }

  #heap(context, width, height, palette) {
    this.#lines(context, width, height, palette, this.replay.recording.collections, [
      { of: ({ heap }) => heap / 2 ** 20, colour: palette.gone, dash: [5, 3] }, { of: ({ used }) => used / 2 ** 20, colour: palette.leaf, dash: [] },
    ], ' MiB');
  }

  #handles(context, width, height, palette) {
    this.#lines(context, width, height, palette, this.replay.recording.handleCounts, [
      { of: ({ made }) => made, colour: palette.entry, dash: [5, 3] }, { of: ({ dead }) => dead, colour: palette.ghost, dash: [2, 2] },
      { of: ({ live }) => live, colour: palette.leaf, dash: [] },
    ], '');
  }

  #handlesTip(rank) {
    const row = this.#lastAt(this.replay.recording.handleCounts, rank);
    if (row === null) return ['Handles have not been counted yet.'];
    return ['handles', `live: ${row.live.toLocaleString('en')}`, `made: ${row.made.toLocaleString('en')}`, `dead: ${row.dead.toLocaleString('en')}`];
  }
}

function compact(number) {
  if (number >= 1e6) return `${Number((number / 1e6).toPrecision(3))}M`;
  return number >= 1e4 ? `${Number((number / 1e3).toPrecision(3))}k` : Number(number.toPrecision(3)).toLocaleString('en');
}

const STEP_WORDS = ['', '', 'slot → entry', 'slot → leaf → entry', 'and one branch or link', 'and two of these', 'and three', 'and four'];

/** How many entries are how many dependent loads away, as rows of a table with bars. */
function paintDepths(table, found) {
  const most = Math.max(1, ...found.steps.filter(Boolean));
  const rows = [];
  for (let steps = 2; steps < Math.max(4, found.steps.length); ++steps) {
    const count = found.steps[steps] ?? 0;
    if (count === 0 && steps > 3) continue;
    const row = document.createElement('tr');
    const head = Object.assign(document.createElement('th'), { scope: 'row', textContent: steps, title: STEP_WORDS[steps] ?? '' });
    const bar = document.createElement('td');
    bar.className = 'bar';
    const fill = document.createElement('i');
    fill.style.width = `${count / most * 100}%`;
    fill.dataset.steps = Math.min(steps, 4);
    bar.append(fill);
    const share = count === 0 ? '' : ` · ${(count / found.entries * 100).toFixed(count === found.entries ? 0 : 1)}%`;
    row.append(head, bar, Object.assign(document.createElement('td'), { textContent: count.toLocaleString('en') + share }));
    row.title = `${plural(count, 'entry', 'entries')} at ${steps} dependent loads: ${STEP_WORDS[steps] ?? 'slot → … → entry'}`;
    rows.push(row);
  }
  table.replaceChildren(...rows);
}

// SPDX-License-Identifier: BSD-3-Clause
// The trie from far away, where a slot of the root is less than a few pixels: how full each part of the root is, and how
// far from it its entries are. Nothing is drawn for a single node, so a million keys cost what a thousand do.

const BAR = 4;  // pixels

/** Of a TreeDrawing: between the strip of the root and the lane of ghosts. */
function paintDensity(context, { view, palette, measures, found, replay, state }) {
  const columns = Math.ceil(view.inner / BAR);
  const sums = sumsOf(found, view, columns);
  let most = 1;
  for (let i = 0; i < columns; ++i) most = Math.max(most, sums[0][i] + sums[1][i] + sums[2][i]);
  const top = measures.treeTop + 26;
  const height = Math.max(40, measures.ghostTop - top - 60);
  for (let i = 0; i < columns; ++i) {
    const x = View.kMargin + BAR * i;
    const width = Math.min(BAR, view.inner - BAR * i);  // the last one may have less
    context.fillStyle = palette.slot;
    context.fillRect(x, measures.stripTop, width, LAYOUT.strip);
    context.globalAlpha = (sums[0][i] + sums[1][i] + sums[2][i]) / most;
    context.fillStyle = palette.leaf;
    context.fillRect(x, measures.stripTop, width, LAYOUT.strip);
    context.globalAlpha = 0.75;
    let y = top;
    for (const [sort, colour] of [palette.steps2, palette.steps3, palette.steps4].entries()) {
      const part = sums[sort][i] / most * height;
      context.fillStyle = colour;
      context.fillRect(x, y, Math.max(1, width - 1), part);
      y += part;
    }
    context.globalAlpha = 1;
  }
  caption(context, view, palette, found, columns, most, measures.treeTop + 17);
  markPlace(context, view, palette, measures.stripTop - 3, top + height, state.goal ?? (state.selected ? replay.lives.start[state.selected] : null));
}

// For each column the entries that stand directly in slots, in leaves, and deeper.
function sumsOf(found, view, columns) {
  const sums = found.bySlot.map(() => new Float64Array(columns));
  const [first, last] = view.slots(found.slots);
  for (let slot = first; slot <= last; ++slot) {
    const column = Math.floor((view.x((slot + 0.5) / found.slots) - View.kMargin) / BAR);
    if (column < 0 || column >= columns) continue;
    for (const [sort, counts] of found.bySlot.entries()) sums[sort][column] += counts[slot];
  }
  return sums;
}

function caption(context, view, palette, found, columns, most, y) {
  const each = found.slots * view.span / columns;
  const text = `${found.slots.toLocaleString('en')} slots; a bar: entries of ${each < 10 ? each.toFixed(1) : Math.round(each)} slots, at most ${most.toLocaleString('en')}. Zoom in to see leaves.`;
  context.fillStyle = palette.soft;
  context.font = `12px ${palette.sans}`;
  context.textBaseline = 'alphabetic';
  context.textAlign = 'left';
  context.fillText(fitText(context, text, view.inner), View.kMargin, y);
}

// Where the searched key or the selected node is, when leaves are too small to be seen.
function markPlace(context, view, palette, top, bottom, at) {
  if (at === null) return;
  context.strokeStyle = palette.path;
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(view.x(at), top);
  context.lineTo(view.x(at), bottom);
  context.stroke();
}

// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/report_style.hpp"

namespace interlox::bench {

std::string_view report_style() noexcept {
  return R"css(:root {
  color-scheme: light dark;
  --page: #fdfdfb; --card: #ffffff; --text: #1d1f22; --muted: #5a5f66; --rule: #dcdcd6; --grid: #e9e9e4;
  --accent: #0a5a9c; --baseline: #565b63; --peer: #8f959c; --met: #17703d; --missed: #b3261e;
  --s0: #0a5a9c; --s1: #8a5a00; --s2: #6b6f75; --s3: #4a4e54; --s4: #a8326f; --s5: #1f7a43; --s6: #bf4c12;
  --s7: #6246b0; --s8: #2a7690;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15171a; --card: #1b1e22; --text: #e8e7e3; --muted: #a6abb2; --rule: #353a40; --grid: #2a2e33;
    --accent: #6db3f2; --baseline: #a3a9b1; --peer: #646c76; --met: #62cf92; --missed: #ff8d83;
    --s0: #6db3f2; --s1: #e0b050; --s2: #9aa0a8; --s3: #d0d3d7; --s4: #f08fc0; --s5: #66cc8a; --s6: #ff9a5c;
    --s7: #b39dfa; --s8: #7fd0e4;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 70rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  overflow-wrap: break-word; -webkit-text-size-adjust: 100%;
}
h1, h2, h3, h4, h5 { line-height: 1.25; font-weight: 600; text-wrap: balance; }
h1 { font-size: 1.1rem; margin: 0; color: var(--muted); }
h2 { font-size: 2rem; margin: 1.5rem 0 .5rem; letter-spacing: -.01em; }
h3 { font-size: 1.25rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
h4 { font-size: 1rem; margin: 0; }
h5 { font-size: .8rem; margin: .9rem 0 .15rem; color: var(--muted); font-weight: 500; }
p, dl { max-width: 46rem; margin: .6rem 0; }
a { color: var(--accent); }
nav ul { padding: 0; list-style: none; }
.intro { font-size: 1.1rem; }
.score strong { font-size: 1.1rem; }
.score, .note, figcaption p, caption { color: var(--muted); }
.score strong { color: var(--text); }
.note, figcaption p, caption, small { font-size: .8125rem; }
figcaption p { margin: .1rem 0 0; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; font-weight: 400; }
thead th { color: var(--muted); font-size: .8125rem; border-bottom: 1px solid var(--rule); }
.targets { width: 100%; max-width: 62rem; }
.targets .first > * { border-top: 1px solid var(--grid); }
.targets .again { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.targets .number, .targets td:last-child { white-space: nowrap; }
.targets td:last-child { padding-right: 0; }
.number { text-align: right; }
small { display: none; color: var(--muted); white-space: normal; }
.by { color: var(--muted); }
.met { color: var(--met); }
.missed { color: var(--missed); }
td .missed, li.missed { font-weight: 600; }
.badges { list-style: none; margin: .5rem 0 0; padding: 0; font-size: .8125rem; }
.badges span { color: var(--muted); font-weight: 400; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 28rem), 1fr)); gap: 1.25rem; align-items: start; }
figure { margin: 0; padding: 1rem 1.1rem; background: var(--card); border: 1px solid var(--rule); border-radius: 6px; min-width: 0; }
svg { display: block; width: 100%; height: auto; }
svg text { font-family: inherit; fill: var(--text); font-variant-numeric: tabular-nums; }
.bars text { font-size: 11px; }
.bars .ratio { fill: var(--muted); }
text.strong { font-weight: 600; }
.bar.ours { fill: var(--accent); }
.bar.variant { fill: var(--card); stroke: var(--accent); }
.bar.baseline { fill: var(--baseline); }
.bar.peer { fill: var(--peer); }
.bar.ceiling { fill: var(--card); stroke: var(--baseline); stroke-dasharray: 3 2; }
.spread { stroke: var(--text); stroke-width: .8; fill: none; }
.halo { stroke: var(--card); stroke-width: 4; fill: none; }
.mark { stroke-width: 1.8; fill: none; }
.mark.met { stroke: var(--met); }
.mark.missed { stroke: var(--missed); stroke-dasharray: 3 2; }
.lines text { font-size: 14px; }
.lines .tick, .lines .axis-title { fill: var(--muted); }
.grid { stroke: var(--grid); fill: none; }
.axis { stroke: var(--muted); fill: none; }
.ideal { stroke: var(--muted); stroke-dasharray: 2 4; fill: none; }
.leader { stroke: var(--rule); fill: none; }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.line.strong { stroke-width: 3; }
.range { fill: none; stroke-width: 1.2; opacity: .45; }
.s0 { --series: var(--s0); } .s1 { --series: var(--s1); } .s2 { --series: var(--s2); } .s3 { --series: var(--s3); }
.s4 { --series: var(--s4); } .s5 { --series: var(--s5); } .s6 { --series: var(--s6); } .s7 { --series: var(--s7); }
.s8 { --series: var(--s8); }
.line, .range { stroke: var(--series); }
.dot, .label { fill: var(--series); }
.lines text.label { fill: var(--series, var(--muted)); }
.line.s1, .line.s5 { stroke-dasharray: 7 3; }
.line.s2, .line.s6 { stroke-dasharray: 2 2.5; }
.line.s3, .line.s7 { stroke-dasharray: 9 3 2 3; }
details { margin-top: .6rem; font-size: .8125rem; }
summary { color: var(--muted); cursor: pointer; }
.scroll { overflow-x: auto; }
dl { display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: .35rem 1rem; font-size: .9375rem; }
dt { color: var(--muted); }
dd { margin: 0; min-width: 0; }
@media (max-width: 40rem) {
  body { padding: 1.25rem .9rem 3rem; }
  h2 { font-size: 1.6rem; }
  figure { padding: .8rem .75rem; }
  .targets, .targets tbody, .targets caption { display: block; }
  .targets thead, .by { display: none; }
  .targets tr { display: grid; grid-template-columns: 1fr 8.2rem 4.6rem; }
  .targets th { grid-column: 1 / -1; font-weight: 600; padding: .5rem 0 0; }
  .targets .first > td { border: 0; }
  small { display: block; }
  th, td { padding-right: .5rem; }
  .lines text { font-size: 17px; }
  dl { display: block; }
  dd { margin-bottom: .6rem; }
}
@media print { body { max-width: none; } figure { break-inside: avoid; } }
)css";
}

}  // namespace interlox::bench

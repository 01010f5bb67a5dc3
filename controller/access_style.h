#pragma once

#include <string_view>

namespace rolecall {

/// Styles and script of the access report. Their digests stand in the page's content security
/// policy, so that nothing else in it is ever run. The styles go on with what names the columns.

inline constexpr std::string_view kReportStyle = R"css(
:root { color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #23262b; --dim: #646b76; --line: #e3e5e8;
  --accent: #2f6690; --bar: #7ea3bf; --warn: #8a5a00; --warn-paper: #fdf5e3; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #16181c; --card: #1d2025; --ink: #dfe2e7; --dim: #989fab; --line: #31353c;
  --accent: #86b7dc; --bar: #4a7595; --warn: #e6c06a; --warn-paper: #2c2618; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); text-align: left;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; font-weight: 600; }
h2 { font-size: 19px; line-height: 1.3; margin: 0; font-weight: 600; }
h2 .count { color: var(--dim); font-weight: 400; margin-left: 6px; }
p { margin: 4px 0 12px; max-width: 75ch; }
.about, .lead, .more { color: var(--dim); }
.about { overflow-wrap: anywhere; }
.warn { background: var(--warn-paper); color: var(--warn); border-radius: 6px; padding: 10px 14px;
  max-width: none; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 12px;
  margin: 24px 0; }
dl div { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 14px; display: flex; flex-direction: column-reverse; }
dt { color: var(--dim); font-size: 13px; }
dd { margin: 0; font-size: 24px; line-height: 1.25; font-variant-numeric: tabular-nums; }
nav ul { list-style: none; padding: 0; margin: 0; display: flex; flex-wrap: wrap;
  gap: 4px 20px; }
a { color: var(--accent); }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 16px;
  margin: 0 0 24px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 14px 16px; }
figcaption { font-weight: 600; margin-bottom: 8px; }
figure .more { margin: 4px 0 0; font-size: 13px; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--ink); font-size: 12px; }
svg .axis { fill: var(--dim); font-variant-numeric: tabular-nums; }
svg .end { text-anchor: end; }
.bars { list-style: none; padding: 0; margin: 0; font-size: 12px; line-height: 1.3; }
.bars li { display: grid; grid-template-columns: minmax(0, 7fr) minmax(0, 8fr) 5ch;
  column-gap: 8px; align-items: center; padding: 4px 0; break-inside: avoid; }
.bars .label { text-align: right; overflow-wrap: anywhere; }
.bars .value { color: var(--dim); font-variant-numeric: tabular-nums; }
.bars svg { height: 14px; }
svg .bar { fill: var(--bar); }
svg .grid { stroke: var(--line); fill: none; }
svg .line { stroke: var(--accent); stroke-width: 2; fill: none; }
.search { position: sticky; top: 0; z-index: 1; background: var(--paper); padding: 12px 0;
  margin: 16px 0 0; border-bottom: 1px solid var(--line); display: flex; gap: 12px;
  align-items: center; }
.search[hidden] { display: none; }
.search input { flex: 1 1 auto; min-width: 0; max-width: 420px; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; }
.search output { color: var(--dim); white-space: nowrap; }
section { margin-top: 36px; scroll-margin-top: 72px; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px;
  background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--dim); font-size: 13px; white-space: nowrap; }
th, td { padding: 8px 14px; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; }
td { overflow-wrap: anywhere; min-width: 20ch; max-width: 44ch; }
td.short, td.n { min-width: 0; }
.short { white-space: nowrap; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
tr[hidden] { display: none; }
@media (max-width: 700px) {
  main { padding: 20px 16px 48px; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; }
  tr[hidden] { display: none; }
  tbody tr { padding: 10px 14px; border-top: 1px solid var(--line); }
  tbody tr:first-child { border-top: 0; }
  td { border: 0; padding: 1px 0; display: grid; grid-template-columns: 104px minmax(0, 1fr);
    gap: 8px; min-width: 0; max-width: none; }
  td:empty { display: none; }
  td::before { color: var(--dim); font-size: 13px; }
  td.n { text-align: left; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #000; --dim: #444;
    --line: #bbb; --accent: #000; --bar: #999; --warn: #000; --warn-paper: #fff; }
  @page { margin: 14mm; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  nav, .search { display: none; }
  figure, dl div, tr { break-inside: avoid; }
  td { min-width: 0; }
  section { break-inside: auto; margin-top: 20pt; }
  h2, .lead { break-after: avoid; }
  thead { display: table-header-group; }
  .wide { overflow: visible; border: 0; }
  table { font-size: 8.5pt; }
  th, td { padding: 3pt 6pt; }
}
)css";

/// Shows the filter, which is of no use without a script, and hides the rows that lack a word of
/// it. "#q=words" at the end of the address filters from the start.
inline constexpr std::string_view kReportScript = R"js(
(() => {
  const box = document.getElementById('filter');
  const told = document.getElementById('found');
  const sections = [...document.querySelectorAll('section')].map(section => ({
    count: section.querySelector('.count'),
    rows: [...section.querySelectorAll('tbody tr')].map(row =>
      ({ row, text: row.textContent.toLocaleLowerCase() })) }));
  const apply = () => {
    const words = box.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { count, rows } of sections) {
      let shown = 0;
      for (const { row, text } of rows) {
        const hit = words.every(word => text.includes(word));
        row.hidden = !hit;
        if (hit) ++shown;
      }
      found += shown;
      if (count) count.textContent = words.length ? `${shown} of ${count.dataset.all}`
                                                  : count.dataset.all;
    }
    told.textContent = words.length ? `${found} lines` : '';
  };
  document.querySelector('.search').hidden = false;
  box.addEventListener('input', apply);
  if (location.hash.startsWith('#q=')) {
    box.value = decodeURIComponent(location.hash.slice(3));
    apply();
  }
})();
)js";

}  // namespace rolecall

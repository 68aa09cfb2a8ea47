/** Colours hold 4.5:1 of contrast on both grounds. */
export const style = `
:root { --ground: #fff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --raised: #f6f8fa;
  --block: #b3261e; --acknowledge: #8a5a00; --allow: #1a6e2e; --quiet: #57606a; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --text: #e6edf3; --soft: #9aa4af; --line: #30363d;
  --raised: #161b22; --block: #ff8a80; --acknowledge: #e3b341; --allow: #56d364; --quiet: #9aa4af; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 1rem; align-items: baseline; justify-content: space-between; }
h1 { font-size: 1.2rem; margin: 0; } h2 { font-size: 1.4rem; margin: 1.5rem 0 .25rem; overflow-wrap: anywhere; }
input { font: inherit; padding: .25rem .5rem; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; }
article { border-top: 1px solid var(--line); margin-top: 1rem; }
.verdict { display: inline-block; font-size: .85rem; padding: .1rem .6rem; border-radius: 1rem; border: 1.5px solid; vertical-align: middle; }
.block .verdict { color: var(--block); } .acknowledge .verdict { color: var(--acknowledge); } .allow .verdict { color: var(--allow); }
details { border: 1px solid var(--line); border-radius: 8px; margin: .75rem 0; }
summary { cursor: pointer; padding: .5rem .75rem; font-weight: 600; background: var(--raised); border-radius: 8px; }
summary span { color: var(--soft); font-weight: 400; }
summary:focus-visible, input:focus-visible { outline: 2px solid var(--acknowledge); outline-offset: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem; border-top: 1px solid var(--line); overflow-wrap: break-word; min-width: 8.5rem; max-width: 26rem; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; }
svg { max-width: 100%; height: auto; min-width: 30rem; }
svg text { fill: var(--text); font: 14px system-ui, sans-serif; } svg .cluster { font-weight: 600; fill: var(--soft); }
svg rect { fill: var(--raised); stroke: var(--line); } svg .effect { font-size: 12px; fill: var(--soft); }
.restart rect, .reload rect { stroke: var(--acknowledge); stroke-width: 2; } .restart .effect, .reload .effect { fill: var(--acknowledge); }
.recreate rect, .remove rect { stroke: var(--block); stroke-width: 2; stroke-dasharray: 5 3; } .recreate .effect, .remove .effect { fill: var(--block); }
.start rect { stroke: var(--allow); stroke-width: 2; } .start .effect { fill: var(--allow); }
tr[hidden] { display: none; }
@media (max-width: 40rem) { body { padding: .5rem; } th, td { padding: .4rem .5rem; } }
@media print { header label { display: none; } details { break-inside: avoid; border: 0; } details:not([open]) > * { display: block; } .scroll { overflow: visible; } }
`;

/** Filters rows by a text; before it is printed, everything is opened. */
export const script = `
const filter = document.getElementById("filter");
const rows = [...document.querySelectorAll("tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
filter.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  for (const [row, text] of rows) row.hidden = !text.includes(wanted);
  if (wanted) for (const part of document.querySelectorAll("details")) part.open = true;
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== filter) { event.preventDefault(); filter.focus(); }
});
addEventListener("beforeprint", () => { for (const part of document.querySelectorAll("details")) part.open = true; });
`;

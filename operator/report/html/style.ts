/**
 * How the page looks, on a screen and on paper. Contrast of every pair of colours is 7:1 or more; no state is told by colour alone.
 * It holds no character that HTML or XML would take for markup.
 */
export const style = `
:root { color-scheme: light; --ink: #161616; --paper: #ffffff; --line: #6a6a6a; --deep: #00006d; --pale: #f2f2f8; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1rem 2rem 4rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, Segoe UI, Liberation Sans, Arial, sans-serif; }
h1, h2, h3 { line-height: 1.25; color: var(--deep); }
h2 { margin-top: 3rem; border-bottom: 2px solid var(--deep); }
a { color: var(--deep); }
a:focus-visible, .wide:focus-visible { outline: 3px solid var(--deep); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
.note { border-left: 4px solid var(--deep); padding-left: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; padding: 0.5rem 0; }
th, td { border: 1px solid var(--line); padding: 0.35rem 0.5rem; text-align: left; vertical-align: top;
  overflow-wrap: break-word; white-space: pre-line; }
td { min-width: 6rem; }
tbody th { min-width: 12rem; }
thead th { background: var(--pale); overflow-wrap: normal; }
.layers { table-layout: fixed; min-width: 60rem; }
.layers th:first-child { width: 9rem; min-width: 9rem; }
ul.plain { list-style: none; margin: 0; padding: 0; }
ul.plain li { margin: 0 0 0.35rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; }
dt { font-weight: bold; }
dd { margin: 0; overflow-wrap: anywhere; }
code { font-family: ui-monospace, Liberation Mono, monospace; font-size: 0.95em; overflow-wrap: anywhere; }
.state { font-weight: bold; }
.state-fail { color: #7a0000; }
.state-error { color: #5c3300; }
.state-excused { color: #4a0070; }
.state-pass { color: #0b4a14; }
.state-attested { color: #003a70; }
@media print {
  body { max-width: none; padding: 0; font-size: 9pt; }
  nav, .skip { display: none; }
  .wide { overflow: visible; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
}
`;

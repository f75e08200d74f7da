// The page's whole style sheet: system fonts, thin rules, aligned figures.
#pragma once

namespace mds {

inline constexpr const char* page_style = R"(
:root { color-scheme: light; --ink: #1d1d1f; --soft: #6b6b70; --rule: #e4e4e7; --accent: #1f6f9f; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 56px 24px 96px; color: var(--ink); background: #fff;
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
header { margin-bottom: 40px; }
h1 { margin: 0 0 6px; font-size: 30px; font-weight: 600; letter-spacing: -0.015em; }
h2 { margin: 0 0 20px; font-size: 17px; font-weight: 600; }
p { margin: 0 0 6px; }
section { margin-top: 44px; padding-top: 22px; border-top: 1px solid var(--rule); }
.wide { overflow-x: auto; margin: 0 0 14px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums lining-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: 10px; }
th { font-weight: 500; color: var(--soft); text-align: left; border-bottom: 1px solid var(--ink); }
th, td { padding: 6px 12px 6px 0; white-space: nowrap; vertical-align: baseline; }
td { border-bottom: 1px solid var(--rule); }
th.r, td.r { text-align: right; }
th:last-child, td:last-child { padding-right: 0; }
tr.literature td { color: var(--soft); font-style: italic; }
tr.front td { font-weight: 600; }
.note { color: var(--soft); font-size: 13px; }
figure { margin: 0 0 28px; }
figure > img { display: block; max-width: 100%; height: auto; }
.plot > img, .grid img { width: 100%; }
figcaption { margin-top: 6px; color: var(--soft); font-size: 13px; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 20px; }
.grid figure { margin: 0; }
.grid img { border: 1px solid var(--rule); border-radius: 4px; }
details { margin-bottom: 10px; }
summary { cursor: pointer; font-size: 13.5px; overflow-wrap: anywhere; }
pre { font-size: 12px; line-height: 1.45; overflow-x: auto; padding: 12px 14px;
  background: #fafafa; border: 1px solid var(--rule); border-radius: 4px; }
details td:last-child {
  white-space: normal; overflow-wrap: anywhere; font-size: 12px; color: var(--soft); }
@media print { body { padding: 0; } section { break-inside: avoid; } }
)";

}  // namespace mds

// Plots: every figure.plot holds its data as JSON and gets an SVG as wide as the figure, drawn anew when the width
// changes. Three kinds:
//   {kind: "xy", x, y, series: [{name, candidate?, colour?, line?, whiskers?, dashed?, bare?, named?, points: [[x, y, low, high, n]]}]}
//   {kind: "bars", x, rows: [{name, candidate?, parts: [[path, kind, value, low, high, n]]}]}
//   {kind: "heat", x, y, columns: [name], rows: [{name, cells: [[ms, low, high, n, mark] or null]}]}
// `colour` is an index into the palette of page.css, absent for grey; `named` lists points with a label; a `bare` line
// has no dots. A figure with data-of shows that figure's plot, where only the candidate data-only is coloured.
"use strict";

const svgSpace = "http://www.w3.org/2000/svg";

function svgElement(parent, name, attributes = {}, text = "") {
  const element = document.createElementNS(svgSpace, name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return parent.appendChild(element);
}

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

function shownNumber(value) {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(size >= 1 || size === 0 ? Number(value.toFixed(size >= 100 ? 1 : 2)) : Number(value.toPrecision(3)));
}

function shownMeasure(value, low, high, n) {
  const interval = known(low) && known(high) ? ` [${shownNumber(low)}, ${shownNumber(high)}]` : "";
  return shownNumber(value) + interval + (known(n) && n > 1 ? `, n = ${n.toLocaleString("en-US")}` : "");
}

// A scale maps [low, high] to pixels and gives round values in between.
function makeScale(low, high, from, to, logarithmic) {
  const bend = logarithmic ? Math.log10 : (v) => v;
  const span = bend(high) - bend(low) || 1;
  const at = (v) => from + ((bend(v) - bend(low)) / span) * (to - from);
  return { at, ticks: logarithmic ? logTicks(low, high) : linearTicks(low, high, Math.abs(to - from)) };
}

function linearTicks(low, high, pixels) {
  const rough = (high - low || 1) / Math.max(2, Math.min(7, pixels / 45));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

function logTicks(low, high) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; ++power)
    for (const m of [1, 2, 5]) if (m * 10 ** power >= low && m * 10 ** power <= high) ticks.push(Number((m * 10 ** power).toPrecision(12)));
  return ticks;
}

function domainOf(values, padding) {
  const low = Math.min(...values), high = Math.max(...values);
  const room = (high - low || Math.abs(high) || 1) * padding;
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

// Places the label at the first position beside its point that overlaps no label, point or border; else omits it.
function placeLabel(svg, text, x, y, taken, box) {
  const label = svgElement(svg, "text", { class: "name" }, text);
  const { width, height } = label.getBBox();
  const places = [[9, 4], [-width - 9, 4], [-width / 2, -9], [-width / 2, height + 6], [9, -8], [9, 16], [-width - 9, -8], [-width - 9, 16]];
  for (const [dx, dy] of places) {
    const spot = { x: x + dx - 2, y: y + dy - height + 2, width: width + 4, height: height + 1 };
    const inside = spot.x >= box.left && spot.x + spot.width <= box.right && spot.y >= box.top && spot.y + spot.height <= box.bottom;
    if (!inside || taken.some((other) => overlap(other, spot))) continue;
    label.setAttribute("x", x + dx);
    label.setAttribute("y", y + dy);
    taken.push(spot);
    return;
  }
  label.remove();
}

function drawAxes(svg, plot, box, x, y) {
  for (const tick of y.ticks) {
    svgElement(svg, "line", { class: "rule", x1: box.left, x2: box.right, y1: y.at(tick), y2: y.at(tick) });
    svgElement(svg, "text", { x: box.left - 7, y: y.at(tick) + 4, "text-anchor": "end" }, shownNumber(tick));
  }
  for (const tick of x.ticks)
    svgElement(svg, "text", { x: x.at(tick), y: box.bottom + 18, "text-anchor": "middle" }, shownNumber(tick));
  svgElement(svg, "text", { x: 0, y: 11 }, plot.y);
  svgElement(svg, "text", { x: box.right, y: box.bottom + 36, "text-anchor": "end" }, plot.x);
}

function seriesGroup(svg, series) {
  const classes = ["series", series.colour === undefined ? "quiet" : "", series.dashed ? "dashed" : ""];
  const style = series.colour === undefined ? undefined : `--k: var(--c${series.colour})`;
  return svgElement(svg, "g", { class: classes.join(" ").trim(), style, "data-c": series.candidate });
}

function drawSeries(svg, plot, series, x, y) {
  const group = seriesGroup(svg, series);
  const points = series.points.map(([px, py, low, high, n]) => ({ at: [x.at(px), y.at(py)], px, py, low, high, n }));
  const banded = points.filter((p) => known(p.low) && known(p.high));
  if (series.line && banded.length > 1) {
    const edge = (list, key) => list.map((p) => `${p.at[0]},${y.at(p[key])}`).join("L");
    svgElement(group, "path", { class: "band", d: `M${edge(banded, "high")}L${edge([...banded].reverse(), "low")}Z` });
  }
  if (series.line) svgElement(group, "path", { d: "M" + points.map((p) => p.at.join()).join("L") });
  for (const p of series.bare ? [] : points) {
    const [cx, cy] = p.at;
    if (series.whiskers && known(p.low) && known(p.high))
      svgElement(group, "line", { class: "whisker", x1: cx, x2: cx, y1: y.at(p.low), y2: y.at(p.high) });
    const tip = `${series.name}\n${plot.y}: ${shownMeasure(p.py, p.low, p.high, p.n)}\n${plot.x}: ${shownNumber(p.px)}`;
    if (points.length <= 30) svgElement(group, "circle", { cx, cy, r: series.line ? 2.6 : 4.5 });
    const target = series.line || !series.candidate ? group : svgElement(group, "a", { href: `#${series.candidate}`, "aria-label": tip });
    svgElement(target, "circle", { class: "hit", cx, cy, r: 9, "data-tip": tip });
  }
  return points;
}

function drawXy(svg, plot, width) {
  const height = Math.max(230, Math.min(330, width * 0.56));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const all = plot.series.flatMap((s) => s.points.map((p) => [...p, s]));
  const ys = all.flatMap(([, v, low, high, , s]) => (s.whiskers ? [v, low, high] : [v])).filter(known);
  const xs = all.map((p) => p[0]);
  const logarithmic = Math.min(...ys) > 0 && Math.max(...ys) > 20 * Math.min(...ys);
  const [yLow, yHigh] = logarithmic ? [Math.min(...ys) / 1.2, Math.max(...ys) * 1.2] : domainOf(ys, 0.08);
  const [xLow, xHigh] = domainOf(plot.fromZero ? [0, ...xs] : xs, plot.fromZero ? 0.01 : 0.08);
  const box = { left: 48, right: width - 12, top: 24, bottom: height - 46 };
  const x = makeScale(xLow, xHigh, box.left, box.right, false);
  const y = makeScale(yLow, yHigh, box.bottom, box.top, logarithmic);
  drawAxes(svg, logarithmic ? { ...plot, y: `${plot.y}, logarithmic` } : plot, box, x, y);
  const clip = svgElement(svgElement(svg, "clipPath", { id: `clip${svg.dataset.number}` }), "rect", { x: box.left - 6, y: box.top - 6, width: box.right - box.left + 12, height: box.bottom - box.top + 12 });
  const layer = svgElement(svg, "g", { "clip-path": `url(#${clip.parentNode.id})` });
  const quietFirst = [...plot.series].sort((a, b) => (b.colour ?? 99) - (a.colour ?? 99));
  const drawn = quietFirst.map((series) => [series, drawSeries(layer, plot, series, x, y)]);
  const taken = drawn.filter(([s]) => !s.line).flatMap(([, points]) => points.map((p) => ({ x: p.at[0] - 5, y: p.at[1] - 5, width: 10, height: 10 })));
  for (const [series, points] of drawn.reverse())
    for (const at of series.named ?? []) placeLabel(svg, series.name, ...points[at].at, taken, { ...box, top: 14 });
}

// One row per network, with one part per block in plan order, coloured by kind.
function drawBars(svg, plot, width, kinds) {
  const row = 30, top = 6, left = 0;
  const height = top + plot.rows.length * (row + 8) + 40;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const total = (r) => r.parts.reduce((sum, part) => sum + (part[2] ?? 0), 0);
  const x = makeScale(0, Math.max(...plot.rows.map(total)), left, width - 1, false);
  for (const tick of x.ticks) {
    svgElement(svg, "line", { class: "rule", x1: x.at(tick), x2: x.at(tick), y1: top, y2: height - 36 });
    const anchor = tick === 0 ? "start" : x.at(tick) > width - 24 ? "end" : "middle";
    svgElement(svg, "text", { x: x.at(tick), y: height - 20, "text-anchor": anchor }, shownNumber(tick));
  }
  svgElement(svg, "text", { x: width, y: height - 3, "text-anchor": "end" }, plot.x);
  plot.rows.forEach((r, index) => {
    const y = top + index * (row + 8);
    const link = r.candidate ? svgElement(svg, "a", { href: `#${r.candidate}`, "data-c": r.candidate }) : svg;
    svgElement(link, "text", { class: "name", x: 2, y: y + 11 }, `${r.name}, ${shownNumber(total(r))} ms`);
    let from = 0;
    for (const [path, kind, value, low, high, n] of r.parts) {
      if (!known(value)) continue;
      const tip = `${r.name}\n${path} (${kind})\n${shownMeasure(value, low, high, n)} ms, ${(100 * value / total(r)).toFixed(1)} % of the sum`;
      svgElement(svg, "rect", { class: "part", x: x.at(from), y: y + 15, width: Math.max(0.5, x.at(from + value) - x.at(from)), height: row - 14, style: `fill: var(--c${kinds.indexOf(kind) % 8})`, "data-c": r.candidate, "data-tip": tip });
      from += value;
    }
  });
}

// A cell is coloured by the logarithm of its value. Names of columns that are wider than a cell stand upright.
function drawHeat(svg, plot, width) {
  const letters = (names) => Math.max(...names.map((name) => name.length)) * 6.6;
  const left = Math.min(letters([plot.y, ...plot.rows.map((r) => r.name)]) + 12, width * 0.45);
  const cell = Math.min(110, (width - left) / plot.columns.length), height = 26;
  const upright = letters(plot.columns) + 8 > cell;
  const top = (upright ? letters(plot.columns) : 14) + 26;
  svg.setAttribute("viewBox", `0 0 ${width} ${top + plot.rows.length * height + 4}`);
  const values = plot.rows.flatMap((r) => r.cells).filter(Boolean).map((c) => Math.log(c[0]));
  const low = Math.min(...values), span = Math.max(...values) - low || 1;
  svgElement(svg, "text", { x: 0, y: 11 }, `${plot.y} by ${plot.x}`);
  plot.columns.forEach((name, index) => {
    const x = left + (index + 0.5) * cell, y = top - 7;
    const turned = upright ? { transform: `rotate(-90 ${x + 4} ${y})`, x: x + 4 } : { x, "text-anchor": "middle" };
    svgElement(svg, "text", { y, ...turned }, name);
  });
  plot.rows.forEach((r, index) => {
    const y = top + index * height;
    const label = svgElement(svg, "text", { class: "name", x: 0, y: y + 17 }, r.name);
    for (let end = r.name.length - 1; end > 3 && label.getBBox().width > left - 8; --end) label.textContent = `${r.name.slice(0, end)}…`;
    r.cells.forEach((c, column) => {
      if (!c) return;
      const [ms, from, to, n, mark] = c, x = left + column * cell;
      const heat = 8 + (84 * (Math.log(ms) - low)) / span;
      const tip = `${r.name}\n${plot.x} ${plot.columns[column]}\n${shownMeasure(ms, from, to, n)} ms, ${mark}`;
      svgElement(svg, "rect", { class: "part", x, y, width: cell, height, style: `fill: color-mix(in oklab, var(--accent) ${heat}%, var(--paper))`, "data-tip": tip });
      if (cell >= 34) svgElement(svg, "text", { class: "cell", x: x + cell / 2, y: y + 17, "text-anchor": "middle", style: `fill: var(${heat > 50 ? "--paper" : "--ink"})` }, shownNumber(ms));
    });
  });
}

const drawings = { xy: drawXy, bars: drawBars, heat: drawHeat };

function addLegend(figure, entries) {
  const list = figure.appendChild(document.createElement("ul"));
  list.className = "legend";
  for (const { name, colour, candidate } of entries) {
    const item = list.appendChild(document.createElement("li"));
    if (candidate) item.dataset.c = candidate;
    const dot = item.appendChild(document.createElement("i"));
    dot.className = "dot";
    if (colour !== undefined) dot.style.setProperty("--k", `var(--c${colour})`);
    const text = item.appendChild(document.createElement(candidate ? "a" : "span"));
    if (candidate) text.href = `#${candidate}`;
    text.textContent = name;
  }
}

function plotOf(figure) {
  const { of, only } = figure.dataset;
  const plot = JSON.parse((of ? document.getElementById(of) : figure).querySelector("script").textContent);
  const marked = (series) => ({ ...series, colour: series.candidate === only ? (series.colour ?? 0) : undefined });
  return only ? { ...plot, series: plot.series.map(marked) } : plot;
}

function addPlot(figure, number) {
  const plot = plotOf(figure);
  const svg = svgElement(figure, "svg", { role: "group", "aria-label": figure.querySelector("figcaption").textContent });
  svg.dataset.number = number;
  const kinds = plot.kind === "bars" ? [...new Set(plot.rows.flatMap((r) => r.parts.map((p) => p[1])))] : [];
  if (plot.kind === "bars") addLegend(figure, kinds.map((name, index) => ({ name, colour: index % 8 })));
  else if (plot.kind === "xy" && !figure.dataset.only) addLegend(figure, plot.series);
  let drawn = 0;
  const draw = () => {
    const width = Math.round(figure.clientWidth);
    if (!width || width === drawn) return;
    drawn = width;
    svg.replaceChildren();
    drawings[plot.kind](svg, plot, width, kinds);
  };
  new ResizeObserver(draw).observe(figure);
  draw();
}

document.querySelectorAll("figure.plot").forEach(addPlot);

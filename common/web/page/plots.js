// How each kind of chart is drawn. Colours are the page's; a plot is made anew when it is told of other figures.

/* global uPlot */
import { bps, brief, el, share } from "./words.js";

const HEIGHT = 190;
const plots = new Map();
const watch = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const plot = plots.get(target);
    if (plot && target.clientWidth > 0) plot.setSize({ width: target.clientWidth, height: HEIGHT });
  }
});

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const faint = (name) => `${colour(name)}55`;

export function drop(place) {
  plots.get(place)?.destroy();
  plots.delete(place);
  watch.unobserve(place);
}

function put(place, options, data) {
  drop(place);
  place.replaceChildren();
  plots.set(place, new uPlot({ width: place.clientWidth || 300, height: HEIGHT, ...options }, data, place));
  watch.observe(place);
}

function axes(format, xs = {}) {
  const stroke = colour("--quiet");
  const grid = { stroke: colour("--line"), width: 1 };
  const common = { stroke, grid, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  return [{ ...common, space: 60, size: 26, ...xs }, { ...common, size: 64, values: (_, splits) => splits.map(format) }];
}

// Hours and days in UTC, as everything else on the page.
const stamps = { values: (plot, splits) => splits.map((at) => (plot.scales.x.max - plot.scales.x.min > 172800 ? new Date(at * 1000).toISOString().slice(5, 10) : new Date(at * 1000).toISOString().slice(11, 16))) };
const stamp = (_, at) => (at === null || at === undefined ? "" : new Date(at * 1000).toISOString().slice(5, 19).replace("T", " "));

const told = (format) => (_, value) => (value === null || value === undefined ? "–" : format(value));

const over = (from, to) => ({ x: { time: true, range: [from, to] } });

export function drawTime(place, data, { from, to, format, label, colour: name, fill, zero, steps, most }) {
  const range = (_, low, high) => {
    const bottom = zero || fill ? Math.min(0, low) : low;
    const top = zero ? Math.max(0, high) : Math.max(high, most || -Infinity);
    const pad = (top - bottom || Math.abs(top) || 1) * 0.06;
    return [fill ? bottom : bottom - pad, top + pad];
  };
  put(place, {
    scales: { ...over(from, to), y: { range } },
    axes: axes(format, stamps),
    series: [{ label: "UTC", value: stamp }, { label, value: told(format), stroke: colour(name), width: 1.5, fill: fill ? faint(name) : undefined, points: { show: false }, paths: steps ? uPlot.paths.stepped({ align: 1 }) : undefined }],
  }, data);
}

export function drawSpread(place, own, { from, to, format }) {
  const [times, columns] = joined(own);
  const dots = (stroke, solid) => ({ stroke, paths: () => null, points: { show: true, size: 8, width: 2, stroke, fill: solid ? stroke : colour("--panel") } });
  const edge = (label, name) => ({ label, stroke: colour(name), width: 1, value: told(format), spanGaps: true, points: { show: false } });
  put(place, {
    scales: over(from, to),
    axes: axes(format, stamps),
    series: [
      { label: "UTC", value: stamp },
      edge("low", "--quiet"),
      edge("high", "--quiet"),
      { label: "+1 open", value: told(format), ...dots(colour("--blue"), true) },
      { label: "+1 close", value: told(format), ...dots(colour("--blue"), false) },
      { label: "−1 open", value: told(format), ...dots(colour("--orange"), true) },
      { label: "−1 close", value: told(format), ...dots(colour("--orange"), false) },
    ],
    bands: [{ series: [2, 1], fill: faint("--quiet") }],
  }, [times, ...columns]);
}

// Band and marks on one line of times: a value where there is one, null elsewhere.
function joined(own) {
  const rows = new Map();
  const row = (t) => rows.get(t) || rows.set(t, [null, null, null, null, null, null]).get(t);
  own.t.forEach((t, index) => {
    row(t)[0] = own.low[index];
    row(t)[1] = own.high[index];
  });
  for (const mark of own.marks) row(mark.t)[(mark.way > 0 ? 2 : 4) + (mark.open ? 0 : 1)] = mark.bps;
  const times = [...rows.keys()].sort((one, other) => one - other);
  return [times, [0, 1, 2, 3, 4, 5].map((index) => times.map((t) => rows.get(t)[index]))];
}

export function drawEdge(place, edge) {
  const begins = edge.from;
  const middles = begins.map((low) => low + edge.width / 2);
  const none = begins.map(() => null);
  const bars = (label, name) => ({ label, stroke: colour(name), fill: faint(name), width: 1, value: told(share), points: { show: false }, paths: uPlot.paths.bars({ size: [0.95, 40] }) });
  const shifted = (by) => middles.map((x) => x + by * edge.width * 0.3);
  const [times, columns] = mixed([[shifted(-1), edge.seen], [middles, edge.expected], [shifted(1), edge.captured]].map(([xs, ys]) => [xs, ys.length ? ys : none]));
  put(place, {
    scales: { x: { time: false, range: [begins[0], begins[begins.length - 1] + edge.width] }, y: { range: (_, __, high) => [0, high * 1.06] } },
    axes: axes(share, { values: (_, splits) => splits.map((x) => `${bps(x).replace(".0", "")} bp`) }),
    series: [{ label: "bp", value: (_, x) => (x === null || x === undefined ? "" : bps(Math.floor(x / edge.width) * edge.width)) }, bars("seen", "--quiet"), bars("expected", "--blue"), bars("captured", "--good")],
  }, [times, ...columns]);
}

export function drawNaked(place, naked) {
  const middles = naked.t.map((t) => t + naked.width / 2);
  const from = naked.t[0];
  const bars = (label, name) => ({ label, stroke: colour(name), fill: faint(name), width: 1, value: told(brief), points: { show: false }, paths: uPlot.paths.bars({ size: [0.9, 30] }) });
  const [times, columns] = mixed([[middles.map((t) => t - naked.width * 0.2), naked.s.dydx], [middles.map((t) => t + naked.width * 0.2), naked.s.apex]]);
  put(place, {
    scales: { ...over(from, from + naked.width * naked.t.length), y: { range: (_, __, high) => [0, (high || 1) * 1.06] } },
    axes: axes(brief, stamps),
    series: [{ label: "UTC", value: stamp }, bars("dYdX missing", "--violet"), bars("ApeX missing", "--orange")],
  }, [times, ...columns]);
}

// Several rows of bars beside each other: each has its own places, and nothing at the others'.
function mixed(rows) {
  const places = rows.flatMap(([xs, ys], row) => xs.map((x, index) => [x, row, ys[index]])).sort((one, other) => one[0] - other[0]);
  return [places.map(([x]) => x), rows.map((_, row) => places.map(([, of, value]) => (of === row ? value : null)))];
}

export function drawBars(place, rows) {
  const most = Math.max(...rows.map(([, , value]) => value)) || 1;
  place.replaceChildren(...rows.map(([name, means, value, text]) => {
    const bar = el("progress");
    bar.max = most;
    bar.value = value;
    bar.setAttribute("aria-label", name);
    return el("div", "bar", el("span", "name", name, el("span", "quiet", means)), el("span", "", text), bar);
  }));
}

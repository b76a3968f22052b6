// How figures are written. Nothing known is shown as a dash, never as zero.

export const NOTHING = "–";
const MINUS = "−";

const sign = (text) => text.replace("-", MINUS);

export const usd = (uusd, places = 2) =>
  uusd === null || uusd === undefined ? NOTHING : sign((uusd / 1e6).toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places }));

export const gain = (uusd, places = 3) =>
  uusd === null || uusd === undefined ? NOTHING : (uusd > 0 ? "+" : "") + usd(uusd, places);

export const bps = (value) => (value === null || value === undefined ? NOTHING : sign((value > 0 ? "+" : "") + value.toFixed(1)));

export const share = (value) => (value === null || value === undefined ? NOTHING : `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`);

export const times = (value) => (value === null || value === undefined ? NOTHING : `${value.toFixed(2)} ×`);

export const tone = (value) => (value > 0 ? "good" : value < 0 ? "bad" : "");

export function age(ms) {
  if (ms === null || ms === undefined) return NOTHING;
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return s < 172800 ? `${(s / 3600).toFixed(1)} h` : `${Math.round(s / 86400)} d`;
}

// Short times, in seconds.
export const brief = (s) => (s < 1 ? `${Math.round(s * 1000)} ms` : `${s.toFixed(s < 10 ? 1 : 0)} s`);

export const clock = (ms) => new Date(ms).toISOString().slice(11, 19);

export const moment = (ms) => new Date(ms).toISOString().slice(5, 19).replace("T", " ");

export const way = (direction) => (direction > 0 ? "+1" : MINUS + "1");

export const VENUES = { dydx: "dYdX", apex: "ApeX" };

// An element with text and children; text is never taken for HTML.
export function el(name, classes = "", ...inside) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.append(...inside.filter((one) => one !== null && one !== undefined));
  return made;
}

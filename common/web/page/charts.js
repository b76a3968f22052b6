// The charts: one question for all of them, asked again now and then while somebody looks at the page.

import { drawBars, drawEdge, drawNaked, drawSpread, drawTime, drop } from "./plots.js";
import { age, bps, brief, el, gain, moment, share, usd } from "./words.js";

const EVERY_MS = 15000;
const figures = new Map([...document.querySelectorAll("figure")].map((one) => [one.dataset.chart, one]));
const note = document.getElementById("charts-note");
const select = document.getElementById("spread-market");
let period = localStorage.getItem("period") || "1h";
let told = null;
let timer = 0;
let chosen = false;

export function listenCharts(periods, markets) {
  if (!periods.includes(period)) period = periods[0];
  document.getElementById("periods").replaceChildren(...periods.map(choice));
  if (select.options.length !== markets.length) select.replaceChildren(...markets.map((name) => new Option(name, name)));
  select.onchange = () => {
    chosen = true;
    if (told) spread();
  };
  document.onvisibilitychange = () => document.hidden || read();
  read();
}

function choice(name) {
  const button = el("button", "plain", name);
  button.type = "button";
  button.setAttribute("aria-pressed", String(name === period));
  button.addEventListener("click", () => {
    period = name;
    localStorage.setItem("period", name);
    for (const one of button.parentElement.children) one.setAttribute("aria-pressed", String(one === button));
    read();
  });
  return button;
}

async function read() {
  clearTimeout(timer);
  const asked = period;
  note.textContent = told === null ? "reading" : "";
  try {
    const answer = await fetch(`/api/history?period=${asked}`);
    const said = await answer.json();
    if (asked !== period) return;
    document.querySelector("#charts .grid").hidden = !answer.ok && told === null;
    if (answer.ok) {
      told = said;
      draw();
    }
    note.textContent = answer.ok ? since(said) : said.error;
  } catch {
    note.textContent = "no answer";
  }
  if (!document.hidden) timer = setTimeout(read, EVERY_MS);
}

const since = (said) => (said.deals_from === null ? "" : `deals since ${moment(said.deals_from * 1000)} UTC: the newest ones, there were too many`);

export function refreshCharts() {
  if (told !== null) draw();
}

function draw() {
  const { from, to } = told;
  time("equity", told.equity, { label: "equity", format: (value) => `$${usd(value)}`, colour: "--blue" });
  time("pnl", told.pnl, { label: "pnl", format: (value) => gain(value), colour: "--good", zero: true });
  time("funding", told.funding, { label: "funding", format: (value) => gain(value, 4), colour: "--violet", zero: true, steps: true });
  time("cap", told.cap, { label: "used", format: share, colour: "--orange", fill: true, most: 1 });
  spread();
  const looks = told.edge.looks;
  caption("edge", looks || told.edge.deals ? `${looks} looks, ${told.edge.deals} deals; bars of ${told.edge.width} bp` : "");
  put("edge", told.edge.from.length, (place) => drawEdge(place, told.edge));
  const longest = Math.max(...Object.values(told.naked.longest));
  caption("naked", longest ? `longest ${brief(longest)}` : "");
  put("naked", Object.values(told.naked.s).some((own) => own.some(Boolean)), (place) => drawNaked(place, told.naked), "never in this period");
  put("refused", told.refused.length, (place) => drawBars(place, told.refused.map((one) => [one.reason, one.means, one.times, `${one.times} × · ${gain(one.edge_uusd)} USD`])), "none in this period");
  const said = told.said.filter((one) => one.s >= 1).slice(0, 7);
  put("said", said.length, (place) => drawBars(place, said.map((one) => [one.word, one.means, one.s, age(one.s * 1000)])));

  function time(name, data, how) {
    put(name, data[0].length > 1, (place) => drawTime(place, data, { from, to, ...how }));
  }
}

function spread() {
  const busiest = Object.entries(told.spread).sort(([, one], [, other]) => other.marks.length - one.marks.length)[0];
  if (!chosen && busiest && busiest[1].marks.length) select.value = busiest[0];
  const market = select.value;
  const own = told.spread[market];
  put("spread", own && own.t.length > 1, (place) => drawSpread(place, own, { from: told.from, to: told.to, format: bps }));
}

function put(name, something, make, nothing = "nothing recorded in this period yet") {
  const place = figures.get(name).lastElementChild;
  if (something) {
    if (place.classList.contains("none")) place.replaceChildren();
    place.classList.remove("none");
    make(place);
  } else {
    drop(place);
    place.classList.add("none");
    place.replaceChildren(el("p", "quiet", nothing));
  }
}

function caption(name, text) {
  figures.get(name).querySelector("figcaption .quiet").textContent = text;
}

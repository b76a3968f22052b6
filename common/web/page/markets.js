// One row a market. Rows are made once and filled again, so that nothing jumps under a finger.

import { NOTHING, age, bps, el, gain, tone } from "./words.js";
import { ask } from "./acts.js";

const body = document.querySelector("#markets tbody");
const rows = new Map();

export function drawMarkets(desk, role) {
  for (const one of desk.markets) {
    if (!rows.has(one.market)) rows.set(one.market, made(one.market));
    // without a ledger nothing was earned that is known
    if (desk.pnl === null) one.pnl.total_uusd = null;
    fill(rows.get(one.market), one, role === "operator" ? desk.halts.some((halt) => halt.market === one.market) : null);
  }
}

function made(market) {
  const row = el("tr");
  const names = ["Market", "Worker", "Says", "Edge +1", "Edge −1", "dYdX", "ApeX", "Entry", "Close now", "Pnl today", "Lag", ""];
  for (const name of names) {
    const cell = el("td");
    cell.dataset.name = name;
    row.append(cell);
  }
  const halt = el("button", "plain", "Halt");
  halt.type = "button";
  halt.addEventListener("click", () => ask(halt.textContent === "Halt" ? "halt" : "resume", market));
  row.lastChild.append(halt);
  row.dataset.market = market;
  body.append(row);
  return row;
}

// `own`: the market has a halt of its own, which can be lifted; null where nobody may act.
function fill(row, one, own) {
  const cells = row.children;
  set(cells[0], one.market + (one.halt ? ` ${one.halt}` : ""), one.halt ? "bad name" : "name");
  set(cells[1], one.state === "RUNNING" ? `up ${age(one.uptime_s * 1000)}` : one.state.toLowerCase(), one.state === "RUNNING" ? "" : "bad");
  cells[1].title = `pid ${one.pid}; heard ${age(one.heard_ms)} ago`;
  set(cells[2], says(one), one.trouble ? "bad" : "");
  cells[2].title = one.refused === null ? "" : `last refused ${age(one.refused.ms)} ago: ${one.refused.reason}, edge ${gain(one.refused.edge_uusd)} USD`;
  edge(cells[3], one.seen, "+1");
  edge(cells[4], one.seen, "-1");
  position(cells[5], one.sides, "dydx");
  position(cells[6], one.sides, "apex");
  set(cells[7], gain(one.entry_uusd), "");
  set(cells[8], gain(one.close_uusd), tone(one.close_uusd));
  set(cells[9], gain(one.pnl.total_uusd), tone(one.pnl.total_uusd));
  set(cells[10], one.seen === null ? NOTHING : ["dydx", "apex"].map((venue) => one.seen.lag_ms[venue] ?? NOTHING).join(" / ") + " ms", "");
  const button = cells[11].firstChild;
  button.hidden = own === null;
  button.textContent = own ? "Resume" : "Halt";
}

function says(one) {
  if (one.trouble) return one.trouble;
  return one.says ? `${one.says} · ${age(one.decided_ms)}` : NOTHING;
}

function edge(cell, seen, sign) {
  const found = seen && seen.edges[sign];
  set(cell, found ? bps(found.mean) : NOTHING, found && found.best >= seen.least_bps ? "good" : "");
  cell.title = found ? `best ${bps(found.best)}, needed ${bps(seen.least_bps)} bp` : "";
}

function position(cell, sides, venue) {
  const side = sides.find((one) => one.venue === venue);
  set(cell, side && side.ledger !== "0" ? side.ledger.replace("-", "−") : NOTHING, side && !side.agrees ? "bad" : "");
  cell.title = side && !side.agrees ? `the venue says ${side.venue_size}` : "";
}

function set(cell, text, classes) {
  if (cell.textContent !== text) cell.textContent = text;
  if (cell.className !== classes) cell.className = classes;
}

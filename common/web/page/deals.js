// The newest deals, and one deal's story.

import { NOTHING, VENUES, age, el, gain, moment, tone, way } from "./words.js";

const body = document.querySelector("#deals tbody");
const dialog = document.getElementById("story");
const SHOWN = 12;
let known = "";

export function listenDeals() {
  document.getElementById("story-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

// Asked for again when a live deal has changed, or there are others than before.
export async function drawDeals(desk) {
  const live = desk.markets.flatMap((one) => one.deals);
  const now = JSON.stringify([live.map((one) => [one.deal_id, one.state]), desk.pnl && desk.pnl.closed]);
  if (now === known) return;
  known = now;
  document.getElementById("deals-note").textContent = `${live.length} live`;
  try {
    const answer = await fetch("/api/deals");
    const rows = answer.ok ? await answer.json() : [];
    body.replaceChildren(...rows.slice(0, SHOWN).map(line));
    if (!rows.length) body.replaceChildren(none());
  } catch {
    known = "";
  }
}

function line(deal) {
  const name = el("button", "link", deal.deal_id);
  name.type = "button";
  name.addEventListener("click", () => openStory(deal.deal_id));
  const row = el("tr", "", ...[
    ["Deal", name], ["Way", way(deal.direction)], ["State", el("span", `state ${deal.state}`, deal.state)], ["Size", `${deal.size} ${deal.market}`],
    ["Opened", moment(deal.opened_ms)], ["Expected", gain(deal.expected_uusd)],
    ["Earned", deal.state === "CLOSED" ? el("span", tone(deal.pnl_uusd), gain(deal.pnl_uusd)) : NOTHING], ["Fees", gain(-deal.fees_uusd)],
  ].map(([name, inside]) => cell(name, inside)));
  row.dataset.deal = deal.deal_id;
  row.dataset.state = deal.state;
  return row;
}

function none() {
  const made = el("td", "quiet", "no deal yet");
  made.colSpan = 8;
  return el("tr", "none", made);
}

function cell(name, inside) {
  const made = el("td", "", inside);
  made.dataset.name = name;
  return made;
}

export async function openStory(name) {
  const answer = await fetch(`/api/deals/${encodeURIComponent(name)}`);
  const told = await answer.json();
  document.getElementById("story-title").textContent = name;
  document.getElementById("story-facts").textContent = answer.ok ? facts(told) : told.error;
  document.getElementById("story-rows").replaceChildren(...(answer.ok ? told.happened.map(happened) : []));
  if (!dialog.open) dialog.showModal();
}

function facts(told) {
  const earned = told.state === "CLOSED" ? `, earned ${gain(told.pnl_uusd, 4)} USD` : "";
  return `${told.market} ${way(told.direction)}, ${told.size}, ${told.state}: expected ${gain(told.expected_uusd, 4)} USD${earned}, fees ${gain(-told.fees_uusd, 4)} USD, ${age(told.changed_ms - told.opened_ms)} from its reservation to its last change`;
}

function happened(one) {
  const when = el("time", "quiet", one.since_ms < 60000 ? `+${one.since_ms.toFixed(1)} ms` : `+${age(one.since_ms)}`);
  when.title = new Date(one.at_ms).toISOString();
  return el("li", one.what, when, el("span", "what", one.what), el("span", "", VENUES[one.venue] || ""), el("span", "why", one.text, one.ids ? el("small", "quiet", one.ids) : null));
}

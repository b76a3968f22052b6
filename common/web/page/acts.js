// What an operator may do, each time asked first. The server checks who, where and why again.

import { gain } from "./words.js";

const at = (id) => document.getElementById(id);
const dialog = at("confirm");
let page = null;
let act = "";

const ACTS = {
  halt: ["Halt", () => "No new deals. Closing at the target and evening out go on."],
  reduce: ["Reduce", () => "No new deals, and what is open is closed at any acceptable edge, the cheapest first."],
  flatten: ["Flatten", (open) => `No new deals, and everything that is open is closed now, both legs together, at the market. ${open}`],
  resume: ["Resume", () => "Lifts exactly this halt; another one that binds the market stays."],
};

export function setRole(role, markets) {
  at("role").textContent = role;
  at("acts").hidden = role !== "operator";
  at("confirm-market").replaceChildren(new Option("every market", "*"), ...markets.map((name) => new Option(name, name)));
}

export function listenActs(state) {
  page = state;
  for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", () => ask(button.dataset.act, "*"));
  at("confirm-market").addEventListener("change", explain);
  at("confirm-no").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    carryOut();
  });
}

export function ask(name, market) {
  act = name;
  at("confirm-market").value = market;
  at("confirm-why").value = "";
  at("confirm-error").textContent = "";
  at("confirm-yes").className = name === "resume" ? "primary" : "danger";
  explain();
  dialog.showModal();
  at("confirm-why").focus();
}

function explain() {
  const market = at("confirm-market").value;
  const where = market === "*" ? "every market" : market;
  const [title, text] = ACTS[act];
  at("confirm-title").textContent = `${title} ${where}?`;
  at("confirm-text").textContent = text(openNow(market));
  at("confirm-yes").textContent = `${title} ${where}`;
}

function openNow(market) {
  const markets = page.desk === null ? [] : page.desk.markets.filter((one) => market === "*" || one.market === market);
  const deals = markets.flatMap((one) => one.deals);
  if (!deals.length) return "Nothing is open.";
  const known = deals.filter((one) => one.close_uusd !== null);
  const sum = known.reduce((total, one) => total + one.close_uusd, 0);
  const unknown = deals.length - known.length;
  const count = `${deals.length} ${deals.length === 1 ? "deal is" : "deals are"} open`;
  return `${count}; closed at the prices last written down, ${unknown ? `${known.length} of them` : deals.length === 1 ? "it" : "they"} would come to ${gain(sum)} USD.`;
}

async function carryOut() {
  const market = at("confirm-market").value;
  const why = at("confirm-why").value;
  const body = { market: market === "*" ? null : market, why, ...(act === "resume" ? {} : { level: act }) };
  at("confirm-yes").disabled = true;
  try {
    const answer = await fetch(act === "resume" ? "/api/resume" : "/api/halt", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Arb": "1" },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (answer.status === 401) location.replace("/login");
    if (!answer.ok) at("confirm-error").textContent = said.error;
    else if (!said.changed) at("confirm-error").textContent = act === "resume" ? "there is no halt of exactly this" : "a halt as strict is in force already";
    else dialog.close();
  } catch {
    at("confirm-error").textContent = "no answer: look in the journal whether it was done";
  } finally {
    at("confirm-yes").disabled = false;
  }
}

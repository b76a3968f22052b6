// The journal as it grows, the newest on top.

import { clock, el } from "./words.js";
import { openStory } from "./deals.js";

const ROWS_MAX = 200;
const list = document.getElementById("journal");

export function drawJournal(rows) {
  for (const row of rows) list.prepend(line(row));
  while (list.children.length > ROWS_MAX) list.lastChild.remove();
}

export function clearJournal() {
  list.replaceChildren();
}

function line(row) {
  const moved = row.to && row.to !== row.from ? ` ${row.from ? `${row.from} → ` : ""}${row.to}` : "";
  const made = el("li", loud(row.verb), el("time", "quiet", clock(row.at_ms)), subject(row), el("span", "verb", row.verb + moved), el("span", "why", row.why));
  return made;
}

function subject(row) {
  if (!row.deal_id) return el("span", "", row.market === "*" ? "all" : row.market || "");
  const button = el("button", "link", row.deal_id);
  button.type = "button";
  button.addEventListener("click", () => openStory(row.deal_id));
  return button;
}

const loud = (verb) => (["halt", "stuck"].includes(verb) ? "bad" : verb === "resume" ? "good" : "");

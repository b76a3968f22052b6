// The page: hears the stream and hands each look to those who draw it. Decides nothing that the server does not check.

import { drawDesk, drawLost } from "./top.js";
import { drawMarkets } from "./markets.js";
import { drawJournal, clearJournal } from "./journal.js";
import { listenDeals, drawDeals } from "./deals.js";
import { listenCharts, refreshCharts } from "./charts.js";
import { listenActs, setRole } from "./acts.js";

const SILENT_MS = 5000;
let heardAt = performance.now();

export const state = { role: "", markets: [], desk: null };

function listen() {
  const source = new EventSource("/api/stream");
  source.addEventListener("hello", (event) => {
    const said = JSON.parse(event.data);
    state.role = said.role;
    state.markets = said.markets;
    setRole(said.role, said.markets);
    listenCharts(said.periods, said.markets);
  });
  source.addEventListener("desk", (event) => {
    heardAt = performance.now();
    state.desk = JSON.parse(event.data);
    drawDesk(state.desk);
    drawMarkets(state.desk, state.role);
    drawDeals(state.desk);
  });
  source.addEventListener("journal", (event) => drawJournal(JSON.parse(event.data)));
  source.addEventListener("journal_anew", (event) => {
    clearJournal();
    drawJournal(JSON.parse(event.data));
  });
  source.addEventListener("error", () => {
    drawLost("no connection");
    // a stream that ended with its session is not begun again by asking for it again
    if (source.readyState === EventSource.CLOSED) setTimeout(again, 2000);
  });
}

// Logged out, too many pages, or the process is being started again: the answer to any question tells which.
async function again() {
  try {
    const answer = await fetch("/api/deals");
    if (answer.status === 401) {
      location.replace("/login");
      return;
    }
    clearJournal();
    listen();
  } catch {
    setTimeout(again, 2000);
  }
}

setInterval(() => {
  const silent = performance.now() - heardAt;
  if (silent > SILENT_MS) drawLost(`nothing heard for ${Math.round(silent / 1000)} s`);
}, 1000);

document.getElementById("logout").addEventListener("click", async () => {
  await fetch("/api/logout", { method: "POST", headers: { "X-Arb": "1" } });
  location.replace("/login");
});

listenActs(state);
listenDeals();
listen();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refreshCharts);

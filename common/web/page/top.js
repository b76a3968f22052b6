// The header, what is wrong, and the figures of the whole fleet.

import { NOTHING, VENUES, age, el, gain, share, times, tone, usd } from "./words.js";

const at = (id) => document.getElementById(id);

export function drawDesk(desk) {
  at("mode").textContent = desk.mode;
  at("mode").className = `chip ${desk.mode === "live" ? "warn" : ""}`;
  at("workers").textContent = desk.supervisord === null ? "fleet not running" : `${desk.running}/${desk.markets.length} workers`;
  at("workers").className = `chip ${desk.running === desk.markets.length ? "good" : "warn"}`;
  at("link").textContent = `${new Date(desk.at_ms).toISOString().slice(11, 19)} UTC`;
  at("link").className = "chip";
  at("notices").replaceChildren(...notices(desk));
  at("figures").replaceChildren(...figures(desk));
  const total = desk.pnl === null ? null : desk.pnl.total_uusd;
  document.title = `${desk.halts.length ? "halted · " : ""}${gain(total, 2)} · arb-fleet`;
}

export function drawLost(why) {
  at("link").textContent = why;
  at("link").className = "chip bad";
}

function notices(desk) {
  const found = desk.halts.map((halt) =>
    el("p", "notice bad", el("strong", "", `${halt.market === "*" ? "Every market" : halt.market}: ${halt.level}`), ` ${halt.why} `, el("span", "quiet", `by ${halt.who}, ${age(desk.at_ms - halt.at_ms)} ago`)));
  if (desk.trouble) found.push(el("p", "notice warn", el("strong", "", "Nothing of the ledger: "), desk.trouble));
  if (desk.doubts.length) found.push(el("p", "notice warn", `After a power cut ${desk.doubts.join(", ")} waits for what the venues know.`));
  for (const one of desk.programs.filter((one) => ["FATAL", "BACKOFF"].includes(one.state))) {
    found.push(el("p", "notice warn", el("strong", "", one.name), ` ${one.state}: its log says why`));
  }
  return found;
}

function figures(desk) {
  const level = desk.counts && desk.counts.level;
  const pnl = desk.pnl || {};
  return [
    tile("Equity", desk.equity_uusd === null ? NOTHING : `$${usd(desk.equity_uusd)}`, desk.venues.map((one) => `${VENUES[one.venue]} ${usd(one.equity_uusd)}`).join(" · ")),
    tile("Pnl today", gain(pnl.total_uusd), desk.pnl === null ? "" : `${pnl.closed} closed ${gain(pnl.realised_uusd)} · funding ${gain(pnl.funding_uusd)} · open ${gain(pnl.open_uusd)}`, tone(pnl.total_uusd)),
    bars("Leverage", desk.venues.map((one) => leverage(one, desk.cap))),
    bars("Use of the cap", desk.cap === null ? [] : [meter(share(desk.used), desk.used, `$${usd(desk.cap.held_uusd)} of ${desk.cap.cap_uusd === null ? "no cap" : "$" + usd(desk.cap.cap_uusd)}`)]),
    bars("Live deals", desk.counts === null ? [] : [
      meter(`+1  ${desk.counts.plus}/${level ?? NOTHING}`, level ? desk.counts.plus / level : 0, "sell ApeX, buy dYdX"),
      meter(`−1  ${desk.counts.minus}/${level ?? NOTHING}`, level ? desk.counts.minus / level : 0, "buy ApeX, sell dYdX"),
    ]),
  ];
}

function leverage(one, cap) {
  const most = cap && cap.leverage_max;
  const far = one.liquidation === null ? "" : `liquidation ${share(one.liquidation)} away`;
  return meter(`${VENUES[one.venue]} ${times(one.leverage)}`, most ? one.leverage / most : 0, far || (most ? `of ${times(most)}` : ""));
}

function tile(name, figure, more, mood = "") {
  return el("div", "panel tile", el("h3", "", name), el("p", `figure ${mood}`, figure), el("p", "quiet", more));
}

function bars(name, inside) {
  return el("div", "panel tile", el("h3", "", name), ...(inside.length ? inside : [el("p", "figure", NOTHING)]));
}

function meter(text, part, more) {
  const bar = el("progress");
  bar.max = 1;
  bar.value = Math.min(1, part || 0);
  bar.className = part > 0.8 ? "high" : "";
  bar.setAttribute("aria-label", text);
  return el("div", "meter", el("span", "", text), el("span", "quiet", more), bar);
}

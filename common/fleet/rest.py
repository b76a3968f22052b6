"""What must hold once everything is at rest: ledger and venues tell one story, to the micro-dollar.

Adds for itself. `all_rows` asks the ledger's file; `reported` is the pnl the ledger's report says of each deal, in
micro-USD: the one sum of the ledger's that comes in here, to be judged.
"""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from common.core.market import Venue
from common.fleet.by_hand import OwnView
from common.fleet.violation import Violation
from common.fleet.wire import ACCOUNT

ZERO = Decimal(0)
MICRO = 1_000_000
FORCED, REVERSED = "forced:", "!reversed"
PART = re.compile(r"#\d+")
#: the moves that a journal may tell, written down here a second time on purpose
MOVES = frozenset(
    {
        ("OPENING", "OPEN"), ("OPENING", "VOID"), ("OPENING", "CLOSED"), ("OPENING", "STUCK"),
        ("OPEN", "CLOSING"), ("OPEN", "CLOSED"), ("OPEN", "STUCK"),
        ("CLOSING", "OPEN"), ("CLOSING", "CLOSED"), ("CLOSING", "STUCK"),
        ("STUCK", "OPEN"), ("STUCK", "CLOSING"), ("STUCK", "CLOSED"),
    }
)  # fmt: skip


class Rest:
    """One look at the whole."""

    def __init__(
        self,
        all_rows: Callable[..., list[Any]],
        engines: Mapping[Venue, OwnView],
        balance: Decimal,
        reported: Mapping[str, int],
        lost: Collection[str] = (),
    ) -> None:
        self._all, self._engines, self._balance, self._reported = all_rows, engines, balance, reported
        #: deals that a power cut took from the file
        self._lost = lost

    def judge(self) -> None:
        """Every law of rest, one after the other."""
        self._orders()
        self._fills()
        self._positions()
        self._evenness()
        self._late_fills()
        self._money()
        self._profits()
        self._journal()
        self._told()

    # ---- orders and fills -----------------------------------------------------------------------------------------

    def _orders(self) -> None:
        """No order without its row, none that says something else than its row, none without proof."""
        query = "SELECT client_id, venue, market, side, size, limit_price, state, purpose, reduce_only FROM orders"
        rows = {row[0]: row[1:] for row in self._all(query)}
        for client_id, (*_, state, purpose, reduce_only) in rows.items():
            if state != "DONE":
                raise Violation(f"order {client_id} is {state} at rest: nobody knows its fate")
            if bool(reduce_only) is (purpose == "OPEN") and not (purpose == "EVEN" and self._may_open(client_id)):
                raise Violation(f"order {client_id} ({purpose}) has reduce_only={reduce_only}")
        for venue, engine in self._engines.items():
            for order in engine.orders(ACCOUNT):
                asked = order.request
                row = rows.get(asked.client_id)
                said = (venue.value, asked.market, asked.side.value, asked.size, asked.price)
                if row is None and asked.client_id.rpartition("-")[0] in self._lost and order.remaining == asked.size:
                    continue
                if row is None:
                    raise Violation(f"order {asked.client_id} is at {venue} and has no row")
                if (*row[:3], Decimal(row[3]), Decimal(row[4])) != said:
                    raise Violation(f"order {asked.client_id} at {venue} is {said}, its row says {row[:5]}")

    def _may_open(self, client_id: str) -> bool:
        return self._completes(client_id) or self._netted(client_id)

    def _netted(self, client_id: str) -> bool:
        """The venue nets our deals: what all fills heard by then left there was less than the order takes away.

        Of what was heard in the very moment in which the order was made, it may have come before any.
        """
        ((market, venue, side, size, created_ns),) = self._all(
            "SELECT market, venue, side, size, created_ns FROM orders WHERE client_id = ?", client_id
        )
        fills = self._all(
            "SELECT f.side, f.size, f.at_ns FROM fill f JOIN orders o USING (client_id) "
            "WHERE o.market = ? AND o.venue = ? AND f.at_ns <= ? ORDER BY f.at_ns, f.seq",
            market,
            venue,
            created_ns,
        )
        there = sum((_signed(way, much) for way, much, at_ns in fills if at_ns < created_ns), ZERO)
        possible = [there]
        for way, much, at_ns in fills:
            if at_ns == created_ns:
                possible.append(possible[-1] + _signed(way, much))
        return any(left * (1 if side == "SELL" else -1) < Decimal(size) for left in possible)

    def _completes(self, client_id: str) -> bool:
        """The one evening order of a deal that may open: in place of an opening leg that did not fill, not larger."""
        query = (
            "SELECT leg.size, o.size FROM orders o JOIN orders leg USING (deal_id, venue, side) "
            "WHERE o.client_id = ? AND leg.purpose = 'OPEN' "
            "AND NOT EXISTS (SELECT 1 FROM fill WHERE client_id = leg.client_id AND at_ns < o.created_ns) "
            "AND 1 = (SELECT COUNT(*) FROM orders WHERE deal_id = o.deal_id AND purpose = 'EVEN' AND NOT reduce_only)"
        )
        return [Decimal(size) >= Decimal(asked) for size, asked in self._all(query, client_id)] == [True]

    def _fills(self) -> None:
        """The same fills, and the same funding, in both books."""
        for venue in self._engines:
            if why := self.unheard(venue):
                raise Violation(why)

    def unheard(self, venue: Venue) -> str:
        """What the ledger and a venue tell otherwise of fills and funding; empty when they agree."""
        pairs = {
            "fills": (self._our_fills(venue), self._their_fills(venue)),
            "funding": (
                dict(self._all("SELECT payment_id, payment_uusd FROM funding WHERE venue = ?", venue.value)),
                {paid.payment_id: int(paid.payment * MICRO) for paid in self._engines[venue].funding(ACCOUNT)},
            ),
        }
        for what, (ours, theirs) in pairs.items():
            if ours != theirs:
                more, less = sorted(ours.items() - theirs.items()), sorted(theirs.items() - ours.items())
                return f"{what} at {venue}: the ledger has {more[:2]} more and {less[:2]} less"
        return ""

    def _our_fills(self, venue: Venue) -> dict[str, Any]:
        """By the venue's id; a forced fill as the sum of its parts."""
        ours: dict[str, tuple[str, Decimal, Decimal, int]] = {}
        query = "SELECT fill_id, client_id, side, price, size, fee_uusd FROM fill WHERE venue = ?"
        for fill_id, client_id, side, price, size, fee in self._all(query, venue.value):
            whole = PART.sub("", fill_id) if client_id.startswith(FORCED) else fill_id
            _, _, size_before, fee_before = ours.get(whole, ("", ZERO, ZERO, 0))
            ours[whole] = (side, Decimal(price), size_before + Decimal(size), fee_before + fee)
        return ours

    def _their_fills(self, venue: Venue) -> dict[str, Any]:
        """One that was taken back is two: it, and as much the other way with its fee returned."""
        theirs: dict[str, tuple[str, Decimal, Decimal, int]] = {}
        for f in self._engines[venue].fills(ACCOUNT):
            theirs[f.fill_id] = (f.side.value, f.price, f.size, int(f.fee * MICRO))
            if f.failed_ns is not None:
                other = "SELL" if f.side.value == "BUY" else "BUY"
                theirs[f.fill_id + REVERSED] = (other, f.price, f.size, -int(f.fee * MICRO))
        return theirs

    def _positions(self) -> None:
        """What our fills leave at a venue is the position it says we have."""
        for venue, engine in self._engines.items():
            ours: dict[str, Decimal] = {}
            query = "SELECT o.market, f.side, f.size FROM fill f JOIN orders o USING (client_id) WHERE f.venue = ?"
            for market, side, size in self._all(query, venue.value):
                ours[market] = ours.get(market, ZERO) + _signed(side, size)
            theirs = {p.market: p.size for p in engine.account(ACCOUNT).positions if p.size}
            if {market: size for market, size in ours.items() if size} != theirs:
                raise Violation(f"positions at {venue}: the ledger's fills leave {ours}, the venue has {theirs}")

    # ---- deals ----------------------------------------------------------------------------------------------------

    def _evenness(self) -> None:
        """Nothing is naked, unless the market is halted and it is stuck, or a person's own position is in its way."""
        for deal_id, market, state in self._all("SELECT deal_id, market, state FROM deal"):
            legs = self._legs(deal_id)
            longer = max(legs, key=lambda venue: abs(legs[venue]))
            naked = min(abs(sum(legs.values(), ZERO)), abs(legs[longer]))
            halted = bool(self._all("SELECT 1 FROM halt WHERE market IN (?, '*')", market))
            excused = halted and (state == "STUCK" or self._in_the_way(longer, market, legs[longer], naked))
            if naked >= self._engines[longer].instruments[market].min_size and not excused:
                raise Violation(f"naked at rest: {deal_id} ({state}) by {naked} at {longer}")
            if state == "STUCK" and not halted:
                raise Violation(f"{deal_id} is stuck and {market} is not halted")

    def _in_the_way(self, venue: Venue, market: str, ours: Decimal, naked: Decimal) -> bool:
        """The venue nets what a person did by hand with ours: too little is left for a reduce-only order to take."""
        by_hand = self._engines[venue].by_hand(market)
        return by_hand * ours < 0 and abs(by_hand + ours) < naked

    def _legs(self, deal_id: str) -> dict[Venue, Decimal]:
        legs = dict.fromkeys(Venue, ZERO)
        query = "SELECT f.venue, f.side, f.size FROM fill f JOIN orders o USING (client_id) WHERE o.deal_id = ?"
        for venue, side, size in self._all(query, deal_id):
            legs[Venue(venue)] += _signed(side, size)
        return legs

    def _late_fills(self) -> None:
        """A fill of a deal that was finished, that no order asked for, or that takes another back, halts its market."""
        query = (
            "SELECT DISTINCT d.deal_id FROM deal d JOIN orders o USING (deal_id) JOIN fill f USING (client_id) "
            "WHERE (f.client_id LIKE 'forced:%' OR f.fill_id LIKE '%!reversed' "
            "OR (d.state IN ('VOID', 'CLOSED') AND o.purpose <> 'EVEN' AND f.at_ns > d.changed_ns)) "
            "AND NOT EXISTS (SELECT 1 FROM halt WHERE market IN (d.market, '*'))"
        )
        for (deal_id,) in self._all(query):
            raise Violation(f"{deal_id} had a fill that nobody expected, and its market is not halted")

    # ---- money ----------------------------------------------------------------------------------------------------

    def _money(self) -> None:
        """What the venues' balances moved by is what the ledger's fills, fees and funding add up to."""
        for venue, engine in self._engines.items():
            cash = self._balance
            for side, price, size, fee in self._all(
                "SELECT side, price, size, fee_uusd FROM fill WHERE venue = ?", venue.value
            ):
                cash -= _signed(side, size) * Decimal(price) + Decimal(fee) / MICRO
            for (paid,) in self._all("SELECT payment_uusd FROM funding WHERE venue = ?", venue.value):
                cash += Decimal(paid) / MICRO
            balance = engine.account(ACCOUNT).balance
            if cash != balance:
                raise Violation(f"money at {venue}: the ledger's rows make {cash}, the venue has {balance}")

    def _profits(self) -> None:
        """A deal that ended flat earned what its fills say, to the micro-dollar, by the ledger's own report."""
        query = (
            "SELECT f.side, f.price, f.size, f.fee_uusd FROM fill f JOIN orders o USING (client_id) WHERE deal_id = ?"
        )
        for deal_id, earned_uusd in self._reported.items():
            if any(self._legs(deal_id).values()):
                continue
            cash, fees = ZERO, 0
            for side, price, size, fee in self._all(query, deal_id):
                cash -= _signed(side, size) * Decimal(price)
                fees += fee
            if earned_uusd != math.floor(cash * MICRO) - fees:
                raise Violation(
                    f"pnl: {deal_id} is reported with {earned_uusd} µUSD, its fills make {cash} less {fees}"
                )

    # ---- journal --------------------------------------------------------------------------------------------------

    def _journal(self) -> None:
        """The journal leads from the reservation to the state each deal has, by moves that exist."""
        ends: dict[str, str] = {}
        query = "SELECT deal_id, verb, from_state, to_state FROM journal WHERE deal_id IS NOT NULL ORDER BY seq"
        for deal_id, verb, before, after in self._all(query):
            begins = verb == "reserve" or (verb == "rebuild" and deal_id in self._lost)
            if begins is (deal_id in ends):
                raise Violation(f"journal: {deal_id} begins with {verb}, or is reserved twice")
            if not begins and before != ends[deal_id]:
                raise Violation(f"journal: {deal_id} was {ends[deal_id]}, {verb} finds it {before}")
            if not begins and before != after and (before, after) not in MOVES:
                raise Violation(f"journal: {deal_id} went from {before} to {after}")
            ends[deal_id] = after
        states = dict(self._all("SELECT deal_id, state FROM deal"))
        if ends != states:
            odd = sorted(set(ends.items()) ^ set(states.items()))[:3]
            raise Violation(f"journal: it ends otherwise than the deals: {odd}")

    def _told(self) -> None:
        """The journal tells of every order's end once, and of every fill."""
        told: dict[str, int] = {}
        ended: dict[str, int] = {}
        query = "SELECT o.client_id, why FROM journal j JOIN orders o USING (deal_id) WHERE verb = 'rebuild'"
        for client_id, why in self._all(query):
            if client_id.rpartition("-")[0] in self._lost and client_id in why:
                told[client_id], ended[client_id] = self._found(client_id), 1
        for (why,) in self._all("SELECT why FROM journal WHERE verb = 'record' ORDER BY seq"):
            client_id = why.partition(":")[0]
            found = re.search(r", (\d+) new fill", why)
            told[client_id] = told.get(client_id, 0) + (int(found[1]) if found else 0)
            ended[client_id] = ended.get(client_id, 0) + ("→ DONE" in why)
        for client_id, fills in self._counted():
            if (ended.get(client_id), told.get(client_id)) != (1, fills):
                ends, count = ended.get(client_id, 0), told.get(client_id, 0)
                raise Violation(f"journal: {client_id} ended {ends} times, {count} of its {fills} fills are told")

    def _found(self, client_id: str) -> int:
        """The fills that a deal was told anew from: those that were heard first, all at once."""
        query = "SELECT COUNT(*), at_ns FROM fill WHERE client_id = ? GROUP BY at_ns ORDER BY at_ns LIMIT 1"
        return int(self._all(query, client_id)[0][0])

    def _counted(self) -> Iterator[tuple[str, int]]:
        query = (
            "SELECT o.client_id, COUNT(f.seq) FROM orders o LEFT JOIN fill f USING (client_id) "
            "WHERE o.client_id NOT LIKE 'forced:%' GROUP BY o.client_id"
        )
        yield from self._all(query)


def _signed(side: str, size: str) -> Decimal:
    return Decimal(size) if side == "BUY" else -Decimal(size)

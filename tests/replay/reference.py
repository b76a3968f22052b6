"""The edges of a tape, worked out a second time: slowly, from the written definition, in fractions.

Shares no code with the program but the one that reads the records of a tape file. Books are dicts from price to size as
the venues wrote them. Knows nothing of traders, ledgers or replays; when somebody looked at the spread of leaving is
told to it, since that is a matter of a clock and not of books.

What it goes by (docs/configuration.md, docs/venues.md):
- dYdX gives each level a number; a level is replaced only by a greater one, and what is gone keeps its number. Where
  the book crosses, the older of the two touching levels goes. ApeX numbers whole messages; one that is missing makes
  the book unknown until the next whole one, as does a middle that is suddenly 5 % elsewhere. A connection that is lost
  makes its market unknown; a crossed book is not believed while it is crossed, nor is a silent one. A market that says
  nothing shows at each look that its connection lives, when its venue was heard half a second later or more.
- edge = (spread + median of the opposite spread) × size − both fees, twice − what both limits give up + funding.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

NS_PER_S = 10**9
SAMPLE_NS = NS_PER_S // 4
ALIVE_NS = NS_PER_S // 2
DYDX, APEX = "dydx", "apex"
#: direction: sold at, bought at
WAYS = {1: (APEX, DYDX), -1: (DYDX, APEX)}


@dataclass(frozen=True)
class Rules:
    """One market: what arb.toml says, and both venues' ticks."""

    size: Fraction
    slack_bps: Fraction
    slippage_bps: Fraction
    window_ns: int
    warmup_ns: int
    silence_ns: int
    index_age_ns: int
    hold_ns: int
    fee: Fraction
    tick: Mapping[str, Fraction]


@dataclass
class Side:
    """Price → size, and price → the number of what was last said of it."""

    sizes: dict[Fraction, Fraction] = field(default_factory=dict)
    numbers: dict[Fraction, int] = field(default_factory=dict)


@dataclass
class Market:
    """One market at one venue."""

    bids: Side = field(default_factory=Side)
    asks: Side = field(default_factory=Side)
    number: int = 0
    #: "" where it is believed, "crossed" where it may come back by itself, else why it is unknown
    why: str = "nothing was heard"
    middle: Fraction | None = None
    funding: Fraction = Fraction(0)
    index: tuple[int, Fraction] | None = None
    alive_ns: int = 0


@dataclass(frozen=True)
class Edges:
    """Both directions at one message; None: no depth, or the spread of leaving is not known yet."""

    market: str
    at_ns: int
    plus: Fraction | None
    minus: Fraction | None
    notional_plus: Fraction | None
    notional_minus: Fraction | None


def edges_of(
    records: Iterable[tuple[int, int, str, bytes]], rules: Mapping[str, Rules], looks: Sequence[tuple[int, str]]
) -> Iterator[Edges]:
    """What every book message made of both directions while both books were believed and both indices known.

    `records` are (time, connection, kind, body) with kind frame, opened, lost or gap; `looks` are (time, market), in
    the order of time.
    """
    world = World(rules)
    waiting = list(reversed(looks))
    for at_ns, connection, kind, body in records:
        while waiting and waiting[-1][0] <= at_ns:
            world.look(*waiting.pop())
        for market in world.hear(at_ns, connection, kind, body):
            if world.is_sure(market, at_ns):
                yield world.edges(market, at_ns)


class World:
    """Everything heard so far."""

    def __init__(self, rules: Mapping[str, Rules]) -> None:
        self.rules = rules
        self.markets = {(venue, market): Market() for market in rules for venue in (DYDX, APEX)}
        self.connections: dict[int, tuple[str, str]] = {}
        self.samples: dict[tuple[str, int], list[tuple[int, Fraction]]] = {(m, way): [] for m in rules for way in WAYS}
        self.sampled_ns = dict.fromkeys(rules, 0)
        self.heard_ns = {DYDX: 0, APEX: 0}

    # ---- what is heard --------------------------------------------------------------------------------------------

    def hear(self, at_ns: int, connection: int, kind: str, body: bytes) -> list[str]:
        """The markets whose books a record spoke of."""
        if kind == "opened":
            said = json.loads(body)
            self.connections[connection] = (said["venue"], said["market"])
            return []
        venue, market = self.connections.get(connection, ("", ""))
        if kind in ("lost", "gap") and (venue, market) in self.markets:
            self.markets[venue, market].why = kind
            return []
        if kind != "frame":
            return []
        said = json.loads(body)
        self.heard_ns[venue] = at_ns
        told = self.dydx(at_ns, said) if venue == DYDX else self.apex(at_ns, said, market)
        for name in told:
            self.markets[venue, name].alive_ns = at_ns
        return told

    def dydx(self, at_ns: int, said: dict[str, Any]) -> list[str]:
        if said.get("channel") == "v3_markets":
            self.dydx_figures(at_ns, said["contents"])
        if said.get("channel") != "v3_orderbook" or said["type"] not in (
            "subscribed",
            "channel_data",
            "channel_batch_data",
        ):
            return []
        name = said["id"].removesuffix("-USD")
        if name not in self.rules:
            return []
        book, contents = self.markets[DYDX, name], said["contents"]
        if said["type"] == "subscribed":
            book.bids, book.asks = Side(), Side()
            for side, rows in ((book.bids, contents["bids"]), (book.asks, contents["asks"])):
                for row in rows:
                    dydx_level(side, row["price"], row["size"], int(row["offset"]))
        elif book.why not in ("", "crossed"):
            return [name]
        else:
            for one in contents if isinstance(contents, list) else [contents]:
                for side, rows in ((book.bids, one["bids"]), (book.asks, one["asks"])):
                    for price, size in rows:
                        dydx_level(side, price, size, int(one["offset"]))
        uncross(book)
        book.why = "jump" if is_crossed(book) else ""
        self.followed(book, whole=said["type"] == "subscribed")
        return [name]

    def apex(self, at_ns: int, said: dict[str, Any], market: str) -> list[str]:
        topic = said.get("topic", "")
        if topic == f"instrumentInfo.H.{market}USDC":
            self.apex_figures(at_ns, said, self.markets[APEX, market])
        if topic != f"orderBook200.H.{market}USDC" or market not in self.rules:
            return []
        book, data = self.markets[APEX, market], said["data"]
        if said["type"] == "snapshot":
            book.bids, book.asks = Side(), Side()
        elif book.why not in ("", "crossed"):
            return [market]
        elif data["u"] != book.number + 1:
            book.why = "gap"
            return [market]
        book.number = data["u"]
        for side, rows in ((book.bids, data["b"]), (book.asks, data["a"])):
            for price, size in rows:
                put(side, Fraction(price), Fraction(size))
        book.why = "crossed" if is_crossed(book) else ""
        self.followed(book, whole=said["type"] == "snapshot")
        return [market]

    def followed(self, book: Market, *, whole: bool) -> None:
        """A middle that is suddenly elsewhere is not believed, unless a whole book says so."""
        middle = middle_of(book)
        if whole:
            book.middle = None if book.why else middle
        elif not book.why and middle is not None:
            if book.middle is not None and abs(middle - book.middle) > book.middle / 20:
                book.why = "jump"
            else:
                book.middle = middle

    def dydx_figures(self, at_ns: int, contents: dict[str, Any]) -> None:
        for name, figures in contents.get("markets", contents).items():
            market = self.markets.get((DYDX, name.removesuffix("-USD")))
            if market is not None:
                if figures.get("nextFundingRate") is not None:
                    market.funding = Fraction(figures["nextFundingRate"])
                if Fraction(figures.get("indexPrice") or 0):
                    market.index = (at_ns, Fraction(figures["indexPrice"]))

    def apex_figures(self, at_ns: int, said: dict[str, Any], market: Market) -> None:
        data = said["data"]
        rate = data.get("predictedFundingRate") or (data.get("fundingRate") if said["type"] == "snapshot" else None)
        if rate:
            market.funding = Fraction(rate)
        if Fraction(data.get("indexPrice") or 0):
            market.index = (at_ns, Fraction(data["indexPrice"]))

    # ---- what follows ---------------------------------------------------------------------------------------------

    def is_believed(self, market: str, at_ns: int) -> bool:
        both = [self.markets[venue, market] for venue in (DYDX, APEX)]
        return all(not one.why and at_ns - one.alive_ns <= self.rules[market].silence_ns for one in both)

    def is_sure(self, market: str, at_ns: int) -> bool:
        """Believed, and both venues said of late what the market is worth elsewhere."""
        ages = [at_ns - one.index[0] for v in (DYDX, APEX) if (one := self.markets[v, market]).index is not None]
        known = len(ages) == 2 and max(ages) <= self.rules[market].index_age_ns
        return known and self.is_believed(market, at_ns)

    def look(self, at_ns: int, market: str) -> None:
        """Remember the spread of both directions, four times a second at most."""
        for venue in (DYDX, APEX):
            book = self.markets[venue, market]
            if self.heard_ns[venue] - book.alive_ns >= ALIVE_NS:
                book.alive_ns = self.heard_ns[venue]
        if at_ns < self.sampled_ns[market] + SAMPLE_NS or not self.is_believed(market, at_ns):
            return
        self.sampled_ns[market] = at_ns
        for way, (sold, bought) in WAYS.items():
            got, paid = self.walk(sold, market, "bids"), self.walk(bought, market, "asks")
            if got is None or paid is None:
                continue
            samples = self.samples[market, way]
            samples.append((at_ns, got[0] - paid[0]))
            while samples[0][0] < at_ns - self.rules[market].window_ns:
                del samples[0]

    def median(self, market: str, way: int) -> Fraction | None:
        samples = self.samples[market, way]
        if not samples or samples[-1][0] - samples[0][0] < self.rules[market].warmup_ns:
            return None
        return sorted(spread for _, spread in samples)[len(samples) // 2]

    def walk(self, venue: str, market: str, side: str) -> tuple[Fraction, Fraction, Fraction] | None:
        """What the size costs or brings on average, at worst, and at the touch; None where the book is too thin."""
        book, left, paid = self.markets[venue, market], self.rules[market].size, Fraction(0)
        levels = sorted((book.bids if side == "bids" else book.asks).sizes.items(), reverse=side == "bids")
        for price, size in levels:
            taken = min(left, size)
            paid, left = paid + taken * price, left - taken
            if not left:
                return paid / self.rules[market].size, price, levels[0][0]
        return None

    def edges(self, market: str, at_ns: int) -> Edges:
        plus, minus = self.edge(market, 1), self.edge(market, -1)
        return Edges(market, at_ns, plus[0], minus[0], plus[1], minus[1])

    def edge(self, market: str, way: int) -> tuple[Fraction | None, Fraction | None]:
        """The edge of one direction, and the notional it is of."""
        rules, (sold, bought) = self.rules[market], WAYS[way]
        got, paid = self.walk(sold, market, "bids"), self.walk(bought, market, "asks")
        leaving = self.median(market, -way)
        if got is None or paid is None or leaving is None:
            return None, None
        lowest = lowest_sale(got, rules, rules.tick[sold])
        highest = highest_purchase(paid, rules, rules.tick[bought])
        notional = max(got[0], paid[0]) * rules.size
        rate = self.markets[sold, market].funding - self.markets[bought, market].funding
        kept = (got[0] - paid[0] + leaving) * rules.size
        kept -= 2 * (got[0] + paid[0]) * rules.fee * rules.size
        kept -= ((got[0] - lowest) + (highest - paid[0])) * rules.size
        kept += rate * notional * rules.hold_ns / (3600 * NS_PER_S)
        return kept, notional


def dydx_level(side: Side, price_text: str, size_text: str, number: int) -> None:
    price = Fraction(price_text)
    if number > side.numbers.get(price, -1):
        side.numbers[price] = number
        put(side, price, Fraction(size_text))


def put(side: Side, price: Fraction, size: Fraction) -> None:
    if size:
        side.sizes[price] = size
    else:
        side.sizes.pop(price, None)


def is_crossed(book: Market) -> bool:
    return bool(book.bids.sizes and book.asks.sizes) and max(book.bids.sizes) >= min(book.asks.sizes)


def uncross(book: Market) -> None:
    """At most twenty times the older touching level goes; of equals the smaller, then the bid."""
    for _ in range(20):
        if not is_crossed(book):
            return
        bid, ask = max(book.bids.sizes), min(book.asks.sizes)
        of_bid, of_ask = (book.bids.numbers[bid], book.bids.sizes[bid]), (book.asks.numbers[ask], book.asks.sizes[ask])
        if of_bid <= of_ask:
            del book.bids.sizes[bid]
        else:
            del book.asks.sizes[ask]


def middle_of(book: Market) -> Fraction | None:
    if not book.bids.sizes or not book.asks.sizes:
        return None
    return (max(book.bids.sizes) + min(book.asks.sizes)) / 2


def lowest_sale(walked: tuple[Fraction, Fraction, Fraction], rules: Rules, tick: Fraction) -> Fraction:
    """The worst price beyond the walk by the slack, no further from the touch than allowed, and never above it.

    On whole strides, upwards; but not above the walk's own worst price, where the slack reaches that far.
    """
    _, worst, touch = walked
    reach = max(worst - slack(worst, rules, tick), touch * (1 - rules.slippage_bps / 10_000))
    step = stride(slack(worst, rules, tick), tick)
    return min(-(-reach // step) * step, -(-max(reach, worst) // tick) * tick, touch)


def highest_purchase(walked: tuple[Fraction, Fraction, Fraction], rules: Rules, tick: Fraction) -> Fraction:
    _, worst, touch = walked
    reach = min(worst + slack(worst, rules, tick), touch * (1 + rules.slippage_bps / 10_000))
    step = stride(slack(worst, rules, tick), tick)
    return max(reach // step * step, min(reach, worst) // tick * tick, touch)


def stride(slack: Fraction, tick: Fraction) -> Fraction:
    """The longest power of two of ticks that is no more than half of the slack, and at least one tick."""
    step = tick
    while 2 * (2 * step) <= slack:
        step *= 2
    return step


def slack(worst: Fraction, rules: Rules, tick: Fraction) -> Fraction:
    """To the nearest tick, halves up."""
    return (worst * rules.slack_bps / 10_000 / tick + Fraction(1, 2)) // 1 * tick

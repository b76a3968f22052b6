"""`arbctl venue`, what anybody may ask: markets, book, trades, candles, funding rates, ticker, time."""

from decimal import Decimal

from common.core.money import BPS
from common.endpoints import Endpoint
from common.venues.public import Level
from common.venues.told import Candle, Listed, Span, Ticker
from scripts.render import NOTHING, Answer, moment, number
from scripts.teller_call import ask

_BP = Decimal("0.01")
_PERCENT = Decimal(100)
_CENT = Decimal("0.01")


def markets(endpoint: Endpoint) -> Answer:
    """Every market with its grid and margins."""
    listed = ask(endpoint, lambda teller: teller.markets())
    columns = ("market", "name", "status", "tick", "step", "min", "max position", "IMR", "MMR")
    return Answer(listed, columns, [_listed(one) for one in listed])


def _listed(one: Listed) -> tuple[str, ...]:
    i = one.instrument
    figures = (i.tick, i.step, i.min_size, one.max_position, i.initial_margin, i.maintenance_margin)
    return (i.market, i.name, one.status, *map(number, figures))


def book(endpoint: Endpoint, market: str, depth: int) -> Answer:
    """The best levels of both sides, and the middle between them."""
    found = ask(endpoint, lambda teller: teller.book(market))
    bids, asks = found.bids[:depth], found.asks[:depth]
    rows = [(*_level(bids, at, -1), *_level(asks, at, 1)) for at in range(max(len(bids), len(asks)))]
    data = {"venue": found.venue, "market": market, "bids": bids, "asks": asks}
    return Answer(data, ("bid size", "bid", "ask", "ask size"), rows, text=_touch(bids, asks))


def _level(side: tuple[Level, ...], at: int, way: int) -> tuple[str, ...]:
    cells = (number(side[at][0]), number(side[at][1])) if at < len(side) else (NOTHING, NOTHING)
    return cells[::way]


def _touch(bids: tuple[Level, ...], asks: tuple[Level, ...]) -> str:
    if not bids or not asks:
        return "one side is empty"
    bid, ask_price = bids[0][0], asks[0][0]
    middle = (bid + ask_price) / 2
    return f"middle {number(middle)}, {((ask_price - bid) / middle * BPS).quantize(_BP)} bp between the sides"


def trades(endpoint: Endpoint, market: str, limit: int) -> Answer:
    """The latest trades, newest first."""
    found = ask(endpoint, lambda teller: teller.trades(market, limit))
    rows = [
        (moment(one.venue_ns), one.side.value, number(one.size), number(one.price), "yes" if one.liquidation else "")
        for one in found
    ]
    return Answer(found, ("at (UTC)", "side", "size", "price", "liquidation"), rows)


def candles(endpoint: Endpoint, market: str, span: Span, limit: int) -> Answer:
    """The latest candles, newest first."""
    found = ask(endpoint, lambda teller: teller.candles(market, span, limit))
    return Answer(found, ("from (UTC)", "open", "high", "low", "close", "base", "USD"), [_candle(one) for one in found])


def _candle(one: Candle) -> tuple[str, ...]:
    prices = (one.open, one.high, one.low, one.close, one.base)
    return (moment(one.start_ns)[:16], *map(number, prices), str(one.usd.quantize(_CENT)))


def funding_history(endpoint: Endpoint, market: str, limit: int) -> Answer:
    """The rates of past hours, newest first."""
    found = ask(endpoint, lambda teller: teller.funding_history(market, limit))
    rows = [(moment(one.at_ns)[:16], f"{one.rate:+f}", f"{one.rate * BPS:+.4f}", number(one.price)) for one in found]
    notes = ["a rate above 0 is paid by longs to shorts"] if found else []
    return Answer(found, ("at (UTC)", "rate / h", "bp / h", "price"), rows, notes=notes)


def ticker(endpoint: Endpoint, market: str) -> Answer:
    """A market's day."""
    found = ask(endpoint, lambda teller: teller.ticker(market))
    return Answer(found, ("what", "value"), _ticker(found))


def _ticker(one: Ticker) -> list[tuple[str, str]]:
    change = NOTHING if one.change is None else f"{one.change * _PERCENT:+.2f} %"
    return [
        ("last trade", number(one.last)),
        ("index", number(one.index)),
        ("oracle", number(one.oracle)),
        ("change in 24 h", change),
        ("high, low", f"{number(one.high)}, {number(one.low)}"),
        ("volume, USD", str(one.volume_usd.quantize(_CENT))),
        ("trades", str(one.trades)),
        ("open interest", number(one.open_interest)),
        ("funding, bp / h", f"{one.funding_hourly * BPS:+.4f}"),
        ("paid next (UTC)", moment(one.next_funding_ns)[:19]),
    ]


def time(endpoint: Endpoint) -> Answer:
    """The venue's clock against ours."""
    found = ask(endpoint, lambda teller: teller.time())
    off_ms, trip_ms = found.offset_ns / 1e6, found.trip_ns / 1e6
    text = (
        f"{moment(found.at_ns + found.offset_ns)} UTC at {found.venue}: {off_ms:+.1f} ms off ours, give or take "
        f"{trip_ms / 2:.1f} ms"
    )
    return Answer(found, text=text)

"""Account messages under mutation: every fact that comes out is what the mutated message says, and could be written.

Orders and fills, from both streams and from REST, decide about money; they are read a second time from the raw message.
What else a desk reads (accounts, listings, funding, clocks) must be a value of sane size, or refused.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

from common.core.errors import ConfigError, VenueError
from common.core.order import Fill, Report
from common.venues.apex import wire as apex
from common.venues.apex import wire_account as apex_account
from common.venues.apex import wire_market as apex_market
from common.venues.dydx import wire as dydx
from common.venues.dydx import wire_account as dydx_account
from common.venues.dydx import wire_market as dydx_market
from scripts.fuzz_books import BUGS, CRASHED, REFUSED, WRONG, Survivor
from scripts.fuzz_mutate import MUTATIONS

TAKEN = "taken"
SAMPLES = Path(__file__).resolve().parent.parent / "tests" / "venues"
#: nothing that is written is larger; an INTEGER of SQLite holds it in micro-units
LARGEST = Fraction(10**18)
#: ids on the chain are the longest numbers
ID_BITS = 256
NOW_NS = 1_700_000_000_000_000_000
Reader = Callable[[Any], Any]
#: a fill from REST is asked for under our own name, a forced one has none
_GIVEN_NAMES = {"k3f9-BTC-17-a0", "x", ""}
_NAME_KEYS = ("clientOrderId", "clientId", "orderClientId")


def _pushes(contents: Any) -> Any:
    names = apex_account.OrderNames()
    names.learn("588326929847812444", "k3f9-BTC-17-a0")
    return apex_account.account_events(contents["contents"], names, NOW_NS)


def _dydx_events(contents: Any) -> Any:
    return list(dydx_account.account_events(contents, NOW_NS))


#: sample file → how its contents are read
READERS: dict[str, Reader] = {
    "apex/push_filled": _pushes,
    "apex/push_killed": _pushes,
    "apex/push_liquidated": _pushes,
    "apex/push_snapshot": _pushes,
    "apex/push_canceled_unclear": _pushes,
    "apex/order_filled": apex_account.read_report,
    "apex/order_killed": apex_account.read_report,
    "apex/order_pending": apex_account.read_report,
    "apex/fills": lambda data: apex_account.order_fills(data, "k3f9-BTC-17-a0", "588326929847812444"),
    "apex/funding": apex_account.funding_payments,
    "apex/account": lambda data: apex_account.position_rows(data),
    "apex/symbols": lambda data: apex_market.find_listing(data, "BTC"),
    "dydx/ws_account_filled": _dydx_events,
    "dydx/ws_account_killed": _dydx_events,
    "dydx/ws_account_liquidated": _dydx_events,
    "dydx/ws_account_funding": _dydx_events,
    "dydx/ws_account_opening": _dydx_events,
    "dydx/order_filled": lambda data: dydx_account.read_report(_member(data, "order")),
    "dydx/order_killed": lambda data: dydx_account.read_report(_member(data, "order")),
    "dydx/order_pending": lambda data: dydx_account.read_report(_member(data, "order")),
    "dydx/fills": lambda data: [dydx_account.read_fill(row, "x") for row in dydx_account.fill_rows(data)],
    "dydx/funding": dydx_account.read_fundings,
    "dydx/account": lambda data: dydx_account.read_account(data, {"BTC-USD": Decimal(37000)}, NOW_NS),
    "dydx/user": dydx_account.taker_fee,
    "dydx/markets": lambda data: dydx_market.read_listing(dydx_market.find_market(data, "BTC"), Decimal("0.0005")),
}


def _member(data: Any, key: str) -> Any:
    """As the desk does it: the envelope is read in the same net."""
    with dydx.reading("answer"):
        return data.get(key, data)


class Facts:
    """Samples of both venues, spoiled and read, for one seed."""

    def __init__(self, seed: str) -> None:
        self._rng, self._seed = Random(seed), seed
        self._samples = {name: (SAMPLES / name.replace("/", "/samples/")).with_suffix(".json") for name in READERS}
        self._texts = {name: json.dumps(json.loads(path.read_text())) for name, path in self._samples.items()}
        self.counts: Counter[str] = Counter()
        self.survivors: list[Survivor] = []

    def run(self, frames: int) -> None:
        """Read so many spoiled messages."""
        names = sorted(self._texts)
        while self.counts.total() < frames and not self.survivors:
            self._one(self._rng.choice(names))

    def _one(self, name: str) -> None:
        mutation = self._rng.choice(MUTATIONS)
        spoiled = mutation(self._rng, self._texts[name])
        try:
            found = self._read(name, spoiled)
        except (VenueError, ConfigError):
            self.counts[REFUSED] += 1
            return
        except BUGS as error:
            self._note(CRASHED, f"{name}: {type(error).__name__}: {error}", mutation.__name__, spoiled)
            return
        why = next(_odd(found), "") or next(_untold(found, spoiled, name), "")
        if why:
            self._note(WRONG, f"{name}: {why}", mutation.__name__, spoiled)
        else:
            self.counts[TAKEN] += 1

    def _read(self, name: str, spoiled: str | bytes) -> Any:
        """Through the door that an answer comes in by."""
        raw = spoiled if isinstance(spoiled, bytes) else spoiled.encode(errors="surrogatepass")
        if name.startswith("apex"):
            if "push" in name:
                frame = apex.decode_frame(raw)
                with apex.reading("push"):
                    return READERS[name](frame | {"contents": frame["contents"]})
            answer = apex.decode_answer(200, b'{"data": ' + raw + b"}")
            if not isinstance(answer, apex.Data):
                raise VenueError(str(answer))
            return READERS[name](answer.value)
        return READERS[name](dydx.data_of(dydx.decode_answer(200, raw)))

    def _note(self, outcome: str, why: str, mutation: str, frame: str | bytes) -> None:
        self.counts[outcome] += 1
        text = frame.decode(errors="replace") if isinstance(frame, bytes) else frame
        self.survivors.append(Survivor(f"{outcome}: {why}", mutation, text[:900], self._seed))


def _odd(found: Any) -> Iterator[str]:
    """Numbers that could not be written, or sums that would break."""
    match found:
        case Decimal() if not found.is_finite() or abs(found) > LARGEST:
            yield f"number {found}"
        case int() if found.bit_length() > ID_BITS:
            yield f"number {found}"
        case list() | tuple():
            yield from (why for one in found for why in _odd(one))
        case _ if is_dataclass(found):
            yield from (why for field in fields(found) for why in _odd(getattr(found, field.name)))


def _untold(found: Any, spoiled: str | bytes, name: str) -> Iterator[str]:
    """Fills and reports that the message, read a second time, does not say."""
    heard = list(_parts(found))
    if not heard:
        return
    text = spoiled if isinstance(spoiled, str) else spoiled.decode()
    rows = list(_rows(json.loads(text)))
    names = {str(row.get(key)) for row in rows for key in _NAME_KEYS} | _GIVEN_NAMES
    for part in heard:
        if (
            str(part.client_id) != part.client_id
            or part.client_id not in names
            or not any(_same(part, row, name) for row in rows)
        ):
            yield f"{part} is in no row"


def _parts(found: Any) -> Iterator[Any]:
    if isinstance(found, Fill | Report):
        yield found
    elif is_dataclass(found):
        yield from (part for field in fields(found) for part in _parts(getattr(found, field.name)))
    elif isinstance(found, list | tuple):
        yield from (part for one in found for part in _parts(one))


def _rows(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _rows(child)


def _number(raw: Any) -> Fraction | None:
    try:
        return Fraction(str(raw)) if not isinstance(raw, bool) else None
    except (ValueError, ZeroDivisionError):
        return None


def _same(part: Fill | Report, row: dict[str, Any], name: str) -> bool:
    return _same_fill(part, row) if isinstance(part, Fill) else _same_report(part, row, name)


def _same_fill(fill: Fill, row: dict[str, Any]) -> bool:
    price, size, fee = (_number(row.get(key)) for key in ("price", "size", "fee"))
    if price is None or size is None or fee is None or price <= 0 or size <= 0:
        return False
    exact = (Fraction(fill.price), Fraction(fill.size)) == (price, size)
    return exact and 0 <= fill.fee_uusd - fee * 10**6 < 1 and (fill.fill_id, fill.side) == (str(row["id"]), row["side"])


def _same_report(report: Report, row: dict[str, Any], name: str) -> bool:
    size = _number(row.get("size"))
    if size is None or report.venue_order_id not in (str(row.get("id")), str(row.get("orderId"))):
        return False
    ended = row.get("status") in ("FILLED", "CANCELED", "EXPIRED")
    return (
        0 <= Fraction(report.filled_size) <= size and (ended or not report.final) and _filled(report, row, name, size)
    )


def _filled(report: Report, row: dict[str, Any], name: str, size: Fraction) -> bool:
    if name.startswith("dydx"):
        remaining = _number(row.get("remainingSize"))
        return remaining is not None and Fraction(report.filled_size) == size - remaining
    if row.get("status") == "FILLED":
        return Fraction(report.filled_size) == size
    told = [_number(row.get(key) or 0) for key in ("cumSuccessFillSize", "cumMatchFillSize")]
    return Fraction(report.filled_size) in told

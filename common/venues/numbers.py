"""Numbers as venues write them. Plain decimal text of sane length comes in; everything else is malformed (ValueError).

Python reads more than venues write ("1_0", " 1", "nan", "1e400", digits of other scripts), and a number too long to
be meant is slow or cannot be stored; so text is looked at before it is turned into a number.
"""

import re
from decimal import Decimal
from typing import Final

PLAIN: Final = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{0,24})?(?:[eE][+-]?[0-9]{1,2})?")
#: the same without a sign: levels of a book
UNSIGNED: Final = re.compile(PLAIN.pattern.removeprefix("-?"))
#: beyond every price and size that there is, and beyond every amount: in micro-USD SQL can add it up
BOUND, MONEY_BOUND = Decimal(10) ** 15, Decimal(10) ** 11
#: no venue's fee is a tenth of what was traded: such a one is a slip of digits
FEE_SHARE_MAX: Final = Decimal("0.1")
#: times a person could mean, in nanoseconds: 2001 to 2286
_TIME_MIN_NS, _TIME_MAX_NS = 10**18, 10**19


def number(raw: object) -> Decimal:
    """Exact, from text or from a JSON number; its size is below BOUND."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise TypeError(f"{type(raw).__name__} instead of a number")
    text = str(raw)
    if PLAIN.fullmatch(text) is None:
        raise ValueError(f"{text[:40]!r} is no number")
    value = Decimal(text)
    if abs(value) >= BOUND:
        raise ValueError(f"{text[:40]} is beyond every number meant")
    return value


def positive(raw: object) -> Decimal:
    """A number above 0."""
    value = not_negative(raw)
    if value == 0:
        raise ValueError(f"{value} is not above 0")
    return value


def not_negative(raw: object) -> Decimal:
    """A number that is 0 or above."""
    if isinstance(raw, str) and raw.startswith("-"):
        raise ValueError(f"{raw[:40]} is below 0")
    value = number(raw)
    if value < 0:
        raise ValueError(f"{value} is below 0")
    return value


def money(raw: object) -> Decimal:
    """An amount in USD."""
    value = number(raw)
    if abs(value) >= MONEY_BOUND:
        raise ValueError(f"{value} USD is beyond every amount meant")
    return value


def share(raw: object) -> Decimal:
    """A rate or margin: between -1 and 1, neither included."""
    value = number(raw)
    if abs(value) >= 1:
        raise ValueError(f"{value} is no rate")
    return value


def fee_of(raw: object, notional: Decimal) -> Decimal:
    """A fee for trading `notional`; a rebate is below 0."""
    value = number(raw)
    if notional >= MONEY_BOUND or abs(value) > FEE_SHARE_MAX * notional:
        raise ValueError(f"fee {value} of {notional}")
    return value


def whole(raw: object) -> int:
    """A whole number, from text or from a JSON integer."""
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise TypeError(f"{type(raw).__name__} instead of a whole number")
    if isinstance(raw, str) and not (raw.isascii() and raw.isdigit() and len(raw) <= 18):
        raise ValueError(f"{raw[:40]!r} is no whole number")
    return int(raw)


def word(raw: object) -> str:
    """An id or a name: text that is there and can be read."""
    if not isinstance(raw, str) or not raw or len(raw) > 128 or not raw.isprintable():
        raise ValueError(f"{str(raw)[:40]!r} is no name")
    return raw


def moment_ns(ns: int) -> int:
    """A venue's time in nanoseconds that a clock could show."""
    if not _TIME_MIN_NS <= ns < _TIME_MAX_NS:
        raise ValueError(f"{ns} is no time of these days")
    return ns

"""How the paper venues write numbers and times, and read them back. Pure; knows no message."""

import re
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal, InvalidOperation

NS_PER_SECOND = 1_000_000_000
NS_PER_MS = 1_000_000
#: longest number text that is worth parsing; longer ones are nonsense
NUMBER_CHARS_MAX = 40

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)
_NUMBER = re.compile(r"\d{1,20}(?:\.\d{1,20})?", re.ASCII)


def text(number: Decimal) -> str:
    """A number without exponent and without padding: `1656`, `0.001`."""
    if not number:
        return "0"
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def places(number: Decimal, digits: int) -> str:
    """A number cut, towards zero, to a fixed count of decimals: `34.100000`."""
    cut = number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_DOWN)
    return format(cut if cut else abs(cut), "f")


def iso(at_ns: int) -> str:
    """Nanoseconds UTC as `2023-02-26T12:00:00.000Z`."""
    moment = datetime.fromtimestamp(at_ns // NS_PER_SECOND, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ns % NS_PER_SECOND // NS_PER_MS:03d}Z"


def iso_ns(value: object) -> int | None:
    """Nanoseconds UTC of an ISO text that ends in `Z`; None for anything else."""
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * NS_PER_SECOND + moment.microsecond * 1000


def positive(value: object) -> Decimal | None:
    """A number above 0 from text such as `0.001`; None for anything else, exponents included."""
    number = amount(value)
    return number if number else None


def amount(value: object) -> Decimal | None:
    """A number of at least 0 from plain text; None for anything else."""
    if not isinstance(value, str) or len(value) > NUMBER_CHARS_MAX or not _NUMBER.fullmatch(value):
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def ms(at_ns: int) -> int:
    """Nanoseconds to whole milliseconds, as ApeX writes times."""
    return at_ns // NS_PER_MS

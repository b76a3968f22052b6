"""Client and deal ids: derived from what they stand for, so that a repeated step repeats its id and stays harmless."""

from dataclasses import dataclass
from typing import Final

from common.core.deal import Deal
from common.core.market import Venue

_VENUES = {venue.value[0]: venue for venue in Venue}


def deal_id(incarnation: str, market: str, number: int) -> str:
    """`k3f9-BTC-17`: the ledger file's incarnation, the market, its running number."""
    return f"{incarnation}-{market}-{number}"


def client_id(deal: str, venue: Venue, attempt: int) -> str:
    """`k3f9-BTC-17-d0`: the deal, the venue's initial, the running number of the order within the deal."""
    return f"{deal}-{venue.value[0]}{attempt}"


def next_attempt(deal: Deal) -> int:
    """The running number of the next order of `deal`."""
    return deal.attempts_from + len(deal.orders)


@dataclass(frozen=True, slots=True)
class OrderName:
    """What a client id says."""

    incarnation: str
    market: str
    number: int
    venue: Venue
    attempt: int

    @property
    def deal_id(self) -> str:
        """The deal that the order belongs to."""
        return deal_id(self.incarnation, self.market, self.number)


def order_name(text: str) -> OrderName | None:
    """The client id taken apart; None when it is not one that this program makes."""
    parts = text.split("-")
    if len(parts) != 4 or not all(parts) or not text.isascii():
        return None
    incarnation, market, number, leg = parts
    venue = _VENUES.get(leg[0])
    if venue is None or not number.isdigit() or not leg[1:].isdigit():
        return None
    name = OrderName(incarnation, market, int(number), venue, int(leg[1:]))
    return name if client_id(name.deal_id, venue, name.attempt) == text else None


#: what the client id of an order begins with that a person placed: it names no market, so that no worker takes it in
HAND: Final = "hand-"
DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def hand_id(at_ns: int) -> str:
    """A client id for an order by hand; two commands never share a nanosecond."""
    letters = ""
    while at_ns:
        at_ns, digit = divmod(at_ns, len(DIGITS))
        letters = DIGITS[digit] + letters
    return HAND + letters


def is_by_hand(client_id: str) -> bool:
    """Whether a person placed the order."""
    return client_id.startswith(HAND)

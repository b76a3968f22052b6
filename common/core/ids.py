"""Client and deal ids: derived from what they stand for, so that a repeated step repeats its id and stays harmless."""

from common.core.deal import Deal
from common.core.market import Venue


def deal_id(incarnation: str, market: str, number: int) -> str:
    """`k3f9-BTC-17`: the ledger file's incarnation, the market, its running number."""
    return f"{incarnation}-{market}-{number}"


def client_id(deal: str, venue: Venue, attempt: int) -> str:
    """`k3f9-BTC-17-d0`: the deal, the venue's initial, the running number of the order within the deal."""
    return f"{deal}-{venue.value[0]}{attempt}"


def next_attempt(deal: Deal) -> int:
    """The running number of the next order of `deal`."""
    return len(deal.orders)

"""The ten markets as the two paper venues list them. Constants only; clients must read them from the venue's answers.

dYdX figures are those of public dumps of 2022. For ApeX only BTC, and the grids of ETH, LINK and DOGE, stand in public
samples; the other ApeX rows are proposals on which the sizes traded here are legal.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from common.core.market import Instrument, Venue

QUOTE = {Venue.DYDX: "USD", Venue.APEX: "USDC"}
#: USDC as a STARK asset, the same id at both venues (mainnet), six decimals
COLLATERAL_ID = "0x02893294412a4c8f915f75892b395ebbf6859ec246ec365c3b1f56f47c3a0a5d"
COLLATERAL_RESOLUTION = 10**6
_SYNTHETIC_ID_BYTES = 15


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument with what the wire answers need besides: STARK ids and position caps (sizes in base)."""

    instrument: Instrument
    resolution: int
    synthetic_id: str
    baseline_position: Decimal
    incremental_position: Decimal
    incremental_initial_margin: Decimal
    max_position: Decimal

    def initial_margin(self, position: Decimal) -> Decimal:
        """The initial margin fraction of a position of this size: it grows in steps above the baseline."""
        beyond = abs(position) - self.baseline_position
        if beyond <= 0:
            return self.instrument.initial_margin
        steps = (beyond / self.incremental_position).to_integral_value(ROUND_CEILING)
        return self.instrument.initial_margin + self.incremental_initial_margin * steps


#: market: exponent of the resolution, baseline, incremental, maximum position, incremental initial margin
_CAPS: dict[str, tuple[int, str, str, str, str]] = {
    "BTC": (10, "25", "5", "500", "0.01"),
    "ETH": (9, "500", "100", "10000", "0.01"),
    "LINK": (7, "70000", "14000", "700000", "0.02"),
    "LTC": (8, "4500", "900", "45000", "0.02"),
    "AVAX": (7, "30000", "6000", "300000", "0.02"),
    "ATOM": (7, "70000", "14000", "700000", "0.02"),
    "DOGE": (5, "7000000", "1400000", "70000000", "0.02"),
    "BCH": (8, "2000", "400", "20000", "0.02"),
    "MATIC": (6, "1000000", "200000", "10000000", "0.02"),
    "SOL": (7, "15000", "3000", "150000", "0.02"),
}
MARKETS: tuple[str, ...] = tuple(_CAPS)

#: market: tick, step, minimum size, initial and maintenance margin fraction
_Row = tuple[str, str, str, str, str]
_DYDX: dict[str, _Row] = {
    "BTC": ("1", "0.0001", "0.001", "0.05", "0.03"),
    "ETH": ("0.1", "0.001", "0.01", "0.05", "0.03"),
    "LINK": ("0.001", "0.1", "1", "0.10", "0.05"),
    "LTC": ("0.1", "0.01", "0.1", "0.10", "0.05"),
    "AVAX": ("0.01", "0.1", "1", "0.10", "0.05"),
    "ATOM": ("0.01", "0.1", "1", "0.10", "0.05"),
    "DOGE": ("0.0001", "10", "100", "0.10", "0.05"),
    "BCH": ("0.1", "0.01", "0.1", "0.10", "0.05"),
    "MATIC": ("0.001", "1", "10", "0.10", "0.05"),
    "SOL": ("0.001", "0.1", "1", "0.10", "0.05"),
}
_APEX: dict[str, _Row] = {
    "BTC": ("0.5", "0.001", "0.001", "0.03333", "0.007"),
    "ETH": ("0.05", "0.01", "0.01", "0.03333", "0.007"),
    "LINK": ("0.001", "0.1", "0.1", "0.05", "0.03"),
    "LTC": ("0.01", "0.01", "0.01", "0.05", "0.03"),
    "AVAX": ("0.005", "0.1", "0.1", "0.05", "0.03"),
    "ATOM": ("0.001", "0.1", "0.1", "0.05", "0.03"),
    "DOGE": ("0.0001", "1", "1", "0.05", "0.03"),
    "BCH": ("0.05", "0.01", "0.01", "0.05", "0.03"),
    "MATIC": ("0.0001", "1", "1", "0.05", "0.03"),
    "SOL": ("0.005", "0.1", "0.1", "0.05", "0.03"),
}
_TABLES = {Venue.DYDX: _DYDX, Venue.APEX: _APEX}


def listings(venue: Venue, taker_fee: Decimal) -> dict[str, Listing]:
    """Every market of `venue` by base asset; `taker_fee` (fraction) goes into the instruments."""
    return {market: _listing(venue, market, taker_fee) for market in MARKETS}


def _listing(venue: Venue, market: str, taker_fee: Decimal) -> Listing:
    tick, step, min_size, initial, maintenance = (Decimal(text) for text in _TABLES[venue][market])
    exponent, *caps = _CAPS[market]
    baseline, incremental, maximum, margin_step = (Decimal(text) for text in caps)
    instrument = Instrument(
        venue, market, f"{market}-{QUOTE[venue]}", tick, step, min_size, taker_fee, initial, maintenance
    )
    synthetic_id = _synthetic_id(market, exponent)
    return Listing(instrument, 10**exponent, synthetic_id, baseline, incremental, margin_step, maximum)


def _synthetic_id(market: str, exponent: int) -> str:
    """ASCII of `BTC-10` in hex, padded on the right to fifteen bytes."""
    return "0x" + f"{market}-{exponent}".encode().ljust(_SYNTHETIC_ID_BYTES, b"\0").hex()

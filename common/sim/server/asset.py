"""The numbers of a listing that orders are signed over. Pure value."""

from dataclasses import dataclass

from common.sim.listings import COLLATERAL_ID, Listing


@dataclass(frozen=True, slots=True)
class Asset:
    """STARK ids of the synthetic and the collateral, and the synthetic's quantums per unit of base."""

    synthetic_id: int
    collateral_id: int
    resolution: int


def asset_of(listing: Listing) -> Asset:
    """The signed numbers of a listing."""
    return Asset(int(listing.synthetic_id, 16), int(COLLATERAL_ID, 16), listing.resolution)

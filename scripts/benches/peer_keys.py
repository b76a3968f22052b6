"""What both peers are given: where the venues answer, the keys of their accounts, and the official clients with them.

A peer is `python -m scripts.benches.peer_… KEYS_FOLDER DYDX_PORT APEX_PORT POSITION_ID`.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.compat import prepare_sdk_import
from common.core.market import Venue
from common.venues import keys
from common.venues.keys import Keys

SIZE = "0.05"
DYDX_NAME, APEX_NAME, APEX_BOOK = "BTC-USD", "BTC-USDC", "BTCUSDC"
#: the gap that makes a deal, as a fraction of price: above that of a book that is only armed, below that of the move
GAP_MIN = 0.0037
#: and the one below which the next deal may come
GAP_REST = 0.001
LIFE_S = 1000


@dataclass(frozen=True, slots=True)
class Given:
    """One peer's command line."""

    keys: dict[Venue, Keys]
    ports: dict[Venue, int]
    position_id: str

    @staticmethod
    def read() -> "Given":
        """From sys.argv."""
        folder, dydx, apex, position_id = sys.argv[1:]
        found = {venue: keys.read(venue, Path(folder) / f"{venue}config.ini") for venue in Venue}
        return Given(found, {Venue.DYDX: int(dydx), Venue.APEX: int(apex)}, position_id)

    def url(self, venue: Venue) -> str:
        """Where a venue answers."""
        return f"http://127.0.0.1:{self.ports[venue]}"

    def dydx(self) -> Any:
        """dYdX's official client."""
        prepare_sdk_import()
        from dydx3 import Client

        own = self.keys[Venue.DYDX]
        credentials = {"key": own.key, "secret": own.secret, "passphrase": own.passphrase}
        address = "0x" + "0" * 40
        return Client(
            host=self.url(Venue.DYDX),
            network_id=1,
            api_key_credentials=credentials,
            stark_private_key=own.private_key,
            default_ethereum_address=address,
        )

    def apex(self) -> Any:
        """ApeX's official client, with configuration and account read."""
        prepare_sdk_import()
        from apexpro.http_private_stark_key_sign import HttpPrivateStark

        own = self.keys[Venue.APEX]
        client = HttpPrivateStark(
            self.url(Venue.APEX),
            network_id=1,
            stark_public_key=own.public_key,
            stark_private_key=own.private_key,
            stark_public_key_y_coordinate=own.public_key_y_coordinate,
            api_key_credentials={"key": own.key, "secret": own.secret, "passphrase": own.passphrase},
        )
        client.configs()
        client.get_account()
        return client


class Trigger:
    """Says once per gap that there is a deal, and in which direction: +1 sell ApeX, -1 buy there."""

    def __init__(self) -> None:
        self._is_armed = True

    def direction(self, apex: tuple[float, float], dydx: tuple[float, float]) -> int:
        """0: none; each venue as best bid and best ask."""
        plus, minus = apex[0] / dydx[1] - 1, dydx[0] / apex[1] - 1
        if max(plus, minus) < GAP_REST:
            self._is_armed = True
        if not self._is_armed or max(plus, minus) < GAP_MIN:
            return 0
        self._is_armed = False
        return 1 if plus > minus else -1

"""[web] of arb.toml: whether the page is served, and where. Pure, checked once built."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from common.core.bounds import Within, Wrong, refuse_wrong

Port = Annotated[int, Within("1", "65535")]


@dataclass(frozen=True, slots=True)
class WebTerms:
    """`bind` is an address of this machine; one that others reach is taken only with `beyond_loopback`.

    `host`: the name by which a proxy asks for the page, beside localhost.
    """

    enabled: bool = True
    bind: str = "127.0.0.1"
    port: Port = 18710
    beyond_loopback: bool = False
    host: str = "localhost"

    def __post_init__(self) -> None:
        refuse_wrong("web", self, self._wrongs())

    def _wrongs(self) -> Iterator[Wrong]:
        try:
            address = ipaddress.ip_address(self.bind)
        except ValueError:
            yield Wrong(("bind",), "must be an address of this machine, for example 127.0.0.1")
            return
        if not address.is_loopback and not self.beyond_loopback:
            yield Wrong(
                ("bind", "beyond_loopback"),
                "would show the page to other machines: keep 127.0.0.1, or say beyond_loopback = true as well",
            )

    @property
    def is_open(self) -> bool:
        """Other machines reach it."""
        return not ipaddress.ip_address(self.bind).is_loopback

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        address = ipaddress.ip_address(self.bind)
        shown = "127.0.0.1" if address.is_unspecified else self.bind
        return f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}/"

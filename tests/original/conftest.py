"""The original's own scripts, taken out of its description and run in processes of their own against the paper venues.

The description is not ours and is not kept here: `ARB_ORIGINAL` names the file, and without it these tests are skipped.
A script runs as it stands there, byte for byte; `child/sitecustomize.py` leads the hosts to the paper venues and cuts
its waits short. Only what the description tells its reader to fill in (keys) is filled in.
"""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.market import Venue
from common.sim.accounts import AccountRecord, dydx_account_id
from common.sim.listings import listings
from common.venues import stark

CHILD = Path(__file__).parent / "child"
WAIT_S = 60.0
FENCE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
REAL_HOSTS = {Venue.DYDX: "https://api.dydx.exchange", Venue.APEX: "https://pro.apex.exchange"}
#: the first account of every Ganache chain, published with it, and what both clients derive from it: nobody's secret
ETHEREUM_KEY = "0x4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
ADDRESS = "0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1"
DYDX_STARK = "0x170d807cafe3d8b5758f3f698331d292bf5aeb71f6fd282f0831dee094ee891"
DYDX_API = {
    "api_key": "50fdcaa0-62b8-e827-02e8-a9520d46cb9f",
    "secret": "rdHdKDAOCa0B_Mq-Q9kh8Fz6rK3ocZNOhKB4QsR9",
    "passphrase": "12_1LuuJMZUxcj3kGBWc",
}
APEX_STARK = "0x4a2e2cbde814ed49382a2bd615069bf8aaf86687cb3358600179da0958336e9"
APEX_API = {"api_key": "4cb6e0ca-0b0c-0d0c-0000-000000000000", "secret": "c2VjcmV0", "passphrase": "pass"}
#: USD per base, about what the original saw
PRICES = {
    "BTC": "28800", "ETH": "1800", "LINK": "12", "LTC": "80", "AVAX": "14",
    "ATOM": "8", "DOGE": "0.07", "BCH": "240", "MATIC": "0.6", "SOL": "60",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """What a script wrote, and its exit code (negative: ended by us)."""

    out: str
    err: str
    code: int


class Script:
    """One running script; its lines are awaited, and it is ended when it has shown what it should."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process, self._lines, self._err = process, queue.Queue[str | None](), list[str]()
        self._said: list[str] = []
        self._readers = [threading.Thread(target=work, daemon=True) for work in (self._read, self._read_err)]
        for reader in self._readers:
            reader.start()

    def say(self, text: str) -> None:
        """Type a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def wait_for(self, text: str, times: int = 1) -> None:
        """Until so many more lines held this text; a script that ends before fails the test with what it said."""
        until_ns = clock.monotonic_ns() + int(WAIT_S * 10**9)
        while times:
            left_s = (until_ns - clock.monotonic_ns()) / 10**9
            line = self._lines.get(timeout=max(left_s, 0))
            assert line is not None, f"ended without {text!r}:\n{''.join(self._said)}\n{''.join(self._err)}"
            times -= text in line

    def ended(self) -> Ended:
        """What it said, once it has ended by itself."""
        code = self._process.wait(WAIT_S)
        for reader in self._readers:
            reader.join(WAIT_S)
        return Ended("".join(self._said), "".join(self._err), code)

    def end(self) -> Ended:
        """End it, with every process that it started, and see what it said."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        return self.ended()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._said.append(line)
            self._lines.put(line)
        self._lines.put(None)

    def _read_err(self) -> None:
        self._err.extend(self._process.stderr or ())


class Original:
    """The scripts of the description, a folder to run them in, and the venues that they meet there."""

    def __init__(self, blocks: list[str], folder: Path, house: Any) -> None:
        self.blocks, self.folder, self.house = blocks, folder, house
        self._running: list[Script] = []

    def write(self, **files: int) -> None:
        """Put scripts into files as they stand: name without ending, number of the script."""
        for name, number in files.items():
            self.write_text(f"{name}.py", self.blocks[number])

    def write_text(self, name: str, text: str) -> None:
        """Put a file there."""
        (self.folder / name).write_text(text)

    def write_keys(self) -> None:
        """Both ini files as the original has them."""
        self.write_text("dydxconfig.ini", f"[dydx]\neth_private_key = {ETHEREUM_KEY}\n")
        values = {"public_key": f"{self._apex.stark_x:#x}", "public_key_y_coordinate": f"{self._apex.stark_y:#x}"}
        values |= {"private_key": APEX_STARK, "key": APEX_API["api_key"]}
        values |= {name: APEX_API[name] for name in ("secret", "passphrase")}
        self.write_text("apexconfig.ini", "[apex]\n" + "".join(f"{name} = {v}\n" for name, v in values.items()))

    def supply_depths(self, count: int) -> None:
        """The `get_depth_data_…` modules that are called for and not shown, all ten, with `count` values each."""
        for market in PRICES:
            text = f"from supplied_depth import of\n\ncalculate_spread = of({market!r}, {count})\n"
            self.write_text(f"get_depth_data_{market.lower()}.py", text)

    def start(self, name: str, *, sleep_max_s: float = 0.2) -> Script:
        """Run a file of the folder."""
        hosts = {REAL_HOSTS[venue]: self.house.url(venue) for venue in Venue}
        binaries = str(Path(sys.executable).parent)
        environ = os.environ | {
            "ORIGINAL_HOSTS": json.dumps(hosts),
            "ORIGINAL_SLEEP_MAX_S": str(sleep_max_s),
            "PATH": f"{binaries}:{os.environ['PATH']}",
            "PYTHONPATH": f"{CHILD}:{os.environ.get('PYTHONPATH', '')}",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            "MPLBACKEND": "Agg",
        }
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = subprocess.Popen(
            [sys.executable, f"{name}.py"], cwd=self.folder, env=environ, text=True, start_new_session=True, **pipes
        )
        script = Script(process)
        self._running.append(script)
        return script

    def run(self, number: int, filled_in: Mapping[str, str] | None = None, typed: str = "") -> Ended:
        """Run one script to its end, with the places that its reader fills in filled, and a line typed if it asks."""
        text = self.blocks[number]
        for place, value in (filled_in or {}).items():
            assert place in text, f"script {number} has no {place!r}"
            text = text.replace(place, value)
        self.write_text("script.py", text)
        script = self.start("script")
        if typed:
            script.say(typed)
        return script.ended()

    def close(self) -> None:
        """End what still runs."""
        for script in self._running:
            script.end()

    # --- what the venues know

    def orders(self, venue: Venue) -> list[Any]:
        """Every order of the account, newest first."""
        account_id = self.house.accounts[venue].account_id
        return self.house.call(lambda: list(self.house.engines[venue].orders(account_id)))  # type: ignore[no-any-return]

    def statuses(self, venue: Venue) -> list[str]:
        """What became of every order, newest first."""
        return [order.status for order in self.orders(venue)]

    def positions(self, venue: Venue) -> dict[str, Decimal]:
        """Signed size by market, open positions alone."""
        account_id = self.house.accounts[venue].account_id
        view = self.house.call(lambda: self.house.engines[venue].account(account_id))
        return {held.market: held.size for held in view.positions}

    def equity(self) -> Decimal:
        """USDC at both venues together."""
        ids = {venue: self.house.accounts[venue].account_id for venue in Venue}
        return self.house.call(  # type: ignore[no-any-return]
            lambda: sum(self.house.engines[venue].account(name).equity for venue, name in ids.items())
        )

    def move(self, market: str, venue: Venue, bps: int) -> None:
        """Show a market's book at one venue so many basis points off its middle."""
        self.house.show(venue, market, self.house.middles[venue][market] * bps // 10_000)

    @property
    def _apex(self) -> AccountRecord:
        return self.house.accounts[Venue.APEX]  # type: ignore[no-any-return]


def _account(venue: Venue, private: str, account_id: str, position_id: int, api: dict[str, Any]) -> AccountRecord:
    x, y = stark.public_key(int(private, 16))
    blank = AccountRecord(venue, account_id, position_id, x, y, ADDRESS, "", "", "")
    return replace(blank, **api)


def _accounts() -> dict[Venue, AccountRecord]:
    """The accounts of the Ethereum key, as onboarding makes them."""
    return {
        Venue.DYDX: _account(Venue.DYDX, DYDX_STARK, dydx_account_id(ADDRESS), 1812, DYDX_API),
        Venue.APEX: _account(Venue.APEX, APEX_STARK, "330547708362228116", 330547708362228116, APEX_API),
    }


def _middles(prices: Mapping[str, str]) -> dict[Venue, dict[str, int]]:
    """Prices in ticks of each venue."""
    found = {venue: listings(venue, Decimal(0)) for venue in Venue}
    return {
        venue: {market: int(Decimal(price) / rows[market].instrument.tick) for market, price in prices.items()}
        for venue, rows in found.items()
    }


@pytest.fixture(scope="session")
def blocks() -> list[str]:
    """The description's pieces of Python, numbered from 1 in their order."""
    named = os.environ.get("ARB_ORIGINAL")
    if not named:
        pytest.skip("ARB_ORIGINAL does not name the original's description")
    return ["", *FENCE.findall(Path(named).read_text())]


@pytest.fixture
def make_original(
    blocks: list[str], make_paper_house: Callable[..., Any], tmp_path: Path
) -> Iterator[Callable[..., Original]]:
    """Makes the scripts' world; `prices` replace ours, and nobody is known there who has not onboarded."""
    made: list[Original] = []

    def make(*, onboarded: bool = True, **prices: str) -> Original:
        house = make_paper_house(middles=_middles(PRICES | prices), accounts=_accounts() if onboarded else None)
        folder = tmp_path / f"scripts-{len(made)}"
        folder.mkdir()
        original = Original(blocks, folder, house)
        made.append(original)
        original.write_keys()
        return original

    yield make
    for original in made:
        original.close()


@pytest.fixture
def original(make_original: Callable[..., Original]) -> Original:
    """The scripts, and venues whose books agree."""
    return make_original()

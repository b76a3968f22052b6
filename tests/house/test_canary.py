"""No secret gets out: real processes with known keys, provoked in every way, and all that they left is searched."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.market import Venue
from common.venues import keys

ROOT = Path(__file__).resolve().parents[2]
BOUND_S = 40
SECOND = 1_000_000_000
#: stands for any secret of the person's environment
ENVIRON_SECRET = "c4n4ry-of-the-environment"
COMMANDS = ("config show --json", "config check --json", "status --json", "positions --json", "journal --json",
            "deals --json", "count --json", "audit --json", "ledger verify --json", "count", "config show")  # fmt: skip

pytestmark = [pytest.mark.fleet, pytest.mark.slow]


class House:
    """A folder with its own arb.toml; the processes started in it, and all that they said."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, folder / "said"
        self.said.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
            ports = one.getsockname()[1], other.getsockname()[1]
        text = (ROOT / "arb.toml").read_text().split("[markets.ETH]")[0]
        (folder / "arb.toml").write_text(text.replace("18701", str(ports[0])).replace("18702", str(ports[1])))
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        """Start a module of ours in Python's development mode, which says more than usual."""
        environ = os.environ | {"ARB_CONFIG": str(self.folder / "arb.toml"), "ARB_SECRET": ENVIRON_SECRET}
        with (self.said / f"{len(self.started)}-{name}").open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-X", "dev", "-m", *words], cwd=ROOT, env=environ, stdout=file, stderr=file
            )
        self.started.append(process)
        return process

    def says(self, word: str) -> Callable[[], bool]:
        """Whether somebody said this."""
        return lambda: any(word in path.read_text() for path in self.said.iterdir())

    def key_file(self, venue: Venue) -> Path:
        """Where the paper venue put our keys."""
        return self.folder / "var" / "paper" / f"{venue.value}config.ini"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    for process in made.started:
        process.kill()
        process.wait()


def wait_for(fact: Callable[[], bool]) -> None:
    until_ns = clock.monotonic_ns() + BOUND_S * SECOND
    while not fact():
        assert clock.monotonic_ns() < until_ns, "waited in vain"
        signal.sigtimedwait([], 0.1)


def forms(secret: str) -> set[bytes]:
    """A secret as it is, in base64 of both kinds, in hex, and as a number."""
    raw = secret.encode()
    found = {raw, base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"="), raw.hex().encode()}
    return found | ({str(int(secret, 16)).encode()} if all(c in "0123456789abcdef" for c in secret) else set())


def secrets_of(house: House) -> dict[str, str]:
    """Every secret of both key files, by a name for it."""
    found = {"environment": ENVIRON_SECRET}
    for venue in Venue:
        own = keys.read(venue, house.key_file(venue))
        found |= {f"{venue} {name}": getattr(own, name) for name in ("private_key", "key", "secret", "passphrase")}
    return found


def replaced(path: Path, name: str, value: str) -> None:
    """One line of a key file says something else."""
    lines = path.read_text().splitlines()
    path.write_text("\n".join(f"{name} = {value}" if line.startswith(f"{name} =") else line for line in lines))


def worker_with(house: House, name: str, value: str) -> int:
    """The exit code of a worker whose dYdX key file has another value, put back afterwards."""
    path = house.key_file(Venue.DYDX)
    good = path.read_text()
    replaced(path, name, value)
    code = house.start("worker", "workers.arb", "BTC").wait(BOUND_S)
    path.write_text(good)
    return code


def test_no_secret_is_in_any_log_file_process_or_answer(house: House) -> None:
    house.start("sim", "workers.sim")
    wait_for(house.says("serving"))
    found = secrets_of(house)

    assert worker_with(house, "passphrase", "c4n4ry-refused-by-the-venue") == 3
    assert worker_with(house, "private_key", "c4n4ry-that-is-no-number") == 3
    assert worker_with(house, "secret", "c4n4ry-not-base64!") == 3
    found |= {"refused": "c4n4ry-refused", "malformed": "c4n4ry-that", "base64": "c4n4ry-not"}

    worker, warden = house.start("worker", "workers.arb", "BTC"), house.start("warden", "workers.warden")
    wait_for(house.says("trading"))
    wait_for(house.says("watching"))
    public = [Path(f"/proc/{p.pid}/cmdline").read_bytes() for p in house.started if p.poll() is None]
    public += [
        Path(f"/proc/{p.pid}/environ").read_bytes().replace(ENVIRON_SECRET.encode(), b"") for p in (worker, warden)
    ]
    for line in COMMANDS:
        asked = house.start("arbctl", "scripts.arbctl", "--config", str(house.folder / "arb.toml"), *line.split())
        assert asked.wait(BOUND_S) in (0, 1), line
    # a crash with a traceback: the ledger is spoiled under the worker
    spoiled = house.folder / "var" / "ledger.db"
    with spoiled.open("r+b") as file:
        file.write(b"\xff" * spoiled.stat().st_size)
    assert worker.wait(BOUND_S) == 1
    warden.send_signal(signal.SIGTERM)
    warden.wait(BOUND_S)

    assert house.says("Traceback")()
    left = {str(p): p.read_bytes() for p in house.folder.rglob("*") if p.is_file() and p.suffix != ".ini"}
    left |= {f"process {number}": text for number, text in enumerate(public)}
    leaks = [f"{name} in {where}" for where, text in left.items() for name, secret in found.items()
             if any(form in text for form in forms(secret))]  # fmt: skip
    assert not leaks


def onboarded(house: House, typed: str, *words: str, **environ: str) -> None:
    """arbctl run with a secret on stdin or in its environment; what it said is kept."""
    base = {"ARB_CONFIG": str(house.folder / "arb.toml"), "ARB_SECRET": ENVIRON_SECRET}
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "scripts.arbctl", *words],
        cwd=ROOT, env=os.environ | base | environ, input=typed.encode(), capture_output=True, check=False,
    )  # fmt: skip
    (house.said / f"arbctl-{len(list(house.said.iterdir()))}").write_bytes(done.stdout + done.stderr)
    assert done.returncode in (0, 1, 3), done.stderr


def test_onboarding_leaves_no_secret_but_in_the_files_that_are_for_it(house: House) -> None:
    eth_key, passphrase = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d", "c4n4ry-passphrase"
    store = str(house.folder / "eth.json")
    sim = house.start("sim", "workers.sim")
    wait_for(house.says("serving"))
    onboarded(house, f"{eth_key}\n", "onboard", "dydx")
    onboarded(house, "", "onboard", "apex", ARB_ETH_PRIVATE_KEY=eth_key)
    found = {"eth key": eth_key, "passphrase": passphrase, "typed wrongly": "c4n4ry-typed-wrongly"}
    for venue in Venue:
        own = keys.read(venue, house.folder / f"{venue}config.ini")
        found |= {f"{venue} {name}": getattr(own, name).removeprefix("0x") for name in keys.SECRETS}
    onboarded(house, f"{eth_key}\n", "keys", "encrypt", store, ARB_ETH_PASSPHRASE=passphrase)
    onboarded(house, f"{passphrase}\n", "keys", "seal")
    for words in ("keys show --json", "keys check --json", "keys check", "onboard dydx --force --json"):
        onboarded(house, f"{eth_key}\n", *words.split(), ARB_KEYS_PASSPHRASE=passphrase)
        onboarded(house, "c4n4ry-typed-wrongly\n", *words.split(), ARB_KEYS_PASSPHRASE="c4n4ry-typed-wrongly")
    sim.kill()
    sim.wait()
    onboarded(house, f"{eth_key}\n", "onboard", "apex", "--force")

    meant = {house.folder / "var" / "accounts" / f"{venue}.jsonl" for venue in Venue}
    kept = [p for p in house.folder.rglob("*") if p.is_file() and p not in meant and ".ini" not in p.name]
    left = {str(p): p.read_bytes() for p in kept} | {
        f"sealed {venue}": (house.folder / f"{venue}config.ini").read_bytes() for venue in Venue
    }
    assert house.folder / "eth.json" in kept
    leaks = [f"{name} in {where}" for where, text in left.items() for name, secret in found.items()
             if any(form in text for form in forms(secret))]  # fmt: skip
    assert not leaks


def test_the_search_finds_what_there_is(tmp_path: Path) -> None:
    secret = "abcdef0123456789"
    for text in (secret, base64.b64encode(secret.encode()).decode(), secret.encode().hex(), str(int(secret, 16))):
        assert any(form in text.encode() for form in forms(secret))
    assert not any(form in json.dumps({"a": 1}).encode() for form in forms(secret))


def test_a_traceback_has_no_values_of_variables(house: House) -> None:
    crash: Any = (
        "from common import process_main, log\n"
        "from common.core.market import Venue\n"
        "from common.venues.keys import Keys\n"
        "def work(logger):\n"
        "    own = Keys(Venue.DYDX, 'p', 'q', 'c4n4ry-key', 'c4n4ry-api', 'c4n4ry-secret', 'c4n4ry-pass')\n"
        "    log.conceal(own.key, own.secret)\n"
        "    raise RuntimeError(f'{own} {own.secret} {own.key}')\n"
        "raise SystemExit(process_main.run('crash', work))\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", crash], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr and "[concealed]" in done.stderr
    assert "c4n4ry" not in done.stderr.replace("'c4n4ry-", "'source-line-")

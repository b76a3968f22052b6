"""arb.toml against what the running workers go by: which do, which do not, and in what."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock, kept_settings, settings
from common.ledger.ledger import Ledger
from common.version import code_version

SECOND_NS = 1_000_000_000


class Workers:
    """A folder whose workers gave a sign of life under the settings that arb.toml had then."""

    def __init__(self, folder: Path, call: Any) -> None:
        self.file, self.folder, self.call = folder / "arb.toml", folder, call
        self.first = self.hash

    @property
    def hash(self) -> str:
        return settings.load(self.file).hash

    def beat(self, market: str, config_hash: str, program: str = "", age_s: int = 0) -> None:
        at_ns = clock.now_ns() - age_s * SECOND_NS
        file, named = self.folder / "var" / "ledger.db", program or code_version()
        with Ledger.create(file, created_ns=1, config_hash=config_hash, code_version=named, pid=1) as ledger:
            ledger.heartbeat(market, "edge", decided_ns=at_ns, at_ns=at_ns)

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new, 1))

    def differing(self) -> dict[str, list[str]]:
        """By worker what differs, as told to machines; the exit code says whether anything does."""
        said = self.call("config", "diff", "--running", "--json")
        found = {row["market"]: row["differs"] for row in said.data["workers"]}
        assert said.code == (1 if any(found.values()) else 0)
        return found


@pytest.fixture
def workers(arbctl_in: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Workers:
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(folder / "arb.toml"))
    workers = Workers(folder, arbctl_in(folder))
    kept_settings.keep(settings.load())
    return workers


def size_of(market: str, workers: Workers) -> Decimal:
    return settings.load(workers.file).terms(market).size


def test_workers_that_go_by_the_file_differ_in_nothing(workers: Workers) -> None:
    for market in ("BTC", "ETH"):
        workers.beat(market, workers.hash)
    assert workers.differing() == {"BTC": [], "ETH": []}
    said = workers.call("config", "diff", "--running")
    assert "BTC, ETH" in said.out and "nothing" in said.out, "one line for all of which the same is to be said"


def test_an_edited_key_is_told_with_both_values(workers: Workers) -> None:
    workers.beat("BTC", workers.hash)
    workers.edit("edge_min_bps = 1", "edge_min_bps = 7")
    workers.beat("ETH", workers.hash)
    assert workers.differing() == {"BTC": ["strategy.edge_min_bps: goes by 1, the file has 7"], "ETH": []}
    assert "arbctl config reload" in workers.call("config", "diff", "--running").err


def test_of_a_worker_that_took_a_part_up_only_what_waits_is_told(workers: Workers) -> None:
    size = size_of("BTC", workers)
    workers.edit(f'size = "{size}"', 'size = "0.002"')
    workers.edit("edge_min_bps = 1", "edge_min_bps = 7")
    workers.beat("BTC", f"{workers.first}+{workers.hash}")
    assert workers.differing() == {"BTC": [f"markets.BTC.size: goes by {size}, the file has 0.002"]}


def test_a_part_that_was_taken_up_and_edited_again_is_told_beside_what_waits_each_once(workers: Workers) -> None:
    size = size_of("BTC", workers)
    workers.edit(f'size = "{size}"', 'size = "0.002"')
    workers.edit("edge_min_bps = 1", "edge_min_bps = 7")
    kept_settings.keep(settings.load())
    workers.beat("BTC", f"{workers.first}+{workers.hash}")
    workers.edit("edge_min_bps = 7", "edge_min_bps = 9")
    workers.edit('size = "0.002"', 'size = "0.003"')
    assert workers.differing()["BTC"] == [
        "strategy.edge_min_bps: goes by 7, the file has 9",
        f"markets.BTC.size: goes by {size}, the file has 0.003",
    ]


def test_without_a_copy_it_is_said_that_the_keys_cannot_be_told(workers: Workers) -> None:
    workers.beat("BTC", "0123456789ab")
    assert workers.differing() == {"BTC": ["cannot be told: no copy of 0123456789ab is kept"]}


def test_a_comment_is_no_setting(workers: Workers) -> None:
    workers.beat("BTC", workers.hash)
    workers.file.write_text(workers.file.read_text() + "# a word\n")
    assert workers.differing() == {"BTC": ["comments, or what $ARB_PAPER_… overrides"]}


def test_another_program_is_named(workers: Workers) -> None:
    workers.beat("BTC", workers.hash, program="0.0.1+00000000")
    assert workers.differing() == {"BTC": ["another program: 0.0.1+00000000"]}


def test_who_gave_no_sign_of_life_lately_does_not_run(workers: Workers) -> None:
    workers.beat("BTC", "0123456789ab", age_s=3600)
    assert workers.differing() == {}
    assert "counts from their start" in workers.call("config", "diff", "--running").out


def test_the_copy_is_private_and_only_of_the_very_file_that_was_read(workers: Workers) -> None:
    (copy,) = (workers.folder / "var" / "settings").iterdir()
    assert copy.name == f"{workers.first}.toml" and copy.stat().st_mode & 0o777 == 0o600
    read = settings.load(workers.file)
    workers.edit("edge_min_bps = 1", "edge_min_bps = 7")
    copy.unlink()
    kept_settings.keep(read)
    assert not list(copy.parent.iterdir()), "the file was edited between"


def test_the_oldest_copies_go(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_settings, "MOST", 2)
    names = [workers.first]
    for bps in (7, 8):
        workers.file.write_text(workers.file.read_text() + f"# {bps}\n")
        names.append(workers.hash)
        kept_settings.keep(settings.load())
    assert {copy.stem for copy in (workers.folder / "var" / "settings").iterdir()} == set(names[1:])


def test_a_disk_that_takes_no_copy_harms_nothing(workers: Workers) -> None:
    (workers.folder / "var" / "settings" / f"{workers.first}.toml").unlink()
    (workers.folder / "var" / "settings").rmdir()
    (workers.folder / "var" / "settings").write_text("in the way")
    kept_settings.keep(settings.load())

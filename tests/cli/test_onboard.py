"""`arbctl onboard` and `arbctl keys`: from an Ethereum key to keys that both paper venues take, and no secret said."""

import configparser
import io
import json
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from common import settings
from common.core.market import Venue
from common.venues import keys
from scripts.key_troubles import key_troubles

ROOT = Path(__file__).resolve().parents[2]
#: the first account of every Ganache chain, published with it: nobody's secret
ETH_KEY = "4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
ADDRESS = "0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1"
STARK_KEY = "0x170d807cafe3d8b5758f3f698331d292bf5aeb71f6fd282f0831dee094ee891"
PASSPHRASE = "correct horse battery"


@dataclass
class Desk:
    """A person's folder with arb.toml, and arbctl run in it; remembers all that was ever said."""

    folder: Path
    call: Callable[..., Any]
    patch: pytest.MonkeyPatch
    said: str = ""

    def __call__(self, *words: str, typed: str = "", code: int = 0) -> Any:
        self.patch.setattr(sys, "stdin", io.StringIO(typed))
        found = self.call(*words)
        self.said += found.out + found.err
        assert found.code == code, found.err
        return found

    def file(self, venue: Venue) -> Path:
        return self.folder / f"{venue}config.ini"

    def section(self, venue: Venue) -> dict[str, str]:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(self.file(venue))
        return dict(parser.items(venue.value))


@pytest.fixture
def desk(tmp_path: Path, paper_house: Any, arbctl_in: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "folder"
    folder.mkdir()
    text = (ROOT / "arb.toml").read_text().replace('faults = "none"', 'faults = "none"\naccounts = "onboarded"')
    ports = paper_house.ports
    text = text.replace("18701", str(ports[Venue.DYDX])).replace("18702", str(ports[Venue.APEX]))
    (folder / "arb.toml").write_text(text)
    for name in ("ARB_CONFIG", "ARB_ETH_PRIVATE_KEY", "ARB_ETH_PASSPHRASE", "ARB_KEYS_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    return Desk(folder, arbctl_in(folder), monkeypatch)


def secrets_of(desk: Desk) -> list[str]:
    found = [ETH_KEY, ETH_KEY.upper(), PASSPHRASE]
    for venue in Venue:
        held = keys.read(venue, desk.file(venue), {"ARB_KEYS_PASSPHRASE": PASSPHRASE})
        found += [getattr(held, name).removeprefix("0x") for name in keys.SECRETS]
    return found


def test_both_venues_are_onboarded_and_take_the_keys(desk: Desk) -> None:
    for venue in Venue:
        desk("onboard", venue.value, typed=f"0x{ETH_KEY}\n")
        assert stat.S_IMODE(desk.file(venue).stat().st_mode) == 0o600
        section = desk.section(venue)
        assert section["ethereum_address"] == ADDRESS and "eth_private_key" not in section
        assert list(section)[:6] == list(keys.FIELDS)
    assert desk.section(Venue.DYDX)["private_key"] == STARK_KEY
    checked = json.loads(desk("keys", "check", "--json").out)
    assert [(one["venue"], one["good"], one["equity_usd"]) for one in checked] == [
        ("dydx", True, "1000.00"),
        ("apex", True, "1000.00"),
    ]
    shown = json.loads(desk("keys", "show", "--json").out)
    assert [one["mode"] for one in shown] == ["600", "600"] and all(len(one["keys"]) == 6 for one in shown)
    assert shown[0]["about"]["account_id"] == "59609ad5-3bf3-544b-9fba-836a7567fa74"
    desk("keys", "show")
    assert not [secret for secret in secrets_of(desk) if secret in desk.said]


def test_the_key_may_come_from_the_environment_or_a_keystore(desk: Desk) -> None:
    desk.patch.setenv("ARB_ETH_PRIVATE_KEY", ETH_KEY)
    desk("onboard", "dydx")
    before = desk.section(Venue.DYDX)
    desk("keys", "encrypt", "eth.json", typed=f"{PASSPHRASE}\n")
    desk.patch.delenv("ARB_ETH_PRIVATE_KEY")
    (desk.folder / "pass").write_text(f"{PASSPHRASE}\n")
    words = ("onboard", "dydx", "--keystore", "eth.json", "--passphrase-file", "pass", "--force")
    assert "chmod 600 pass" in desk(*words, code=3).err
    (desk.folder / "pass").chmod(0o600)
    answer = json.loads(desk(*words, "--json").out)
    assert answer["how"] == "recovered" and desk.section(Venue.DYDX) == before
    assert ETH_KEY not in (desk.folder / "eth.json").read_text() and ETH_KEY not in desk.said
    assert stat.S_IMODE((desk.folder / "eth.json").stat().st_mode) == 0o600


def test_nothing_is_overwritten_unless_told_to_and_then_it_is_kept(desk: Desk) -> None:
    desk.file(Venue.DYDX).write_text(f"[dydx]\neth_private_key = {ETH_KEY}\n")
    desk.file(Venue.DYDX).chmod(0o644)
    assert "--force" in desk("onboard", "dydx", typed=f"{ETH_KEY}\n", code=3).err
    answer = json.loads(desk("onboard", "dydx", "--force", "--json", typed=f"{ETH_KEY}\n").out)
    aside = Path(answer["kept_aside"])
    assert "eth_private_key" in aside.read_text() and stat.S_IMODE(aside.stat().st_mode) == 0o600
    desk("keys", "check", "dydx")
    assert not [path.name for path in desk.folder.iterdir() if path.name.endswith(".new")]


def test_a_refused_onboarding_leaves_the_old_file_alone(desk: Desk, paper_house: Any) -> None:
    desk("onboard", "apex", typed=f"{ETH_KEY}\n")
    before = desk.file(Venue.APEX).read_text()
    paper_house.call(lambda: paper_house.mouths[Venue.APEX].dismiss(desk.section(Venue.APEX)["key"]))
    other = "6cbed15c793ce57650b9877cf6fa156fbef513c4e6134f022a85b1ffdd59b2a1"
    desk("onboard", "apex", "--force", typed="not a key\n", code=3)
    assert desk.file(Venue.APEX).read_text() == before
    assert json.loads(desk("keys", "check", "apex", "--json", code=1).out)[0]["good"] is False
    desk("onboard", "apex", "--force", typed=f"{other}\n")
    desk("keys", "check", "apex")


def test_deleted_default_credentials_are_replaced(desk: Desk, paper_house: Any) -> None:
    desk("onboard", "dydx", typed=f"{ETH_KEY}\n")
    default = desk.section(Venue.DYDX)["key"]
    paper_house.call(lambda: paper_house.mouths[Venue.DYDX].dismiss(default))
    answer = json.loads(desk("onboard", "dydx", "--force", "--json", typed=f"{ETH_KEY}\n").out)
    assert answer["how"] == "renewed" and desk.section(Venue.DYDX)["key"] != default
    desk("keys", "check", "dydx")


def test_sealed_keys_open_with_the_passphrase_alone(desk: Desk) -> None:
    desk.patch.setenv("ARB_KEYS_PASSPHRASE", PASSPHRASE)
    desk("onboard", "dydx", "--seal", typed=f"{ETH_KEY}\n")
    section = desk.section(Venue.DYDX)
    assert "private_key" not in section and STARK_KEY[2:] not in desk.file(Venue.DYDX).read_text()
    desk("keys", "check", "dydx")
    # what was sealed stays so
    desk("onboard", "dydx", "--force", typed=f"{ETH_KEY}\n")
    assert "sealed" in desk.section(Venue.DYDX)
    fingerprints = json.loads(desk("keys", "show", "dydx", "--json").out)[0]["keys"]
    desk.patch.setenv("ARB_KEYS_PASSPHRASE", "another passphrase")
    assert "another passphrase, or" in desk("keys", "check", "dydx", code=1).err
    desk.patch.delenv("ARB_KEYS_PASSPHRASE")
    assert "is sealed: set ARB_KEYS_PASSPHRASE" in desk("keys", "check", "dydx", code=1).err
    assert [one["name"] for one in json.loads(desk("keys", "show", "dydx", "--json").out)[0]["keys"]] == [
        "public_key",
        "public_key_y_coordinate",
    ]
    desk.patch.setenv("ARB_KEYS_PASSPHRASE", PASSPHRASE)
    assert "--yes" in desk("keys", "unseal", "dydx", code=3).err
    desk("keys", "unseal", "dydx", "--yes")
    again = json.loads(desk("keys", "show", "dydx", "--json").out)[0]["keys"]
    assert [one["fingerprint"] for one in again] == [one["fingerprint"] for one in fingerprints]
    assert json.loads(desk("keys", "seal", "--json").out) == {"sealed": [str(desk.file(Venue.DYDX))]}
    desk("onboard", "apex", typed=f"{ETH_KEY}\n")
    assert not [secret for secret in secrets_of(desk) if secret in desk.said]


def test_run_says_which_keys_the_workers_will_miss(desk: Desk) -> None:
    desk("onboard", "dydx", typed=f"{ETH_KEY}\n")
    config = settings.load(desk.folder / "arb.toml", {})
    (missing,) = key_troubles(config)
    assert "arbctl onboard apex makes it" in missing
    desk.patch.setenv("ARB_KEYS_PASSPHRASE", PASSPHRASE)
    desk("onboard", "apex", "--seal", typed=f"{ETH_KEY}\n")
    assert key_troubles(config) == []
    desk.patch.delenv("ARB_KEYS_PASSPHRASE")
    assert [sentence for sentence in key_troubles(config) if "is sealed" in sentence] == key_troubles(config) != []
    text = (desk.folder / "arb.toml").read_text().replace('accounts = "onboarded"', "")
    (desk.folder / "arb.toml").write_text(text)
    assert key_troubles(settings.load(desk.folder / "arb.toml", {})) == []


def test_the_environment_outranks_the_file_and_is_named(desk: Desk) -> None:
    desk("onboard", "dydx", typed=f"{ETH_KEY}\n")
    section = desk.section(Venue.DYDX)
    desk.patch.setenv("ARB_DYDX_PASSPHRASE", "c4n4ry-of-another")
    assert json.loads(desk("keys", "check", "dydx", "--json", code=1).out)[0]["good"] is False
    assert "$ARB_DYDX_PASSPHRASE" in desk("keys", "show", "dydx").out
    for name in keys.SECRETS:
        desk.patch.setenv(keys.variable(Venue.DYDX, name), section[name])
    desk.file(Venue.DYDX).unlink()
    desk("keys", "check", "dydx")
    desk.patch.setenv("ARB_DYDX_PRIVATE_KEY", "zz")
    assert "hexadecimal" in json.loads(desk("keys", "check", "dydx", "--json", code=1).out)[0]["says"]
    assert "c4n4ry" not in desk.said


@pytest.mark.parametrize("typed", ["", "zz", "0x12", "0" * 64, "f" * 64, ETH_KEY + "00"])
def test_what_is_no_ethereum_key_is_one_sentence(desk: Desk, typed: str) -> None:
    said = desk("onboard", "dydx", typed=f"{typed}\n", code=3)
    assert said.out == "" and len(said.err.splitlines()) == 1
    assert not typed or typed not in said.err


def test_a_venue_that_does_not_run_is_said(desk: Desk) -> None:
    text = (desk.folder / "arb.toml").read_text()
    (desk.folder / "arb.toml").write_text(
        text.replace("dydx_port = ", "dydx_port = 1 # ").replace("apex_port = ", "apex_port = 2 # ")
    )
    for venue in Venue:
        assert "./scripts/run" in desk("onboard", venue.value, typed=f"{ETH_KEY}\n", code=1).err
        assert not desk.file(venue).exists()
    assert "Traceback" not in desk.said


def test_a_keystore_is_made_read_and_never_overwritten(desk: Desk) -> None:
    (desk.folder / "pass").write_text(PASSPHRASE)
    (desk.folder / "pass").chmod(0o600)
    made = json.loads(desk("keys", "new", "eth.json", "--passphrase-file", "pass", "--json").out)
    assert "not overwritten" in desk("keys", "new", "eth.json", "--passphrase-file", "pass", code=3).err
    desk.patch.setenv("ARB_ETH_PASSPHRASE", PASSPHRASE)
    desk("onboard", "dydx", "--keystore", "eth.json")
    assert desk.section(Venue.DYDX)["ethereum_address"] == made["ethereum_address"]
    desk.patch.setenv("ARB_ETH_PASSPHRASE", "another one")
    assert "another passphrase" in desk("onboard", "apex", "--keystore", "eth.json", code=3).err
    (desk.folder / "pass").write_text("short")
    assert "fewer than 8" in desk("keys", "new", "other.json", "--passphrase-file", "pass", code=3).err


NO_KEYSTORES = (
    "",
    "[]",
    "{}",
    "not json",
    '{"crypto": {}}',
    '{"crypto": {"kdfparams": {"n": 9e9}}}',
    '{"version": 3, "crypto": {"kdf": "scrypt", "kdfparams": {"n": 2}}}',
)


@pytest.mark.parametrize("content", NO_KEYSTORES)
def test_what_is_no_keystore_is_one_sentence(desk: Desk, content: str) -> None:
    path = desk.folder / "eth.json"
    path.write_text(content)
    path.chmod(0o600)
    desk.patch.setenv("ARB_ETH_PASSPHRASE", PASSPHRASE)
    said = desk("onboard", "dydx", "--keystore", "eth.json", code=3)
    assert len(said.err.splitlines()) == 1 and "eth.json" in said.err

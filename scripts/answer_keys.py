"""`arbctl keys`: fingerprints of what there is, whether the venues take it, and encrypted files. Never a secret."""

import asyncio
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from common.core.errors import ArbError, ConfigError
from common.core.market import Venue
from common.settings import Settings
from common.venues import eth_key, key_file, keys, stark
from common.venues.adapters import make_desk
from common.venues.keys import Found, Keys
from scripts import render
from scripts.render import Answer

_DIGITS = 12
#: of what a key file notes for people, what fits a line; --json has all of it
_NOTED = ("account_id", "host")
_COLUMNS = ("venue", "key", "fingerprint", "from")


@dataclass(frozen=True, slots=True)
class Place:
    """A key file and who reads it."""

    venue: Venue
    path: Path
    is_used: bool
    #: whether the environment stands in for what it says
    environ: bool

    def find(self) -> Found:
        """What is in it; sealed secrets may stay sealed."""
        return keys.find(self.venue, self.path, os.environ if self.environ else {}, may_stay_sealed=True)


def venues(name: str | None) -> tuple[Venue, ...]:
    """The venue that a person named, or both; misuse when there is no such one."""
    if name is None:
        return tuple(Venue)
    if name not in tuple(Venue):
        raise typer.BadParameter(f"no venue {name}; there are {', '.join(Venue)}")
    return (Venue(name),)


def fingerprint(name: str, value: str) -> str:
    """A short name for a value that cannot be turned back into it; equal values of one kind have equal ones."""
    plain = f"{int(value, 16):x}" if name in ("public_key", "public_key_y_coordinate", "private_key") else value
    return hashlib.sha256(f"arb-fleet {name} {plain}".encode()).hexdigest()[:_DIGITS]


def show(config: Settings, chosen: Sequence[Venue]) -> Answer:
    """Every key file that the workers read or onboarding wrote."""
    data = [_data(place) for venue in chosen for place in _places(config, venue)]
    rows = [row for entry in data for row in _rows(entry)]
    return Answer(data, _COLUMNS, rows, notes=[_note(entry) for entry in data])


def _places(config: Settings, venue: Venue) -> Iterator[Place]:
    used, own = config.endpoints[venue], config.key_files[venue]
    yield Place(venue, used.keys, is_used=True, environ=used.environ)
    if own != used.keys and own.exists():
        yield Place(venue, own, is_used=False, environ=True)


def _data(place: Place) -> dict[str, Any]:
    entry: dict[str, Any] = {"venue": place.venue.value, "file": _shown(place.path), "used": place.is_used}
    entry["mode"] = key_file.mode_of(place.path)
    try:
        found = place.find()
    except ConfigError as error:
        return entry | {"sealed": None, "keys": [], "about": {}, "wrong": str(error)}
    held = [
        {
            "name": name,
            "fingerprint": fingerprint(name, found.values[name]),
            "from": found.origins[name].replace("file", entry["file"]),
        }
        for name in keys.FIELDS
        if name in found.values
    ]
    return entry | {"sealed": found.is_sealed, "keys": held, "about": found.about, "wrong": None}


def _shown(path: Path) -> str:
    """The file as a person would name it from here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _rows(entry: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for held in entry["keys"]:
        yield entry["venue"], held["name"].replace("_", " "), held["fingerprint"], held["from"]


def _note(entry: dict[str, Any]) -> str:
    if entry["wrong"]:
        return str(entry["wrong"])
    about = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in entry["about"].items() if name in _NOTED)
    kind = "sealed" if entry["sealed"] else "plain"
    used = "read by the workers" if entry["used"] else "not read by the workers"
    mode = f"mode {entry['mode']}" if entry["mode"] else "no file"
    return f"{entry['file']}: {mode}, {kind}, {used}" + (f"\n  {about}" if about else "")


def check(config: Settings, chosen: Sequence[Venue]) -> tuple[Answer, bool]:
    """Whether each venue takes the keys that the workers would use, and what is in the account."""
    data = [asyncio.run(_checked(config, venue)) for venue in chosen]
    rows = [
        (e["venue"], "yes" if e["good"] else "NO", *(_cell(e[n]) for n in ("equity_usd", "positions"))) for e in data
    ]
    notes = [f"{entry['venue']}: {entry['says']}" for entry in data if not entry["good"]]
    answer = Answer(data, ("venue", "keys are taken", "equity USD", "open positions"), rows, notes=notes)
    return answer, all(entry["good"] for entry in data)


def _cell(value: object) -> str:
    return render.NOTHING if value is None else str(value)


async def _checked(config: Settings, venue: Venue) -> dict[str, Any]:
    entry = {"venue": venue.value, "good": False, "equity_usd": None, "positions": None}
    try:
        _refuse_mismatch(config, venue)
        desk = make_desk(config.endpoints[venue])
    except ArbError as error:
        return entry | {"says": str(error)}
    try:
        await desk.start()
        facts = await desk.account()
    except ArbError as error:
        return entry | {"says": str(error)}
    finally:
        await desk.close()
    equity = f"{facts.equity_uusd / render.UUSD:.2f}"
    return entry | {"good": True, "equity_usd": equity, "positions": len(facts.positions), "says": None}


def _refuse_mismatch(config: Settings, venue: Venue) -> None:
    """ConfigError when the private STARK key does not make the public one: the venue would refuse every order."""
    endpoint = config.endpoints[venue]
    held = keys.read(venue, endpoint.keys, os.environ if endpoint.environ else {})
    try:
        x, _ = stark.public_key(int(held.private_key, 16))
    except ValueError:
        raise ConfigError(f"{endpoint.keys}: private_key is no STARK key: onboard again") from None
    if x != int(held.public_key, 16):
        raise ConfigError(f"{endpoint.keys}: public_key does not belong to private_key: onboard again")


def plain_ones(config: Settings, chosen: Sequence[Venue]) -> list[tuple[Path, Keys, dict[str, str]]]:
    """The onboarded key files that are not sealed yet, with what is in them; ConfigError when there is none."""
    found = []
    for venue in chosen:
        path = config.key_files[venue]
        if path.exists() and not keys.find(venue, path, may_stay_sealed=True).is_sealed:
            found.append((path, keys.read(venue, path), keys.find(venue, path).about))
    if not found:
        raise ConfigError("there is no key file in plain: arbctl keys show says what there is")
    return found


def seal(chosen: Sequence[tuple[Path, Keys, dict[str, str]]], passphrase: str) -> Answer:
    """Encrypt these files where they lie."""
    for path, held, about in chosen:
        keys.write(held, path, about, passphrase)
    return _said("sealed", [path for path, _, _ in chosen])


def unseal(config: Settings, chosen: Sequence[Venue], *, insisted: bool) -> Answer:
    """Write sealed files in plain; ConfigError unless that was insisted on."""
    paths = {venue: config.key_files[venue] for venue in chosen if config.key_files[venue].exists()}
    held = {v: p for v, p in paths.items() if keys.find(v, p, may_stay_sealed=True).is_sealed}
    if not held:
        raise ConfigError("no key file is sealed: arbctl keys show says what there is")
    if not insisted:
        raise ConfigError(f"private keys would lie in plain in {', '.join(map(str, held.values()))}: --yes if so")
    for venue, path in held.items():
        keys.write(keys.read(venue, path, _passphrases()), path, keys.find(venue, path, _passphrases()).about)
    return _said("in plain", list(held.values()))


def _passphrases() -> dict[str, str]:
    """Of the environment what opens a file, and nothing that would end up in it."""
    return {name: value for name, value in os.environ.items() if name.startswith("ARB_KEYS_")}


def _said(what: str, paths: Sequence[Path]) -> Answer:
    return Answer({what.replace(" ", "_"): [str(path) for path in paths]}, text=f"{what}: {', '.join(map(str, paths))}")


def refuse_existing(file: Path) -> None:
    """ConfigError, before anybody is asked for a passphrase, when the file is there already."""
    if file.exists() or file.is_symlink():
        raise ConfigError(f"{file} exists already and is not overwritten: name another file")


def kept(key: str, file: Path, passphrase: str) -> Answer:
    """Put an Ethereum key into a keystore file."""
    eth_key.write(key, file, passphrase)
    data = {"file": str(file), "ethereum_address": eth_key.address_of(key)}
    text = f"{data['ethereum_address']} is in {file}, under the passphrase alone: without it the key is gone"
    return Answer(data, text=text)

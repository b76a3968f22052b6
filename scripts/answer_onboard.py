"""`arbctl onboard`: an account opened at one venue, and its keys in a file."""

from dataclasses import dataclass
from pathlib import Path

from common.core.errors import ConfigError
from common.core.market import Venue
from common.settings import Settings
from common.venues import key_file, keys, onboarding
from common.venues.eth_key import address_of
from common.venues.onboarding import Onboarded
from scripts import render
from scripts.render import Answer


@dataclass(frozen=True, slots=True)
class Plan:
    """What is going to be done: at which venue, and the file that it ends in."""

    config: Settings
    venue: Venue
    path: Path


def planned(config: Settings, venue: Venue, to: Path | None, *, force: bool) -> Plan:
    """The plan; ConfigError, before anybody is asked for a key, when a file would be overwritten."""
    path = to or config.key_files[venue]
    if (path.exists() or path.is_symlink()) and not force:
        raise ConfigError(f"{path} exists already: --force keeps it under another name and writes a new one")
    return Plan(config, venue, path)


def was_sealed(plan: Plan) -> bool:
    """Whether the file that will be replaced holds its secrets encrypted; one that cannot be read holds none."""
    try:
        return keys.find(plan.venue, plan.path, may_stay_sealed=True).is_sealed
    except ConfigError:
        return False


def onboard(plan: Plan, eth_key: str, passphrase: str | None) -> Answer:
    """Open the account and write the file; what stood there is kept aside."""
    endpoint = plan.config.endpoints[plan.venue]
    render.say(f"{plan.venue} at {endpoint.rest}, as {address_of(eth_key)} …")
    made = onboarding.onboard(endpoint, eth_key)
    aside = key_file.put_aside(plan.path)
    keys.write(made.keys, plan.path, made.about, passphrase)
    data = {
        "venue": plan.venue.value,
        "how": made.how,
        **made.about,
        "file": str(plan.path),
        "sealed": passphrase is not None,
        "kept_aside": None if aside is None else str(aside),
    }
    return Answer(data, text=_text(plan, made, sealed=passphrase is not None), notes=_notes(plan, made, aside))


def _text(plan: Plan, made: Onboarded, *, sealed: bool) -> str:
    facts = {"account": made.account_id, "position": made.position_id, "address": made.ethereum_address}
    facts["key file"] = f"{plan.path}, mode 0600, {'sealed' if sealed else 'in plain'}"
    lines = [f"  {name:<9} {value}" for name, value in facts.items()]
    return "\n".join([f"{made.how} at {plan.venue} ({made.host})", *lines])


def _notes(plan: Plan, made: Onboarded, aside: Path | None) -> list[str]:
    """What a person should know next."""
    notes = ["the key file has STARK and API keys; the Ethereum key was not kept. Next: arbctl keys show"]
    if made.how == "renewed":
        notes.append("the venue did not take the default API credentials: it was asked for new ones")
    if aside is not None:
        notes.append(f"the key file before is {aside} now: delete it when it is of no use")
    config = plan.config
    if config.mode == "paper" and config.paper.accounts == "own":
        notes.append('the fleet trades its own paper accounts; accounts = "onboarded" in [paper] has it trade this one')
    return notes

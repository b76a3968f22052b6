"""The commands about keys: what there is (never what they are), and files that hold them encrypted."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, config
from scripts.commands.onboard import PassphraseFile

File = Annotated[Path, typer.Argument(help="A new file, for example eth.json.", show_default=False)]
OfVenue = Annotated[
    str | None, typer.Argument(metavar="dydx|apex", help="Only this venue; both if left out.", show_default=False)
]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    group = typer.Typer(help="Keys: fingerprints, checks, and files that hold them encrypted.", no_args_is_help=True)
    for command in (show, check, seal, unseal, new, encrypt):
        group.command()(command)
    app.add_typer(group, name="keys")


def show(context: typer.Context, venue: OfVenue = None, as_json: AsJson = False) -> None:
    """A fingerprint of each key, where it came from, and its file. Never a secret.

    Equal keys have equal fingerprints: compare them with another machine's, or with what onboarding said.
    """
    from scripts import answer_keys

    render.show(answer_keys.show(config(context), answer_keys.venues(venue)), as_json=as_json)


def check(context: typer.Context, venue: OfVenue = None, as_json: AsJson = False) -> None:
    """Ask each venue whether it takes these keys.

    Exit code 1 when one does not, with what it says.
    """
    from scripts import answer_keys

    answer, is_good = answer_keys.check(config(context), answer_keys.venues(venue))
    render.show(answer, as_json=as_json)
    if not is_good:
        raise typer.Exit(1)


def seal(context: typer.Context, venue: OfVenue = None, as_json: AsJson = False) -> None:
    """Encrypt STARK and API keys where they lie.

    The workers then need $ARB_KEYS_PASSPHRASE, or $ARB_KEYS_PASSPHRASE_FILE with the name of a file. The plain file is
    replaced; a disk may remember it, so better seal when you onboard: arbctl onboard dydx --seal.
    """
    from scripts import answer_keys, secret_input

    chosen = answer_keys.plain_ones(config(context), answer_keys.venues(venue))
    render.show(answer_keys.seal(chosen, secret_input.new_sealing_passphrase()), as_json=as_json)


def unseal(
    context: typer.Context,
    venue: OfVenue = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="The keys will lie on the disk in plain.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write sealed key files in plain again."""
    from scripts import answer_keys

    render.show(answer_keys.unseal(config(context), answer_keys.venues(venue), insisted=yes), as_json=as_json)


def new(file: File, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """Make a new Ethereum key in an encrypted file.

    A keystore as wallets read it. Without the passphrase the key is gone. Example: arbctl keys new eth.json
    """
    from common.venues import eth_key
    from scripts import answer_keys, secret_input

    answer_keys.refuse_existing(file)
    passphrase = secret_input.new_keystore_passphrase(passphrase_file)
    render.show(answer_keys.kept(eth_key.fresh(), file, passphrase), as_json=as_json)


def encrypt(file: File, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """Put an Ethereum key that you have in an encrypted file.

    The key comes from $ARB_ETH_PRIVATE_KEY, or it is typed and not shown. Example: arbctl keys encrypt eth.json
    """
    from scripts import answer_keys, secret_input

    answer_keys.refuse_existing(file)
    key = secret_input.ethereum_key(None, None)
    render.show(answer_keys.kept(key, file, secret_input.new_keystore_passphrase(passphrase_file)), as_json=as_json)

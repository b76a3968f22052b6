"""The commands that open an account at a venue: `onboard dydx`, `onboard apex`."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, config

Keystore = Annotated[
    Path | None,
    typer.Option(help="Encrypted file with the Ethereum key (arbctl keys new, or a wallet's).", show_default=False),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="The keystore's passphrase is its first line; also /dev/fd/3.", show_default=False),
]
Force = Annotated[bool, typer.Option("--force", help="There is a key file already: keep it under another name.")]
Seal = Annotated[
    bool | None,
    typer.Option("--seal/--plain", help="STARK and API keys encrypted or not; as the file before, else plain."),
]
To = Annotated[Path | None, typer.Option(help="Another key file than that of arb.toml.", show_default=False)]

_EPILOG = (
    "The Ethereum key comes from --keystore, else from $ARB_ETH_PRIVATE_KEY, else it is typed and not shown; it is "
    "never kept. For example: arbctl keys new eth.json, arbctl onboard dydx --keystore eth.json, arbctl keys show."
)


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    group = typer.Typer(help="Open an account with an Ethereum key, or find it again.", no_args_is_help=True)
    group.command(epilog=_EPILOG)(dydx)
    group.command(epilog=_EPILOG)(apex)
    app.add_typer(group, name="onboard")


def dydx(
    context: typer.Context,
    *,
    keystore: Keystore = None,
    passphrase_file: PassphraseFile = None,
    to: To = None,
    force: Force = False,
    seal: Seal = None,
    as_json: AsJson = False,
) -> None:
    """Derive the STARK key, create the user or recover it, and write dydxconfig.ini.

    Onboarding again gives the same STARK key, and the same API credentials unless they were deleted.
    """
    _onboard(context, "dydx", (keystore, passphrase_file), to, as_json=as_json, force=force, seal=seal)


def apex(
    context: typer.Context,
    *,
    keystore: Keystore = None,
    passphrase_file: PassphraseFile = None,
    to: To = None,
    force: Force = False,
    seal: Seal = None,
    as_json: AsJson = False,
) -> None:
    """Derive the STARK key, register the wallet, and write apexconfig.ini.

    Registering again gives the same account; the API credentials are the venue's to choose.
    """
    _onboard(context, "apex", (keystore, passphrase_file), to, as_json=as_json, force=force, seal=seal)


def _onboard(
    context: typer.Context,
    venue: str,
    source: tuple[Path | None, Path | None],
    to: Path | None,
    *,
    as_json: bool,
    force: bool,
    seal: bool | None,
) -> None:
    from common.core.market import Venue
    from scripts import answer_onboard, secret_input

    plan = answer_onboard.planned(config(context), Venue(venue), to, force=force)
    sealing = answer_onboard.was_sealed(plan) if seal is None else seal
    passphrase = secret_input.new_sealing_passphrase() if sealing else None
    key = secret_input.ethereum_key(*source)
    render.show(answer_onboard.onboard(plan, key, passphrase), as_json=as_json)

"""Secrets that a person gives to a command: from the environment, a file, or typed without echo. Never from argv.

A terminal is asked on stderr; without one the answer is the next line of stdin, so that a password manager can be
piped in.
"""

import getpass
import os
import sys
from pathlib import Path

import typer

from common.core.errors import ConfigError
from common.venues import eth_key, sealed
from scripts import render

_LINE_MAX = 4096
ETH_KEY, ETH_PASSPHRASE = "ARB_ETH_PRIVATE_KEY", "ARB_ETH_PASSPHRASE"


def ethereum_key(keystore: Path | None, passphrase_file: Path | None) -> str:
    """The Ethereum key: out of the keystore that was named, else the environment's, else typed."""
    if keystore is not None:
        return eth_key.read(keystore, _keystore_passphrase(passphrase_file))
    return eth_key.checked(os.environ.get(ETH_KEY) or typed("Ethereum private key (not shown): "))


def new_keystore_passphrase(passphrase_file: Path | None) -> str:
    """The passphrase of a keystore that is to be made; typed ones are typed twice."""
    given = os.environ.get(ETH_PASSPHRASE)
    if passphrase_file is not None:
        given = sealed.passphrase_in(passphrase_file)
    return _long_enough(given or _twice("new passphrase of the keystore (not shown): "))


def new_sealing_passphrase() -> str:
    """The passphrase of a key file that is to be sealed: the one that the workers will be given."""
    return _long_enough(sealed.passphrase(os.environ) or _twice("passphrase of the sealed key file (not shown): "))


def typed(prompt: str) -> str:
    """One line that nobody sees; ConfigError when there is none."""
    try:
        line = getpass.getpass(prompt, stream=sys.stderr) if sys.stdin.isatty() else sys.stdin.readline(_LINE_MAX)
    except (KeyboardInterrupt, EOFError):
        render.say("")
        raise typer.Abort from None
    line = line.rstrip("\r\n")
    if not line:
        raise ConfigError(f"nothing was given for: {prompt.partition(' (')[0]}")
    return line


def _keystore_passphrase(passphrase_file: Path | None) -> str:
    if passphrase_file is not None:
        return sealed.passphrase_in(passphrase_file)
    return os.environ.get(ETH_PASSPHRASE) or typed("passphrase of the keystore (not shown): ")


def _twice(prompt: str) -> str:
    first = typed(prompt)
    if sys.stdin.isatty() and typed("the same again: ") != first:
        raise typer.BadParameter("the two passphrases differ")
    return first


def _long_enough(passphrase: str) -> str:
    if len(passphrase) < sealed.PASSPHRASE_MIN:
        raise ConfigError(f"a passphrase of fewer than {sealed.PASSPHRASE_MIN} characters would be found by trying")
    return passphrase

"""Sealed secrets, and what the environment puts in their place: opened by passphrase and owner alone, or refused."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from common.core.errors import ConfigError
from common.core.market import Venue
from common.venues import keys, sealed, stark
from common.venues.keys import Keys

PASSPHRASE = "correct horse battery"
SECRETS = {"private_key": "0xabc", "secret": "c4n4ry é"}
GOOD = Keys(Venue.DYDX, "ab12", "cd34", "ef56", "key-c4n4ry", "secret-c4n4ry", "pass-c4n4ry")
OPENS = {sealed.PASSPHRASE: PASSPHRASE}


def test_what_was_sealed_is_opened_and_never_looks_the_same() -> None:
    word = sealed.seal(SECRETS, PASSPHRASE, "dydx ab")
    assert sealed.opened(word, PASSPHRASE, "dydx ab") == SECRETS
    assert word != sealed.seal(SECRETS, PASSPHRASE, "dydx ab")
    assert "c4n4ry" not in word


@pytest.mark.parametrize("spoil", [lambda w: w[:70] + ("A" if w[70] != "A" else "B") + w[71:], lambda w: w[:40],
                                   lambda w: w.replace(".15.", ".14."), lambda w: w.replace(".15.", ".64."),
                                   lambda w: "", lambda w: "a.b.c.d.e", lambda w: w + "."])  # fmt: skip
def test_what_was_altered_is_not_opened(spoil: Callable[[str], str]) -> None:
    word = sealed.seal(SECRETS, PASSPHRASE, "dydx ab")
    with pytest.raises(ValueError, match=r"not sealed by this program|MAC check failed"):
        sealed.opened(spoil(word), PASSPHRASE, "dydx ab")


@pytest.mark.parametrize(("passphrase", "about"), [("correct horse batterY", "dydx ab"), (PASSPHRASE, "apex ab")])
def test_another_passphrase_or_owner_does_not_open(passphrase: str, about: str) -> None:
    word = sealed.seal(SECRETS, PASSPHRASE, "dydx ab")
    with pytest.raises(ValueError, match="MAC check failed"):
        sealed.opened(word, passphrase, about)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    keys.write(GOOD, tmp_path / "dydxconfig.ini", {"account_id": "7"}, PASSPHRASE)
    return tmp_path / "dydxconfig.ini"


def refused(path: Path, environ: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        keys.read(Venue.DYDX, path, environ)
    assert "c4n4ry" not in str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value)


def test_a_sealed_file_is_read_with_the_passphrase_and_has_nothing_in_plain(path: Path) -> None:
    assert keys.read(Venue.DYDX, path, OPENS) == GOOD
    assert "c4n4ry" not in path.read_text() and "ef56" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert sealed.PASSPHRASE_FILE in refused(path, {})
    assert "another passphrase" in refused(path, {sealed.PASSPHRASE: "c4n4ry-wrong"})


def test_the_passphrase_may_lie_in_a_file_of_ours_or_come_through_a_descriptor(path: Path) -> None:
    held = path.with_name("pass")
    held.write_text(f"{PASSPHRASE}\nsecond line\n")
    held.chmod(0o640)
    assert "chmod 600" in refused(path, {sealed.PASSPHRASE_FILE: str(held)})
    held.chmod(0o600)
    assert keys.read(Venue.DYDX, path, {sealed.PASSPHRASE_FILE: str(held)}) == GOOD
    read_end, write_end = os.pipe()
    os.write(write_end, f"{PASSPHRASE}\n".encode())
    os.close(write_end)
    assert keys.read(Venue.DYDX, path, {sealed.PASSPHRASE_FILE: f"/dev/fd/{read_end}"}) == GOOD
    os.close(read_end)
    assert "cannot be read" in refused(path, {sealed.PASSPHRASE_FILE: "/nowhere"})


def test_a_public_key_that_was_exchanged_under_the_seal_does_not_open(path: Path) -> None:
    path.write_text(path.read_text().replace("public_key = ab12", "public_key = ab13"))
    assert "altered" in refused(path, OPENS)


def test_the_environment_stands_in_for_what_the_file_says(path: Path) -> None:
    given = {"ARB_DYDX_SECRET": "other-secret", "ARB_APEX_SECRET": "not-this-one"}
    found = keys.find(Venue.DYDX, path, OPENS | given)
    assert (found.values["secret"], found.values["key"]) == ("other-secret", "key-c4n4ry")
    assert found.origins["secret"] == "$ARB_DYDX_SECRET" and found.about == {"account_id": "7"}
    assert keys.read(Venue.DYDX, path, OPENS).secret == "secret-c4n4ry"


def test_all_secrets_in_the_environment_need_neither_file_nor_passphrase(path: Path) -> None:
    given = {keys.variable(Venue.DYDX, name): "abcdef" for name in keys.SECRETS}
    for where in (path, path.with_name("none.ini")):
        held = keys.read(Venue.DYDX, where, given)
        assert int(held.public_key, 16) == stark.public_key(0xABCDEF)[0]
    del given["ARB_DYDX_KEY"]
    assert "does not exist" in refused(path.with_name("none.ini"), given)


def test_a_worker_with_plain_keys_loads_no_cipher() -> None:
    import subprocess
    import sys

    code = "import sys; from common.venues import keys, adapters; print('Crypto' in sys.modules, 'web3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]

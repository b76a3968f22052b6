"""Key files: what is refused, in one sentence with the remedy and without a word of what is in the file."""

import logging
import os
import stat
from pathlib import Path

import pytest

from common import log
from common.core.errors import ConfigError
from common.core.market import Venue
from common.venues import keys
from common.venues.keys import Keys

SECRET = "c4n4ry-c4n4ry-c4n4ry"
GOOD = Keys(Venue.DYDX, "ab12", "cd34", "ef56", f"key-{SECRET}", f"secret-{SECRET}", f"pass-{SECRET}")


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        keys.read(Venue.DYDX, path)
    sentence = str(caught.value)
    assert str(path) in sentence and "\n" not in sentence
    assert SECRET not in sentence and SECRET not in repr(caught.value.__cause__)
    return sentence


@pytest.fixture
def path(tmp_path: Path) -> Path:
    keys.write(GOOD, tmp_path / "dydxconfig.ini")
    return tmp_path / "dydxconfig.ini"


def test_what_was_written_is_read_and_is_ours_alone(path: Path) -> None:
    assert keys.read(Venue.DYDX, path) == GOOD
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SECRET not in repr(GOOD)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused_with_the_command_that_mends_it(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert f"chmod 600 {path}" in refused(path)
    path.chmod(0o600)
    assert keys.read(Venue.DYDX, path) == GOOD


def test_the_command_can_be_pasted_whatever_the_name(path: Path) -> None:
    odd = path.rename(path.with_name("my keys.ini"))
    odd.chmod(0o644)
    assert f"chmod 600 '{odd}'" in refused(odd)


def test_a_file_that_is_not_there_a_folder_a_pipe_and_a_link_are_refused(path: Path) -> None:
    assert "does not exist" in refused(path.with_name("none.ini"))
    assert "folder" in refused(path.parent)
    os.mkfifo(path.with_name("pipe"), 0o600)
    assert "no plain file" in refused(path.with_name("pipe"))
    path.with_name("link.ini").symlink_to(path)
    assert "link" in refused(path.with_name("link.ini"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_else_s_file_is_refused(path: Path) -> None:
    os.chown(path, 12345, -1)
    assert "sudo chown 0" in refused(path)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\x00\xff\xfe" + SECRET.encode(), "not text"),
        (SECRET.encode(), "ini file"),
        (f"[dydx\nkey = {SECRET}\n".encode(), "ini file"),
        (f"[dydx]\nkey = {SECRET}\nkey = {SECRET}\n".encode(), "ini file"),
        (f"[apex]\nkey = {SECRET}\n".encode(), "no section [dydx]"),
        (f"[dydx]\nkey = {SECRET}\n".encode(), "lacks public_key, private_key, secret, passphrase"),
        (f"[dydx]\nkey = {SECRET}\n".encode() * 9999, "too long"),
    ],
)
def test_what_is_no_key_file_is_one_sentence(path: Path, content: bytes, word: str) -> None:
    path.write_bytes(content)
    assert word in refused(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("private_key", f"not hex {SECRET}"), ("key", f"a b {SECRET}"), ("secret", f"é{SECRET}"), ("public_key", "x")],
)
def test_a_value_that_cannot_be_a_key_is_named_and_not_shown(path: Path, name: str, value: str) -> None:
    lines = path.read_text().splitlines()
    path.write_text("\n".join(f"{name} = {value}" if line.startswith(f"{name} =") else line for line in lines))
    assert f": {name} in section" in refused(path)


def test_no_line_of_the_log_has_what_was_read(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logger = log.setup("test")
    held = keys.read(Venue.DYDX, path)
    try:
        log.trouble(logger, "refused", why=f"bad key {held.key}", raw=held.secret.encode().hex())
        try:
            raise RuntimeError(f"while using {held.passphrase}")
        except RuntimeError:
            logger.exception("crashed")
    finally:
        logging.getLogger().handlers.clear()
    said = capsys.readouterr().err
    assert "[concealed]" in said and "Traceback" in said
    assert SECRET not in said and SECRET.encode().hex() not in said


def test_what_a_venue_says_cannot_begin_a_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    log.trouble(log.setup("test"), "refused", why="no\nTRADING", other="a\r\tb c")
    logging.getLogger().handlers.clear()
    assert len(capsys.readouterr().err.splitlines()) == 1

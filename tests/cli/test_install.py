"""What is installed is what the lock says, and with it both venues' SDKs still sign as they always did.

The SDKs run in processes of their own: they bring a top-level package `tests`, and slow imports.
"""

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()

# Prepares first, as onboarding does. Prints one JSON list: dYdX as published, dYdX as captured, ApeX as captured.
SIGN = """
import json
from common.compat import prepare_sdk_import
prepare_sdk_import()
from apexpro.starkex.order import SignableOrder as ApexOrder
from dydx3.constants import NETWORK_ID_MAINNET, NETWORK_ID_SEPOLIA
from dydx3.starkex.order import SignableOrder as DydxOrder

KEY = "58c7d5a90b1776bde86ebac077e053ed85b0f7164f53b080304a531947f46e3"
published = DydxOrder(
    network_id=NETWORK_ID_SEPOLIA, position_id=12345, market="ETH-USD", side="BUY", human_size="145.0005",
    human_price="350.00067", limit_fee="0.125", expiration_epoch_seconds=1600316155.028,
    client_id="This is an ID that the client came up with to describe this order",
)
dydx = DydxOrder(
    network_id=NETWORK_ID_MAINNET, position_id=1812, market="BTC-USD", side="SELL", human_size="0.0013",
    human_price="20001", limit_fee="0.0015", expiration_epoch_seconds=1700000000, client_id="vector-1",
)
apex = ApexOrder(
    market="BTC-USDC", side="SELL", position_id=330547708362228116, human_size="0.003",
    human_price="20000.5", limit_fee="0.0005", client_id="vector-1", expiration_epoch_seconds=1700000000,
    synthetic_resolution="1e10", synthetic_id="0x4254432d3130000000000000000000",
    collateral_id="0x2893294412a4c8f915f75892b395ebbf6859ec246ec365c3b1f56f47c3a0a5d",
)
print(json.dumps([order.sign(KEY) for order in (published, dydx, apex)]))
"""

# The first stands in dYdX's own tests; the others were made with the official clients.
SIGNATURES = [
    "0500a22a8c8b14fbb3b7d26366604c446b9d059420d7db2a8f94bc52691d2626"
    "003e38aa083f72c9db89a7a80b98a6eb92edce7294d917d8489767740affc6ed",
    "0339fe4d9f95ea2e28619a2e836882c61620b40ef986e1653e9bb9617af88c58"
    "07b1b45764cf9b745793b13d7c1410e62e21ed869cf1b0adaf7032dc18618812",
    "017476c237e57be25be27b3e60c78dd0ac6da534c5219cbd48e2147be5932c7c"
    "01b8608403cdf0d26ca580404853842c206b6ab2dcb8c07253f9f3ec72cc8776",
]


def sign_with(python: Path, *, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, "-c", SIGN], cwd=cwd, capture_output=True, text=True, timeout=60)


def locked_names() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", LOCK, flags=re.MULTILINE))


def wanted_names() -> set[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["options"]["install_requires"] + config["options.extras_require"]["test"]
    return {re.split(r"[^a-z0-9-]", line)[0] for line in lines.split("\n") if line}


def test_both_sdks_sign_the_known_orders_and_say_nothing_else() -> None:
    done = sign_with(Path(sys.executable), cwd=ROOT)
    assert done.stderr == ""
    assert json.loads(done.stdout) == SIGNATURES


def test_every_package_we_ask_for_is_locked() -> None:
    assert len(wanted_names()) > 10
    assert wanted_names() - locked_names() == set()


def test_every_locked_package_has_a_hash() -> None:
    pins = re.split(r"^(?=[a-z0-9-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []


def test_the_lock_names_no_index_and_no_path() -> None:
    assert re.findall(r"://|--\S*index|--find-links|file:| /\S+|~/", LOCK) == []


def test_the_lock_fits_every_python_that_setup_cfg_allows() -> None:
    assert "python_version" not in LOCK, "one version for each package: a second one would be tested by nobody"
    assert "python_full_version" not in LOCK


# --- scripts/_setup.sh ---


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what installing reads, with nothing installed."""
    for name in ("setup.cfg", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    for package in ("common", "scripts", "workers"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run_setup(checkout: Path, **env: str) -> subprocess.CompletedProcess[str]:
    script = "set -euo pipefail; source scripts/_setup.sh; arb_setup"
    return subprocess.run(
        ["bash", "-c", script], cwd=checkout, env=os.environ | env, capture_output=True, text=True, timeout=900
    )


@pytest.mark.slow
def test_a_clean_checkout_installs_itself_and_signs(checkout: Path) -> None:
    done = run_setup(checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    signed = sign_with(checkout / ".venv/bin/python", cwd=checkout)
    assert json.loads(signed.stdout) == SIGNATURES, signed.stderr
    assert (checkout / ".venv/bin/arbctl").exists()

    again = run_setup(checkout, PATH="/usr/bin:/bin", PIP_NO_INDEX="1")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


@pytest.mark.slow
def test_a_failed_install_shows_why_and_the_next_one_starts_afresh(checkout: Path) -> None:
    failed = run_setup(checkout, PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert failed.returncode == 1
    assert "No matching distribution found for setuptools" in failed.stderr
    assert "var/log/setup.log" in failed.stderr

    leftover = checkout / ".venv/leftover"
    leftover.touch()
    run_setup(checkout, PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert not leftover.exists()


def test_without_a_fitting_python_it_says_what_to_install(checkout: Path) -> None:
    tools = checkout / "tools"
    tools.mkdir()
    for name in ("bash", "cat", "cmp", "dirname", "mkdir"):
        (tools / name).symlink_to(shutil.which(name) or name)
    done = run_setup(checkout, PATH=str(tools))
    assert done.returncode == 1
    assert "apt-get install python3.11 python3.11-venv" in done.stderr
    assert not (checkout / ".venv").exists()

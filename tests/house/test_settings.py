"""arb.toml: every mistake is one sentence with file, key, value and remedy, and all of them are told at once."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import settings
from common.complaints import Complaints
from common.core.bounds import Within, refuse_wrong
from common.core.errors import ConfigError
from common.core.market import Venue
from common.core.terms import Terms
from common.filled import filled
from common.toml_table import Table

ROOT = Path(__file__).resolve().parents[2]
BTC = '[markets.BTC]\nsize = "0.001"\n'
LIVE = 'mode = "live"\n'

#: a mistake, and what the sentence about it must have in it: key, value, remedy
MISTAKES = [
    ('mode = "papr"', "", ("mode", "'papr'", "paper, live")),
    ("mode = 1", "", ("mode", "= 1", "text in quotes")),
    ('var = ""', "", ("var", "''")),
    ("cap = 3", "", ("cap", "= 3", "[cap]")),
    ("", "[cap]\nlevel = 2.5", ("cap.level", "2.5", "whole number")),
    ("", "[cap]\nlevel = 0", ("cap.level", "= 0", "at least 1")),
    ("", "[cap]\nlevel = true", ("cap.level", "True", "not true or false")),
    ("", "[cap]\nleverage_entry = 4", ("cap.leverage_entry", "= 4", "leverage_max (3)")),
    ("", "[cap]\nleverage_entry = [1]", ("cap.leverage_entry", "[1]", "not a list")),
    ("", "[cap]\nlevl = 4", ("cap.levl", "do you mean cap.level?")),
    ("", "[cap]\nmarket_deals_max = 4", ("cap.market_deals_max", "belongs into [strategy]")),
    ("", "[capp]\nlevel = 4", ("capp", "do you mean cap?")),
    ("", "[strategy]\nedge_min_bps = -1", ("strategy.edge_min_bps", "-1", "at least 0", "fees")),
    ("", "[strategy]\nclose_min_bps = -1\nclose_floor_bps = -2", ("strategy.close_min_bps", "-1", "fees")),
    ("", "[strategy]\nclose_floor_bps = 9", ("strategy.close_floor_bps", "= 9", "close_min_bps (8)")),
    ("", "[strategy]\nmedian_warmup_s = 61", ("strategy.median_warmup_s", "= 61", "median_window_s (60)")),
    ("", "[strategy]\nedge_min_bps = inf", ("strategy.edge_min_bps", "Infinity", "plain number")),
    ("", "[strategy]\nedge_min_bps = 1e400", ("strategy.edge_min_bps", "1E+400", "plain number")),
    ("", '[strategy]\nrule = "orginal"', ("strategy.rule", "'orginal'", "net, original")),
    ("", "[strategy]\nsize = 1", ("strategy.size", "belongs into [markets.BTC]")),
    ("", "[paper]\napex_port = 18701", ("paper.apex_port", "18701", "each venue its own")),
    ("", "[paper]\ndydx_port = 70000", ("paper.dydx_port", "70000", "at most 65535")),
    ("", "[paper]\nrace_lost = 1.5", ("paper.race_lost", "1.5", "at most 1")),
    ("", '[paper]\naccounts = "mine"', ("paper.accounts", "mine", '"own" or "onboarded"')),
    ("", '[paper]\nsource = "tape"', ("paper.source", "tape", "replay:PATH")),
    ("", '[paper]\nsource = "replay:/no/such/tape"', ("paper.source", "/no/such/tape", "nothing at that path")),
    ("", "[warden]\nleverage_reduce = 3.5", ("warden.leverage_reduce", "3.5", "cap.leverage_max")),
    ("", "[warden]\ncalm_s = 1979-05-27", ("warden.calm_s", "1979-05-27", "plain number")),
    ("", "[venues.dydx]\nnetwork_id = 1.5", ("venues.dydx.network_id", "1.5", "whole number")),
    ("", '[venues.dydx]\nrest = "api.dydx.exchange"', ("venues.dydx.rest", "https://")),
    ("", '[markets.ETH]\nsiz = "0.01"', ("markets.ETH.siz:", "do you mean markets.ETH.size?")),
    ("", "[markets.ETH]", ("markets.ETH.size", "missing", 'size = "0.001"')),
    ("", '[markets.eth]\nsize = "0.01"', ("[markets.'eth']", "[markets.BTC]")),
    ("", '[markets.ETH]\nsize = "0.005"', ("markets.ETH.size", "0.005", "below the minimum 0.01", "choose")),
    ("", '[markets.ETH]\nsize = "0.0105"', ("markets.ETH.size", "0.0105", "multiple of the step", "choose")),
    ("", '[markets.ETH]\nsize = "1"', ("markets.ETH.size", "= 1:", "2030 USD", "250 USD", "smaller")),
    ("", '[markets.XRP]\nsize = "1"', ("markets.XRP", "list BTC, ETH", "take [markets.XRP] out")),
    (LIVE, '[strategy]\nrule = "original"', ("strategy.rule", "'original'", '"net"', "fees")),
    ("", '[venues.gmx]\nrest = "http://arbitrum-api.gmxinfra.io"', ("venues.gmx.rest", "https://")),
    ("", '[venues.gmx]\nws = "wss://arbitrum-api.gmxinfra.io"', ("venues.gmx.ws",)),
    (LIVE, '[venues.apex]\nrest = "https://api.dydx.exchange"', ("venues.apex.rest", "own address")),
]


def complaints(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    """All that is said about an arb.toml with this text."""
    (folder / "arb.toml").write_text(text)
    try:
        settings.load(folder / "arb.toml", environ or {})
    except ConfigError as error:
        return [str(sentence) for sentence in error.args]
    return []


@pytest.mark.parametrize(("top", "tables", "words"), MISTAKES)
def test_a_mistake_is_one_sentence_with_file_key_value_and_remedy(
    tmp_path: Path, top: str, tables: str, words: tuple[str, ...]
) -> None:
    said = [s for s in complaints(tmp_path, f"{top}\n{tables}\n{BTC}") if words[0] in s]
    assert len(said) == 1
    assert "\n" not in said[0]
    assert not [word for word in ("arb.toml", *words) if word not in said[0]], said


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    lines = {
        "cap": "level = 0\nlevl = 4",
        "strategy": "edge_min_bps = -1\nclose_floor_bps = 9",
        "paper": "apex_port = 18701\nspeed = 0",
        "warden": 'calm_s = "soon"',
        "markets.ETH": "siz = 1",
        "markets.BTC": 'size = "0.0001"',
    }
    said = complaints(tmp_path, "".join(f"[{name}]\n{text}\n" for name, text in lines.items()))
    keys = ("cap.level =", "cap.levl", "edge_min_bps", "close_floor_bps", "apex_port", "speed", "calm_s", "ETH.siz:",
            "ETH.size is missing", "dydx BTC-USD: size")  # fmt: skip
    assert not [key for key in keys if not any(key in sentence for sentence in said)], said
    assert len(said) == len(set(said)) == len(keys)


def test_a_mistake_in_strategy_is_told_once_for_all_markets(tmp_path: Path) -> None:
    text = '[strategy]\nedge_min_bps = -1\n[markets.ETH]\nsize = "0.01"\n' + BTC
    assert len(complaints(tmp_path, text)) == 1


def test_what_only_follows_from_an_unreadable_value_is_not_told(tmp_path: Path) -> None:
    text = '[strategy]\nclose_min_bps = "x"\nclose_floor_bps = 100\n' + BTC
    assert [s for s in complaints(tmp_path, text) if "close_floor_bps" in s] == []


def test_an_override_is_named_where_it_came_from(tmp_path: Path) -> None:
    said = complaints(tmp_path, BTC, {"ARB_PAPER_SPEED": "fast"})
    assert len(said) == 1
    assert "$ARB_PAPER_SPEED" in said[0]
    assert "'fast'" in said[0]


def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    text = '[venues.dydx]\nsecret = "hunter2"\nrest = "https://ann:hunter2@host"\n' + BTC
    said = complaints(tmp_path, text)
    assert len(said) == 2
    assert "hunter2" not in "".join(said)


@pytest.mark.parametrize("text", ["x" * 5, "a = " + "9" * 5000, "a = " + "[" * 5000, "\x00", "a = 1\na = 2"])
def test_what_is_no_toml_is_one_sentence(tmp_path: Path, text: str) -> None:
    said = complaints(tmp_path, text)
    assert len(said) == 1
    assert "TOML" in said[0]


@given(st.text(alphabet="[]{}=\"'.,#\n ab19-eE_TZ:\\", max_size=80))
def test_no_text_makes_a_traceback(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert complaints(folder, text), "no market was given, so something must be said"


KEYS = [("cap", k) for k in ("level", "leverage_max", "equity_max_age_s")]
KEYS += [("strategy", k) for k in ("edge_min_bps", "rule", "max_hold_s", "market_deals_max")]
KEYS += [("paper", k) for k in ("seed", "speed", "source", "taker_fee")] + [("markets.BTC", "size")]
ODD = ["-1", "0", "1e30", "-1e30", "1e-30", "nan", "-inf", '""', '"x"', "true", "[]", "{}", "1979-05-27", "07:32:00"]
ODD += ['"\\u0000"', '"' + "9" * 400 + '"', "9" * 400]


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_an_odd_value_is_taken_or_told_and_never_a_traceback(tmp_path: Path, table: str, key: str) -> None:
    for value in ODD:
        market = "" if table == "markets.BTC" else BTC
        for sentence in complaints(tmp_path, f"[{table}]\n{key} = {value}\n{market}"):
            assert len(sentence) < 400
            assert sentence.isprintable()


def test_numbers_stay_exact(tmp_path: Path) -> None:
    (tmp_path / "arb.toml").write_text("[paper]\ntaker_fee = 0.00012345678901234567\n" + BTC)
    assert settings.load(tmp_path / "arb.toml", {}).paper.taker_fee == Decimal("0.00012345678901234567")


def test_the_shipped_file_has_nothing_wrong() -> None:
    assert settings.load(ROOT / "arb.toml", {}).markets["BTC"].size == Decimal("0.001")


def test_what_code_builds_is_checked_as_well() -> None:
    with pytest.raises(ConfigError, match="size = 0 must be above 0"):
        Terms(market="BTC", size=Decimal(0))


@dataclass(frozen=True, slots=True)
class Tea:
    """A class of settings that nobody has told the reader about."""

    steep_ns: Annotated[int, Within("1", "600")] = 180_000_000_000
    cups: int = 1
    sugar: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        refuse_wrong("tea", self)


def test_a_new_field_is_a_new_key() -> None:
    heard = Complaints("arb.toml")
    made = filled(Tea, [Table("tea", {"steep_s": 90, "cups": 2, "sugar": "0.5"}, heard)])
    assert made == Tea(90_000_000_000, 2, Decimal("0.5"))
    assert filled(Tea, [Table("tea", {"steep_s": 0, "cups": "two"}, heard)]) is None
    with pytest.raises(ConfigError) as caught:
        heard.refuse()
    assert len(caught.value.args) == 2


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "http://127.0.0.1:18701/gmx"),
        ("[paper]\ndydx_port = 20001\n", "http://127.0.0.1:20001/gmx"),
        ('[venues.gmx]\nrest = "https://example.org/gmx/"\n', "http://127.0.0.1:18701/gmx"),
        (LIVE, "https://arbitrum-api.gmxinfra.io"),
        (LIVE + '[venues.gmx]\nrest = "https://example.org/gmx/"\n', "https://example.org/gmx"),
    ],
)
def test_gmx_is_the_paper_one_unless_live(tmp_path: Path, text: str, where: str) -> None:
    (tmp_path / "arb.toml").write_text(text + BTC)
    assert settings.load(tmp_path / "arb.toml", {}).gmx == where


@pytest.mark.parametrize(
    ("text", "keys", "environ"),
    [
        ("", "var/paper/dydxconfig.ini", False),
        ('[paper]\naccounts = "onboarded"', "dydxconfig.ini", True),
        ('[paper]\naccounts = "onboarded"\n[venues.dydx]\nkeys = "k.ini"', "k.ini", True),
        (LIVE, "dydxconfig.ini", True),
    ],
)
def test_which_key_file_is_read_and_whether_the_environment_outranks_it(
    tmp_path: Path, text: str, keys: str, environ: bool
) -> None:
    path = tmp_path / "arb.toml"
    path.write_text(f"{text}\n{BTC}")
    found = settings.load(path, {})
    endpoint = found.endpoints[Venue.DYDX]
    assert (endpoint.keys, endpoint.environ) == (tmp_path / keys, environ)
    # the venues' own files are never where onboarding writes
    assert found.key_files[Venue.DYDX] == tmp_path / Path(keys).name

"""supervisord.conf and arb.toml name the same fleet, and one command makes it so."""

import configparser
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import members, settings

ROOT = Path(__file__).resolve().parents[2]
FLEET = ("btc", "eth", "link", "ltc", "avax", "atom", "doge", "bch", "matic", "sol")


def conf(path: Path = ROOT / "supervisord.conf") -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    parser.read_string(path.read_text())
    return parser


def test_the_shipped_files_agree() -> None:
    config = settings.load(ROOT / "arb.toml", {})
    assert members.agrees((ROOT / "supervisord.conf").read_text(), config)


def test_the_group_is_the_ten_markets_and_sim_stands_beside_it() -> None:
    shipped = conf()
    assert tuple(shipped["group:arb"]["programs"].split(",")) == FLEET
    assert shipped["program:sim"]["autostart"] == "true"
    for name in FLEET:
        worker = shipped[f"program:{name}"]
        assert worker["command"].endswith(f"-m workers.arb {name.upper()}")
        assert (worker["autostart"], worker["autorestart"], worker["exitcodes"]) == ("false", "unexpected", "0,3")
        assert int(worker["stopwaitsecs"]) == 75


def test_no_port_is_opened_and_the_socket_is_ours_alone() -> None:
    shipped = conf()
    assert "inet_http_server" not in shipped
    assert shipped["unix_http_server"]["chmod"] == "0700"


def test_sim_starts_first_and_stops_last() -> None:
    shipped = conf()
    assert int(shipped["program:sim"]["priority"]) < int(shipped["group:arb"]["priority"])


def test_every_log_rotates() -> None:
    shipped = conf()
    for name in [f"program:{n}" for n in ("sim", *FLEET)]:
        assert shipped[name]["stdout_logfile_maxbytes"] == "5MB"
        assert int(shipped[name]["stdout_logfile_backups"]) > 0


def test_a_new_market_is_one_table_and_one_command(folder: Path, arbctl_in: Callable[[Path], Any]) -> None:
    call = arbctl_in(folder)
    path = folder / "arb.toml"
    whole = path.read_text()
    path.write_text(whole.replace('[markets.SOL]\nsize = "1"\n', ""))
    call("fleet", "render")
    assert "program:sol" not in conf(folder / "supervisord.conf")
    assert call("fleet", "check").code == 0
    path.write_text(whole)
    said = call("fleet", "check")
    assert said.code == 1
    assert "arbctl fleet render" in said.out
    assert call("fleet", "render", "--json").data["changed"] is True
    assert call("fleet", "check", "--json").data["agree"] is True
    made = conf(folder / "supervisord.conf")
    assert made["program:sol"]["command"].endswith("-m workers.arb SOL")
    assert made["group:arb"]["programs"].endswith(",sol")
    assert call("fleet", "render", "--json").data["changed"] is False


def test_what_a_person_wrote_outside_the_marks_stays(folder: Path, arbctl_in: Callable[[Path], Any]) -> None:
    path = folder / "supervisord.conf"
    path.write_text("; mine\n" + path.read_text().replace(",sol", "") + "\n[program:mine]\ncommand=true\n")
    arbctl_in(folder)("fleet", "render")
    text = path.read_text()
    assert text.startswith("; mine\n")
    assert text.endswith("\n[program:mine]\ncommand=true\n")
    assert ",sol" in text


def test_lost_marks_are_a_sentence(folder: Path, arbctl_in: Callable[[Path], Any]) -> None:
    (folder / "supervisord.conf").write_text("[supervisord]\n")
    said = arbctl_in(folder)("fleet", "render")
    assert said.code == 3
    assert "marks" in said.err


def test_a_fleet_with_its_own_arb_toml_keeps_its_files_beside_it(tmp_path: Path) -> None:
    text = members.relocated((ROOT / "supervisord.conf").read_text(), ROOT, tmp_path / "var")
    assert "%(here)s" not in text
    assert f"file={tmp_path}/var/run/supervisor.sock" in text
    assert f"directory={ROOT}" in text


def test_paper_venues_are_no_member_in_live_mode(folder: Path) -> None:
    path = folder / "arb.toml"
    path.write_text(path.read_text().replace('mode = "paper"', 'mode = "live"'))
    shutil.copy(ROOT / "supervisord.conf", folder / "x.conf")
    made = members.rendered((folder / "x.conf").read_text(), settings.load(path, {}))
    assert "[program:sim]" not in made
    assert "[program:warden]" in made and "[program:btc]" in made

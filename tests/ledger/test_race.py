"""Several processes race for a small cap and are killed at random; an outside reader counts for himself."""

import sqlite3
from pathlib import Path

import pytest

from common.fleet.race import CAP_UUSD, LEVEL, prepare, race
from common.fleet.race_judge import RaceJudge
from common.fleet.racer import START_NS
from common.fleet.violation import Violation

KILLS, PROCESSES = 24, 4


@pytest.mark.slow
def test_killed_at_random_nobody_ever_sees_more_than_the_cap_or_the_level(tmp_path: Path) -> None:
    told: list[int] = []
    outcome = race(tmp_path, processes=PROCESSES, kills=KILLS, seed=1, told=told.append)
    assert outcome.violation == ""
    assert outcome.kills == len(told) >= 4
    # The race was one: the cap was in reach all the time, and many deals came and went.
    assert 0.75 < outcome.filled <= 1
    assert outcome.counts["deals"] > 50 and outcome.counts["looks"] > 200 and outcome.counts["reversed"]


# ---- the judge can fail ---------------------------------------------------------------------------------------------

DEAL = (
    f"INSERT INTO deal VALUES ('{{0}}', '{{1}}', {{2}}, {{3}}, '1', '{{4}}', {{5}}, 0, {START_NS}, {START_NS}, 0, '')"
)
ORDER = (
    "INSERT INTO orders VALUES "
    "('o', 'a', 1, 'apex', 'BTC', 'BUY', 'CLOSE', '1', '1', 'IOC', 1, 0, '{0}', NULL, NULL, '', '', '')"
)
FILL = "INSERT INTO fill VALUES (1, 'apex', '{0}', 'o', 'BUY', '1', '1', 0, 0, 0)"
ONE = DEAL.format("a", "BTC", 1, 1, "OPEN", 1)


@pytest.mark.parametrize(
    ("look", "says", "statements"),
    [
        ("look", "cap: ", [DEAL.format("a", "BTC", 1, 1, "WRITTEN_OFF", CAP_UUSD + 1)]),
        ("look", "level: ", [DEAL.format(f"a{n}", f"M{n}", 1, -1, "STUCK", 1) for n in range(LEVEL + 1)]),
        ("look", "both directions", [ONE, DEAL.format("b", "BTC", 2, -1, "OPEN", 1)]),
        ("books", "never reserved", [ONE]),
        ("books", "ends otherwise", ["DELETE FROM deal"]),
        ("books", "was None, the next row finds it OPENING", ["UPDATE journal SET from_state = 'OPENING'"]),
        ("books", "the journal has a gap", ["DELETE FROM journal WHERE seq = 1"]),
        ("books", "half a reservation", [ORDER.format("DONE").replace("CLOSE", "OPEN")]),
        ("books", "taken back is not there", [ORDER.format("DONE"), FILL.format("f!reversed")]),
        ("rest", "is OPENING after all", ["UPDATE deal SET held_uusd = 1"]),
        ("rest", "the fate of o", [ORDER.format("NEW")]),
        ("rest", "naked: a by 1", [ORDER.format("DONE"), FILL.format("f")]),
    ],
)
def test_each_law_of_the_race_is_missed_when_it_is_broken(
    tmp_path: Path, look: str, says: str, statements: list[str]
) -> None:
    file = tmp_path / "race.db"
    prepare(file)
    db = sqlite3.connect(file, isolation_level=None)
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    if look != "look" and statements != [ONE]:
        db.execute(DEAL.format("a", "BTC", 1, 1, "OPENING", 0))
        db.execute(
            "INSERT INTO journal SELECT MAX(seq) + 1, 0, 'reserve', 'BTC', 'a', NULL, 'OPENING', '', 1, '', '', '', "
            "hash FROM journal"
        )
    judge = RaceJudge(file, CAP_UUSD, LEVEL)
    for check in (judge.look, judge.books, judge.rest):
        check()
    for statement in statements:
        db.execute(statement)
    db.close()
    with pytest.raises(Violation, match=says):
        getattr(judge, look)()
    judge.close()

"""The list of deliberate bugs cannot rot: every text that a mutant replaces still stands in its file exactly once."""

import pytest

from scripts.mutant_list import MUTANTS, Mutant
from scripts.mutants import ROOT, missing


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_what_a_mutant_breaks_is_there_once(mutant: Mutant) -> None:
    assert missing(mutant) == []
    assert all(old != new for _, old, new in mutant.edits)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_is_a_program_and_its_tests_exist(mutant: Mutant) -> None:
    for file in dict.fromkeys(file for file, _, _ in mutant.edits):
        text = (ROOT / file).read_text()
        for _, old, new in (edit for edit in mutant.edits if edit[0] == file):
            text = text.replace(old, new)
        if file.endswith(".py"):
            compile(text, file, "exec")
    assert all((ROOT / test).is_file() for test in mutant.tests)


def test_there_are_at_least_fifteen_and_each_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 15


def test_a_text_that_is_gone_is_named() -> None:
    gone = Mutant("gone", (("common/runner.py", "no such text", ""),))
    assert missing(gone) == ["gone: common/runner.py has its text 0 times instead of once: 'no such text'"]

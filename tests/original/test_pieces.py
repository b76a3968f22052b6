"""Which pieces of the original run as they stand, which cannot, and why."""

from typing import Any

import pytest

#: pieces that are no scripts → what Python says of each
BROKEN = {
    1: "NameError: name 'client' is not defined",
    8: "NameError: name 'csv_file_path' is not defined",
    11: "NameError: name 'client' is not defined",
    13: "IndentationError: unexpected indent",
    14: "SyntaxError: invalid syntax",
    16: "NameError: name 'time' is not defined",
    33: "SyntaxError: invalid character",
    34: "IndentationError: unexpected indent",
    42: "NameError: name 'b_first_price_apex' is not defined",
    43: "NameError: name 'asyncio' is not defined",
    44: "NameError: name 'run_program' is not defined",
}


def test_the_description_is_the_one_that_these_tests_know(blocks: list[str]) -> None:
    assert len(blocks) - 1 == 45
    assert "place_order_all" in blocks[41] and len(blocks[45].splitlines()) == 271


@pytest.mark.slow
@pytest.mark.parametrize("number", BROKEN)
def test_a_piece_that_is_no_script_says_why(original: Any, number: int) -> None:
    script = original.run(number, typed="11" if "input(" in original.blocks[number] else "")
    assert script.code == 1
    assert BROKEN[number] in script.err.splitlines()[-1]

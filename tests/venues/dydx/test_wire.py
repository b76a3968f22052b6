"""dYdX's envelope: what counts as an answer, and times as text."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.errors import VenueError
from common.core.order import Unknown
from common.venues.dydx.wire import Data, Refusal, data_of, decode_answer, iso, iso_ns, server_time_ns

NOT_FOUND = {"errors": [{"msg": "No order found with id: 7"}]}
BAD_PARAM = {"errors": [{"value": ["FILLED"], "msg": "status must be valid", "param": "status", "location": "query"}]}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"a": 1}, Data({"a": 1})),
        (201, {"order": {}}, Data({"order": {}})),
        (400, NOT_FOUND, Refusal(400, "No order found with id: 7")),
        (400, BAD_PARAM, Refusal(400, "status must be valid (status)")),
        (401, {"errors": [{"msg": "Unauthorized"}]}, Refusal(401, "Unauthorized")),
    ],
)
def test_a_well_formed_answer_is_data_or_a_refusal(status: int, body: Any, expected: Data | Refusal) -> None:
    assert decode_answer(status, orjson.dumps(body)) == expected


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, b"<html>Bad Gateway</html>"),
        (429, b"error code: 1015"),
        (429, orjson.dumps({"errors": [{"msg": "Too many requests"}]})),
        (500, orjson.dumps({"errors": [{"msg": "Internal"}]})),
        (400, b"<html>"),
        (400, b"{}"),
        (400, orjson.dumps({"errors": "No order found"})),
        (400, orjson.dumps({"errors": []})),
        (200, b""),
        (200, b"[1]"),
        (307, b"{}"),
    ],
)
def test_everything_else_is_unknown(status: int, body: bytes) -> None:
    assert isinstance(decode_answer(status, body), Unknown)


@given(st.integers(100, 599), st.binary(max_size=64))
def test_no_answer_whatever_raises(status: int, body: bytes) -> None:
    assert isinstance(decode_answer(status, body), Data | Refusal | Unknown)


def test_only_data_yields_an_object() -> None:
    assert data_of(Data({"a": 1})) == {"a": 1}
    for payload in (Refusal(400, "no"), Unknown("who knows")):
        with pytest.raises(VenueError):
            data_of(payload)


@given(st.integers(0, 4_000_000_000_000))
def test_iso_times_survive_to_the_millisecond(ms: int) -> None:
    assert iso_ns(iso(ms * 10**6)) == ms * 10**6


def test_iso_times_are_cut_never_rounded_up() -> None:
    assert iso(1_700_000_000_999_999_999) == "2023-11-14T22:13:20.999Z"


def test_a_time_without_a_zone_or_none_at_all_is_the_venue_s_fault() -> None:
    assert server_time_ns({"iso": "2023-11-14T22:13:20.500Z"}) == 1_700_000_000_500_000_000
    for wrong in ({"iso": "2023-11-14T22:13:20"}, {"iso": 7}, {}):
        with pytest.raises(VenueError):
            server_time_ns(wrong)

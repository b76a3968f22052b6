"""A tape's bytes: what was written comes back, any cut gives what stood before it, and damage costs its block alone."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.tape.block import FILE_HEAD, Block, Damage, begun_ns, blocks, seal
from common.tape.record import Kind, Record, pack, unpack

a_record = st.builds(
    Record,
    kind=st.sampled_from(Kind),
    connection=st.integers(0, 2**32 - 1),
    at_ns=st.integers(-(2**63), 2**63 - 1),
    body=st.one_of(st.binary(max_size=60), st.just(b"BLK1"), st.just(FILE_HEAD), st.text(max_size=30).map(str.encode)),
)
some_blocks = st.lists(st.lists(a_record, min_size=1, max_size=6), max_size=6)


def records_of(data: bytes) -> list[Record]:
    return [record for found in blocks(BytesIO(data)) if isinstance(found, Block) for record in found.records]


def damage_of(data: bytes) -> list[Damage]:
    return [found for found in blocks(BytesIO(data)) if isinstance(found, Damage)]


@given(records=st.lists(a_record, max_size=20))
def test_records_come_back_as_they_were(records: list[Record]) -> None:
    assert list(unpack(pack(records))) == records


@given(written=some_blocks, data=st.data())
def test_any_cut_gives_the_blocks_before_it_and_nothing_else(written: list[list[Record]], data: st.DataObject) -> None:
    sealed = [seal(block) for block in written]
    whole = FILE_HEAD + b"".join(sealed)
    cut = data.draw(st.integers(0, len(whole)))
    ends = [len(FILE_HEAD) + sum(map(len, sealed[:n])) for n in range(len(sealed) + 1)]
    kept = sum(end <= cut for end in ends[1:])
    assert records_of(whole[:cut]) == [record for block in written[:kept] for record in block]
    torn = cut - ends[kept] if cut >= len(FILE_HEAD) else 0
    assert damage_of(whole[:cut]) == ([Damage(ends[kept], torn, tail=True)] if torn else [])


@given(written=st.lists(st.lists(a_record, min_size=1, max_size=4), min_size=1, max_size=5), data=st.data())
def test_a_changed_byte_costs_its_own_block_and_no_other(written: list[list[Record]], data: st.DataObject) -> None:
    sealed = [seal(block) for block in written]
    hurt = data.draw(st.integers(0, len(sealed) - 1))
    at = data.draw(st.integers(0, len(sealed[hurt]) - 1))
    bad = bytearray(sealed[hurt])
    bad[at] ^= data.draw(st.integers(1, 255))
    found = records_of(FILE_HEAD + b"".join([*sealed[:hurt], bytes(bad), *sealed[hurt + 1 :]]))
    assert found == [record for n, block in enumerate(written) if n != hurt for record in block]


def test_what_is_no_tape_is_said() -> None:
    with pytest.raises(ValueError, match="does not begin like a tape"):
        records_of(b"PAR1 something else")


@given(records=st.lists(a_record, min_size=1, max_size=3))
def test_the_first_time_is_known_without_unpacking(records: list[Record]) -> None:
    assert begun_ns(BytesIO(FILE_HEAD + seal(records))) == records[0].at_ns
    assert begun_ns(BytesIO(FILE_HEAD)) is None


def test_a_length_from_nowhere_is_damage_and_no_memory() -> None:
    sealed = bytearray(seal([Record(Kind.FRAME, 1, 2, b"x")]))
    sealed[8:12] = b"\xff\xff\xff\xff"
    assert damage_of(FILE_HEAD + bytes(sealed)) == [Damage(len(FILE_HEAD), len(sealed), tail=True)]

"""From raw records to what a trader could have heard: book messages, trades, rates, index prices, gaps. Any venue.

The frames are read by the codecs that trading uses. Without a listing prices and sizes are counted in units so fine
that nothing is rounded; with one, in the instrument's own ticks and steps.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from common.core.errors import VenueError
from common.core.market import Instrument, Venue
from common.tape.decode_apex import ApexReader
from common.tape.decode_dydx import DydxReader
from common.tape.heard import Gap, Heard, InstrumentOf, Source, fine_instrument
from common.tape.reader import Taped
from common.tape.record import Kind, Record

LISTING = "listing"


class Decoder:
    """Follows the connections of any number of runs; one that is lost is forgotten."""

    def __init__(self, instrument_of: InstrumentOf = fine_instrument) -> None:
        self._instrument_of = instrument_of
        self._instruments: dict[tuple[Venue, str], Instrument] = {}
        self._streams: dict[Source, tuple[Venue, str]] = {}
        self._readers: dict[Venue, DydxReader | ApexReader] = {
            Venue.DYDX: DydxReader(self._instrument),
            Venue.APEX: ApexReader(self._instrument),
        }

    def heard(self, taped: Taped) -> Iterable[Heard]:
        """What one record says; what cannot be read is a gap."""
        match taped.record.kind:
            case Kind.FRAME:
                return self._frame(taped)
            case Kind.ANSWER:
                return self._answer(taped)
            case Kind.OPENED:
                return self._opened(taped)
            case Kind.LOST:
                stream = self._streams.pop((taped.run, taped.record.connection), None)
                return [_gap(stream, taped.record)] if stream else ()
            case Kind.GAP:
                return self._gaps(taped)
        return ()

    def _frame(self, taped: Taped) -> list[Heard]:
        record, source = taped.record, (taped.run, taped.record.connection)
        stream = self._streams.get(source)
        if stream is None:
            return []
        venue, market = stream
        try:
            return list(self._readers[venue].frame(record.body, market, source, record.at_ns))
        except VenueError as error:
            return [_gap(stream, record, str(error))]

    def _answer(self, taped: Taped) -> list[Heard]:
        record, fields = taped.record, taped.record.fields()
        venue, market, topic = Venue(fields["venue"]), str(fields["market"]), str(fields["topic"])
        if topic == LISTING:
            return []
        answer = int(fields["status"]), str(fields.get("text", "")).encode()
        try:
            told = self._readers[venue].answer(topic, answer, market, (taped.run, record.at_ns), record.at_ns)
            return [replace(heard, polled=True) for heard in told]
        except VenueError as error:
            return [_gap((venue, market), record, str(error))]

    def _opened(self, taped: Taped) -> Iterable[Heard]:
        """Noted again at the head of every file; a new connection stands for the end of the one before it."""
        key, fields = (taped.run, taped.record.connection), taped.record.fields()
        stream = (Venue(fields["venue"]), str(fields["market"]))
        if self._streams.get(key) == stream:
            return ()
        before = [known for known, of in self._streams.items() if of == stream and known[0] == taped.run]
        for known in before:
            del self._streams[known]
        self._streams[key] = stream
        return [_gap(stream, taped.record, "its connection was replaced")] if before else ()

    def _gaps(self, taped: Taped) -> list[Heard]:
        """A gap names one market, or the connections that missed something, or it is about all of a run."""
        record, fields = taped.record, taped.record.fields()
        if "venue" in fields:
            return [_gap((Venue(fields["venue"]), str(fields["market"])), record)]
        if "dropped" in fields:
            counts = {(taped.run, int(number)): int(count) for number, count in fields["dropped"].items()}
            known = [(self._streams[source], count) for source, count in counts.items() if source in self._streams]
            return [_gap(stream, record, dropped=count) for stream, count in known]
        ours = {source: stream for source, stream in self._streams.items() if source[0] == taped.run}
        if fields.get("ends"):
            self._streams = {source: of for source, of in self._streams.items() if source not in ours}
        return [_gap(stream, record) for stream in ours.values()]

    def _instrument(self, venue: Venue, market: str) -> Instrument:
        key = (venue, market)
        if key not in self._instruments:
            self._instruments[key] = self._instrument_of(venue, market)
        return self._instruments[key]


def decoded(taped: Iterable[Taped], instrument_of: InstrumentOf = fine_instrument) -> Iterator[Heard]:
    """Everything that a tape's records say, in their order."""
    decoder = Decoder(instrument_of)
    for one in taped:
        yield from decoder.heard(one)


def _gap(stream: tuple[Venue, str], record: Record, why: str = "", dropped: int = 0) -> Heard:
    venue, market = stream
    if why:
        return Heard(venue, market, Gap(why, record.at_ns))
    fields = record.fields()
    return Heard(venue, market, Gap(str(fields.get("why", "")), record.at_ns, dropped, str(fields.get("topic", ""))))

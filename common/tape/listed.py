"""The instruments as a tape's own listings have them, for who wants books in real ticks and steps."""

import orjson

from common.core.errors import ConfigError
from common.core.market import Instrument, Venue
from common.core.money import ZERO
from common.tape.decode import LISTING
from common.tape.places import TapeFile
from common.tape.reader import read_file
from common.tape.record import Kind
from common.venues.apex.wire_market import find_listing
from common.venues.dydx.wire_market import find_market, read_instrument


class Listings:
    """The newest listing of each venue in the first file that has any; fees are not listed, and 0 here."""

    def __init__(self, files: list[TapeFile]) -> None:
        self._files = files
        self._answers: dict[Venue, dict[str, object]] = {}

    def instrument(self, venue: Venue, market: str) -> Instrument:
        """As it was listed; ConfigError where the tape has no listing of it."""
        if not self._answers:
            self._read()
        if venue not in self._answers:
            raise ConfigError(f"the tape has no listing of {venue}")
        answer = self._answers[venue]
        if venue is Venue.DYDX:
            return read_instrument(find_market(answer, market), ZERO)
        return find_listing(answer["data"], market).instrument(ZERO)

    def _read(self) -> None:
        for file in self._files:
            for taped in read_file(file):
                fields = taped.record.fields() if taped.record.kind is Kind.ANSWER else {}
                if fields.get("topic") == LISTING:
                    self._answers[Venue(fields["venue"])] = orjson.loads(fields["text"])
                if len(self._answers) == len(Venue):
                    return

"""Listening by requests alone, for where WebSockets are blocked: books and trades at the original's intervals.

A page of trades shows the newest only. When its oldest is newer than what was known before, some may have been missed,
and that is a gap; the remedy is a shorter interval.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from common import clock, log
from common.core.errors import VenueError
from common.core.market import Venue
from common.recorder.terms import RecorderTerms
from common.tape.decode import LISTING
from common.tape.decode_apex import ApexReader
from common.tape.decode_dydx import DydxReader
from common.tape.heard import Page, fine_instrument
from common.tape.known_trades import KnownTrades
from common.tape.recording import Recording
from common.venues.apex.rest import SYMBOLS_PATH
from common.venues.apex.wire import cross_name
from common.venues.apex.wire_trade import PAGE_TRADES
from common.venues.dydx.rest import MARKETS_PATH
from common.venues.http import HttpAnswer, JsonHttp

BOOK, TRADES = "book", "trades"
#: listings change rarely, and each file of a tape begins with the last ones
LISTING_S: Final = 600.0
#: a listing that could not be had is asked for again after this
LISTING_RETRY_S: Final = 5.0
_OK: Final = 200
_NS: Final = 10**9
_READERS: Final[dict[Venue, DydxReader | ApexReader]] = {
    Venue.DYDX: DydxReader(fine_instrument),
    Venue.APEX: ApexReader(fine_instrument),
}

_logger = logging.getLogger("recorder")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked again and again."""

    venue: Venue
    market: str
    topic: str
    path: str
    every_s: float


def questions(venue: Venue, market: str, terms: RecorderTerms) -> tuple[Question, Question]:
    """Book and trades of one market."""
    name = fine_instrument(venue, market).name
    if venue is Venue.DYDX:
        paths, trades_ns = (f"/v3/orderbook/{name}", f"/v3/trades/{name}"), terms.dydx_trades_every_ns
    else:
        cross = cross_name(name)
        paths = f"/api/v1/depth?symbol={cross}&limit=200", f"/api/v1/trades?symbol={cross}&limit={PAGE_TRADES}"
        trades_ns = terms.apex_trades_every_ns
    book = Question(venue, market, BOOK, paths[0], terms.books_every_ns / _NS)
    return book, Question(venue, market, TRADES, paths[1], trades_ns / _NS)


class Poll:
    """One question, asked at its interval for ever; a failure is told once, and its end."""

    def __init__(self, question: Question, http: JsonHttp, recording: Recording) -> None:
        self._question, self._http, self._recording = question, http, recording
        self._known = KnownTrades()
        self._is_failing = False

    async def run(self, offset_s: float) -> None:
        """Ask first after `offset_s`, so that many polls do not ask at the same moment."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + offset_s
        while True:
            await asyncio.sleep(due_s - loop.time())
            await self.ask()
            due_s = max(due_s + self._question.every_s, loop.time())

    async def ask(self) -> None:
        """Once."""
        asked, result = self._question, await self._http.request("GET", self._question.path)
        if not isinstance(result, HttpAnswer):
            self._failed(result.reason)
            return
        self._recording.answer(asked.venue, asked.market, asked.topic, status=result.status, body=result.body)
        try:
            answer = result.status, result.body
            heard = list(_READERS[asked.venue].answer(asked.topic, answer, asked.market, (0, 0), clock.now_ns()))
        except VenueError as error:
            self._failed(str(error))
            return
        self._recovered()
        for page in (one.told for one in heard if isinstance(one.told, Page)):
            self._look(page)

    def _look(self, page: Page) -> None:
        """Whether this page joins on to the one before."""
        missed = self._known.misses(page)
        self._known.new(page)
        if missed:
            asked = self._question
            log.trouble(_logger, "trades_may_be_missing", venue=asked.venue, market=asked.market, page=len(page.trades))
            why = f"all {len(page.trades)} trades of the page are newer than what was known"
            self._recording.gap(asked.venue, asked.market, why, TRADES)

    def _failed(self, why: str) -> None:
        asked = self._question
        self._recording.gap(asked.venue, asked.market, why, "" if asked.topic == BOOK else asked.topic)
        if not self._is_failing:
            log.trouble(_logger, "tape_gap", venue=asked.venue, market=asked.market, topic=asked.topic, why=why)
        self._is_failing = True

    def _recovered(self) -> None:
        if self._is_failing:
            asked = self._question
            log.event(_logger, "answers_again", venue=asked.venue, market=asked.market, topic=asked.topic)
        self._is_failing = False


async def keep_listing(venue: Venue, http: JsonHttp, recording: Recording) -> None:
    """Record what is listed, at once and now and then; asked again soon where nobody answers."""
    path = MARKETS_PATH if venue is Venue.DYDX else SYMBOLS_PATH
    while True:
        result = await http.request("GET", path)
        is_had = isinstance(result, HttpAnswer) and result.status == _OK
        if isinstance(result, HttpAnswer) and is_had:
            recording.answer(venue, "", LISTING, status=result.status, body=result.body)
        else:
            log.trouble(_logger, "listing_unread", venue=venue, why=getattr(result, "reason", result))
        await asyncio.sleep(LISTING_S if is_had else LISTING_RETRY_S)

"""The lag of both feeds in the log: its worst once a minute, and one line where it begins and ceases to be too much."""

import logging
from decimal import Decimal

import pytest

from common.core.events import FeedAlive
from common.core.market import Instrument, Venue
from common.core.terms import SECOND_NS, Terms
from common.core.view import MarketView
from common.lag_watch import EVERY_NS, LagWatch

D = Decimal
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D(1), D("0.001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}
MS = 1_000_000
NOW = 10**18


def test_the_worst_of_each_minute_and_both_ends_of_being_late_are_told(caplog: pytest.LogCaptureFixture) -> None:
    view = MarketView(Terms(market="BTC", size=D("0.01")), INSTRUMENTS)
    watch = LagWatch(view, logging.getLogger("BTC"))
    with caplog.at_level(logging.INFO):
        watch.look(NOW)
        for second, lag_ms in enumerate((3, 1200, 1300, 900, 5), start=1):
            view.hear(FeedAlive(Venue.APEX, NOW, lag_ms * MS))
            watch.look(NOW + second * SECOND_NS)
        view.hear(FeedAlive(Venue.DYDX, NOW, 7 * MS))
        watch.look(NOW + EVERY_NS)
        watch.look(NOW + 2 * EVERY_NS)
    assert [record.getMessage() for record in caplog.records] == [
        "feed_lag dydx_ms=0 apex_ms=0",
        "feed_behind venue=apex lag_ms=1200",
        "feed_behind_over venue=apex",
        "feed_lag dydx_ms=7 apex_ms=1300",
        "feed_lag dydx_ms=7 apex_ms=5",
    ]

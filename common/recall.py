"""When a worker asks a venue for what may have escaped it: fills and funding that nobody pushed. Pure; time comes in.

A private stream tells most of it at once; what happened while it was down, or got lost, is found by asking: at start,
whenever the stream is up again, when the venue's position is not what our fills leave, and now and then.
"""

SECOND_NS = 1_000_000_000
HOUR_NS = 3600 * SECOND_NS
#: without any other reason fills are asked for this often, back to NEAR_NS ago
ROUTINE_NS, NEAR_NS = 60 * SECOND_NS, HOUR_NS
#: with a reason at once, back to FAR_NS ago; again after PAUSE_NS, doubling to PAUSE_MAX_NS while the reason stays
FAR_NS = 24 * HOUR_NS
PAUSE_NS, PAUSE_MAX_NS = 5 * SECOND_NS, 60 * SECOND_NS
#: funding is paid on the hour and booked by the venue a little later
FUNDING_DELAY_NS, FUNDING_RETRY_NS = 20 * SECOND_NS, 10 * SECOND_NS


class FillsRecall:
    """The question for fills, of one market at one venue."""

    def __init__(self) -> None:
        self._urgent = True
        self._routine_ns = self._not_before_ns = 0
        self._pause_ns = PAUSE_NS

    def stream_up(self) -> None:
        """What happened while the stream was down has to be asked for."""
        self._urgent, self._not_before_ns = True, 0

    def due(self, at_ns: int, *, fits: bool) -> int | None:
        """Since when to ask for fills now; None: not now. `fits` says that the venue's position is what we expect."""
        if fits:
            self._pause_ns = PAUSE_NS
        far = self._urgent or not fits
        if at_ns < self._not_before_ns or not (far or at_ns >= self._routine_ns):
            return None
        self._not_before_ns = at_ns + self._pause_ns
        if not fits:
            self._pause_ns = min(2 * self._pause_ns, PAUSE_MAX_NS)
        return at_ns - (FAR_NS if far else NEAR_NS)

    def answered(self, at_ns: int) -> None:
        """The venue gave a usable answer."""
        self._urgent, self._routine_ns = False, at_ns + ROUTINE_NS


class FundingRecall:
    """The question for funding, of one market at one venue: at start, and once after every full hour."""

    def __init__(self) -> None:
        self._hour = -1
        self._not_before_ns = 0

    def stream_up(self) -> None:
        """What was paid while the stream was down has to be asked for."""
        self._hour = -1

    def due(self, at_ns: int) -> bool:
        """Whether to ask now."""
        if at_ns < self._not_before_ns or _hour(at_ns) <= self._hour:
            return False
        self._not_before_ns = at_ns + FUNDING_RETRY_NS
        return True

    def answered(self, asked_ns: int) -> None:
        """The question of `asked_ns` was answered."""
        self._hour = _hour(asked_ns)


def _hour(at_ns: int) -> int:
    return (at_ns - FUNDING_DELAY_NS) // HOUR_NS

"""How often this process may ask dYdX: a token bucket whose last tokens only questions about orders may take.

It counts questions, never orders: an order is sent at once, whatever was asked before. Time is the event loop's.
"""

import asyncio
from typing import Final

#: dYdX takes 175 GETs in 10 s from one address; this is the share of one of eleven processes (ten markets, the warden)
TOKENS: Final = 15.0
WINDOW_S: Final = 10.0
#: of these, so many stay for looking orders up, so that an exit never waits behind a statistic
KEPT_FOR_LOOK_UPS: Final = 6.0
#: the longest wait for a token; past it the question is not asked
WAIT_MAX_S: Final = 5.0
#: how long to ask nothing after the venue said "too many", when it does not say how long
PAUSE_S: Final = 2.0
PAUSE_MIN_S: Final = 1.0
PAUSE_MAX_S: Final = 10.0
MS_PER_S: Final = 1000


class Budget:
    """Tokens for questions of one process at one venue."""

    def __init__(self, tokens: float = TOKENS, window_s: float = WINDOW_S) -> None:
        self._most, self._per_s = tokens, tokens / window_s
        self._tokens = tokens
        self._at_s = 0.0
        self._paused_until_s = 0.0

    async def acquire(self, *, keep: float) -> bool:
        """Wait, at most WAIT_MAX_S, until a token is there above `keep`, and take it; False: do not ask."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + WAIT_MAX_S
        while wait_s := self._wait_s(loop.time(), keep):
            if loop.time() + wait_s > deadline_s:
                return False
            await asyncio.sleep(wait_s)
        self._tokens -= 1
        return True

    def pause(self, retry_after: str | None) -> None:
        """The venue said "too many": ask nothing for as long as it says (`Retry-After`, in ms), within bounds."""
        told = retry_after is not None and retry_after.isascii() and retry_after.isdigit()
        wait_s = int(retry_after) / MS_PER_S if retry_after and told else PAUSE_S
        wait_s = min(max(wait_s, PAUSE_MIN_S), PAUSE_MAX_S)
        self._paused_until_s = asyncio.get_running_loop().time() + wait_s

    def _wait_s(self, now_s: float, keep: float) -> float:
        """Seconds until a token may be taken, 0 for now."""
        self._tokens = min(self._most, self._tokens + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        lacking_s = max(0.0, (keep + 1 - self._tokens) / self._per_s)
        return max(lacking_s, self._paused_until_s - now_s, 0.0)

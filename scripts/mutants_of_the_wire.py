"""Deliberate bugs on the way of an order to the wire: written late, over a dead line, twice, or signed for another."""

from scripts.mutant import Mutant

HTTP, LINE, AHEAD = "common/venues/http.py", "common/venues/http_line.py", "common/venues/ahead.py"
LIVE, EDGE, FORESIGHT, LOG = "common/live.py", "common/core/edge.py", "common/core/foresight.py", "common/log.py"
_TESTS = ("tests/venues/test_http_line.py",)

OF_THE_WIRE = (
    Mutant(
        "an order is written a turn of the loop later",
        ((LINE, "self._transport.write(request)", "self._loop.call_soon(self._transport.write, request)"),),
        _TESTS,
    ),
    Mutant(
        "an order goes out over a line that the venue closed",
        ((LINE, "self._answer is None and not self._poll.poll(0)", "self._answer is None"),),
        _TESTS,
    ),
    Mutant(
        "an order is sent again when nothing came back",
        ((HTTP, "result.unheard and method in REPEATABLE", "result.unheard"),),
        _TESTS,
    ),
    Mutant(
        "a question that timed out is asked again",
        ((LINE, 'self._timer = self._loop.call_later(timeout_s, self._fail, "TimeoutError")',
          'self._timer = self._loop.call_later(timeout_s, lambda: self._fail("TimeoutError", unheard=True))'),),
        _TESTS,
    ),
    Mutant(
        "a late answer answers the next order",
        ((LINE, "        if self._transport is not None:\n            self._transport.abort()", "        return"),),
        _TESTS,
    ),
    Mutant(
        "half an answer is an answer",
        ((LINE, "return self._is_head_whole and not lengths", "return self._is_head_whole"),),
        _TESTS,
    ),
    Mutant(
        "orders wait behind questions",
        ((HTTP, "        line = self._free_line()\n        if line is None:\n            return",
          "        line = None if self._turns.locked() else self._free_line()\n        if self._turns.locked():\n"
          "            return asyncio.get_running_loop().create_task(self.request(method, path, body=body))\n"
          "        if line is None:\n            return"),),
        _TESTS,
    ),
    Mutant(
        "a signature serves another limit",
        ((AHEAD, "str(order.size), str(order.limit), ", "str(order.size), "),),
        ("tests/venues/test_ahead.py",),
    ),
    Mutant(
        "a signature serves another hour",
        ((AHEAD, ", self._hours(order))", ", 0)"),),
        ("tests/venues/test_ahead.py",),
    ),
    Mutant(
        "a signature serves another account",
        ((AHEAD, "            self._kept.clear()\n", ""),),
        ("tests/venues/test_ahead.py",),
    ),
    Mutant(
        "nothing is signed ahead",
        ((AHEAD, "        self._kept[key] = made\n", ""),),
        ("tests/venues/test_ahead.py",),
    ),
    Mutant(
        "one order waits for the other's answer",
        ((LIVE, "        for order, answer in sent:\n            self._spawn(self._answered(order, answer))",
          "        self._spawn(self._answered(*sent[0]))"),),
        ("tests/house/test_live_world.py",),
    ),
    Mutant(
        "all is signed in front of the next frame",
        ((LIVE, "if self._signs(order) and self._ahead:", "if self._signs(order) and not self._ahead:"),),
        ("tests/house/test_live_world.py",),
    ),
    Mutant(
        "a limit looser than its slack",
        ((EDGE, "price_down(reach, coarse)", "price_down(reach, coarse) + coarse"),),
        ("tests/core/test_edge.py",),
    ),
    Mutant(
        "a limit inside the worst price",
        ((EDGE, "price_up(max(reach, quote.worst), tick), quote.touch)", "quote.touch - tick)"),),
        ("tests/core/test_edge.py",),
    ),
    Mutant(
        "orders of a worse book are signed",
        ((FORESIGHT, "order.limit - order.side.sign", "order.limit + order.side.sign"),),
        ("tests/core/test_foresight.py",),
    ),
    Mutant(
        "a line of the log is lost at the end",
        ((LOG, "        _ask.remove(ask)\n        write_waiting()", "        _ask.remove(ask)"),),
        ("tests/house/test_log.py",),
    ),
)  # fmt: skip

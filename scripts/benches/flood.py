"""A process that says book messages as fast as it is told: `python -m scripts.benches.flood COUNT`. Prints its port.

Both venues on one port: /dydx/RATE/COUNT and /apex/RATE/COUNT/…; RATE messages a second, 0: all at once. Frames are
made before it listens, so that it is never what is measured.
"""

import asyncio
import sys

from aiohttp import web

from common import process
from common.core.market import Venue
from scripts.benches.flood_frames import wire_frames

#: at a rate, so often
GRAIN_S = 0.005
#: what is said before the changes: dYdX greets, both give their snapshot
OPENING = {Venue.DYDX: 2, Venue.APEX: 1}


def main() -> None:
    """Serve until the parent ends."""
    process.die_with_parent()
    count = int(sys.argv[1])
    asyncio.run(_serve({venue: list(wire_frames(venue, count)) for venue in Venue}))


async def _serve(frames: dict[Venue, list[bytes]]) -> None:
    async def talk(request: web.Request) -> web.WebSocketResponse:
        venue, rate, count = (request.match_info[key] for key in ("venue", "rate", "count"))
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        # the last thing that a feed asks for at its start
        for _ in range(2):
            await socket.receive()
        saying = asyncio.create_task(_say(request, Venue(venue), frames[Venue(venue)], int(rate), int(count)))
        async for _ in socket:
            pass
        saying.cancel()
        return socket

    app = web.Application()
    app.router.add_get("/{venue}/{rate}/{count}{rest:.*}", talk)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


async def _say(request: web.Request, venue: Venue, frames: list[bytes], rate: int, count: int) -> None:
    transport, said, loop = request.transport, OPENING[venue], asyncio.get_running_loop()
    assert transport is not None
    transport.write(b"".join(frames[:said]))
    last, begun_s = said + count, loop.time()
    while said < last:
        due = last if not rate else min(last, OPENING[venue] + int((loop.time() - begun_s) * rate))
        transport.write(b"".join(frames[said:due]))
        said = due
        await asyncio.sleep(GRAIN_S)


if __name__ == "__main__":
    main()

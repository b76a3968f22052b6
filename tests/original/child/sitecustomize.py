"""What the interpreter loads before one of the original's scripts: the venues' hosts lead to the paper venues and
nowhere else, waits are cut short. The script itself is not touched.

Read from the environment: `ORIGINAL_HOSTS` (JSON: real host → paper host) and `ORIGINAL_SLEEP_MAX_S`.
"""

import asyncio
import json
import os
import time
from typing import Any

import requests

_HOSTS: dict[str, str] = json.loads(os.environ["ORIGINAL_HOSTS"])
_SLEEP_MAX_S = float(os.environ["ORIGINAL_SLEEP_MAX_S"])
_send, _sleep, _sleep_async = requests.Session.send, time.sleep, asyncio.sleep


def _led(session: requests.Session, request: requests.PreparedRequest, **how: Any) -> requests.Response:
    """Both SDKs send through here; paths, headers and bodies stay as they made them."""
    url = str(request.url)
    host = next((host for host in _HOSTS if url.startswith(host + "/")), None)
    if host is None:
        raise ConnectionRefusedError(f"a script asked for {url}, which is no venue's")
    request.url = _HOSTS[host] + url.removeprefix(host)
    return _send(session, request, **how)


def _short(seconds: float) -> None:
    _sleep(min(seconds, _SLEEP_MAX_S))


async def _short_async(seconds: float, result: Any = None) -> Any:
    return await _sleep_async(min(seconds, _SLEEP_MAX_S), result)


for owner, name, ours in (
    (requests.Session, "send", _led),
    (time, "sleep", _short),
    (asyncio, "sleep", _short_async),
):
    setattr(owner, name, ours)

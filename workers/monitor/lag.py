"""How late the drain's loop comes: what every question and heartbeat of the worker waits for."""

import asyncio
from typing import Final

from workers.monitor.meters import Meters

#: Seconds between two looks.
_LOOK_SECONDS: Final = 0.1


async def watch_lag(meters: Meters) -> None:
    """Count how much later than asked for the loop returns, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due_at = loop.time() + _LOOK_SECONDS
        await asyncio.sleep(_LOOK_SECONDS)
        meters.lagged(loop.time() - due_at)

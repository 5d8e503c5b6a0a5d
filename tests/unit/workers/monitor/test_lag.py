"""How late the loop comes."""

import asyncio
import time

from workers.contracts.metrics import pack, unpack
from workers.monitor.lag import watch_lag
from workers.monitor.meters import Meters


def test_what_holds_the_loop_up_is_counted() -> None:
    meters = Meters()

    async def scene() -> None:
        watch = asyncio.create_task(watch_lag(meters))
        await asyncio.sleep(0.05)
        time.sleep(0.4)  # noqa: ASYNC251 - what must not happen in a drain
        await asyncio.sleep(0.05)
        watch.cancel()

    asyncio.run(scene())
    families = {family.name: family for family in unpack(pack(meters.snapshot()))}
    lag = families["atende_drain_loop_lag_seconds"]
    assert lag.total("_sum") > 0.3
    assert lag.total("_bucket", le="0.25") < lag.total("_count")

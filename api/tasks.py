"""Tasks of the event loop that must be over before the process is."""

import asyncio

_AGAIN_SECONDS = 0.5


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel them until each is over. Once is not always enough: a `wait_for` of Python 3.11 that is done at the same moment takes the
    cancellation and goes on (fixed in 3.12), and libraries that read sockets for ever call it all the time."""
    while under_way := [task for task in tasks if not task.done()]:
        for task in under_way:
            task.cancel()
        await asyncio.wait(under_way, timeout=_AGAIN_SECONDS)
    for task in tasks:
        if not task.cancelled():
            task.exception()

"""What runs in the background ends with the process, also when something takes its first cancellation for itself."""

import asyncio
from contextlib import suppress

from api import tasks


def test_a_task_that_took_a_cancellation_for_itself_is_ended_all_the_same() -> None:
    taken: list[int] = []

    async def deaf() -> None:
        while True:
            try:
                await asyncio.sleep(3_600)
            except asyncio.CancelledError:
                if len(taken) == 2:
                    raise
                taken.append(1)

    async def fails() -> None:
        raise ValueError

    async def both() -> list[bool]:
        started = [asyncio.create_task(deaf()), asyncio.create_task(fails())]
        await asyncio.sleep(0)
        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                await tasks.end(*started)
        return [task.done() for task in started]

    assert asyncio.run(both()) == [True, True]
    assert len(taken) == 2

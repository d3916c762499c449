"""Threads of their own for signing in: hashing is slow on purpose, and a flood of it must not hold up everything else."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from typing import TypeVar

from zamc.errors import HeldBack

T = TypeVar("T")
_THREADS = 4
_MOST_WAITING = 64
_executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="identity")
_waiting = 0


async def on_thread(work: Callable[[], T]) -> T:
    """Run it there. Raises HeldBack when too many wait already."""
    global _waiting  # noqa: PLW0603 - one count for the process, changed on the event loop alone
    if _waiting >= _MOST_WAITING:
        raise HeldBack("too many people sign in at once", code="busy", delay=timedelta(seconds=5))
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_executor, copy_context().run, work)
    finally:
        _waiting -= 1

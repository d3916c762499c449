"""How much memory this machine has for us, and what PostgreSQL takes of it."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_MIB = 1024 * 1024
# PostgreSQL's own default, and what it starts with on the smallest machine.
_LEAST = 128 * _MIB
# Beyond this the pages of a single machine's installation are as well kept by its kernel.
_MOST = 2048 * _MIB
# A container's limit, as the kernel shows it inside: of cgroups 2 and 1.
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def usable_bytes() -> int:
    """Of the machine, or of the container if that may have less."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limits = []
    for file in _LIMITS:
        # ValueError: "max", for none.
        with suppress(OSError, ValueError):
            limits.append(int(file.read_text()))
    return min([machine, *limits])


def postgres_memory(usable: int) -> Mapping[str, str]:
    """Settings for a PostgreSQL that shares the machine with everything else of ours.

    An eighth for its own pages: they are taken as they are used, so that an empty installation takes next to nothing. Half is what it may
    expect to find in memory, its own and the kernel's, and a page out of order costs little more than the next one there.
    """
    buffers = min(max(usable // 8, _LEAST), _MOST)
    return {
        "shared_buffers": f"{buffers // _MIB}MB",
        "effective_cache_size": f"{max(usable // 2, buffers) // _MIB}MB",
        "random_page_cost": "1.1",
    }

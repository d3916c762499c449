"""Where blocking work runs: a few threads for the database, fewer than its pool has connections, and others for waiting on platforms.

A request that waits for a platform must not keep others from reading, and no number of requests may want more connections than there are.
"""

from concurrent.futures import ThreadPoolExecutor

# zamc.database.engine: 5 connections and 5 more. A few are left to what waits for platforms, to health checks and to sign-in.
DATABASE_THREADS = 6
OUTSIDE_THREADS = 4
# Of one request at once: its siblings may wait for each other, other people's requests may not.
PER_REQUEST = 3

DATABASE = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="api-database")
OUTSIDE = ThreadPoolExecutor(OUTSIDE_THREADS, thread_name_prefix="api-outside")

"""Where blocking work runs: a few threads for each kind of it, no more in all than the database pool has connections.

What waits for a platform must not keep others from reading, what stops spending waits for nobody, and no number of requests may want more
connections than there are (zamc.database.engine.MOST_CONNECTIONS).
"""

from concurrent.futures import ThreadPoolExecutor

DATABASE_THREADS = 6
# Who calls; a few of them may wait for a Valkey that hangs.
CALLER_THREADS = 3
OUTSIDE_THREADS = 4
# Pausing and ending, whatever everybody else waits for.
URGENT_THREADS = 4
# Of one request at once: its siblings may wait for each other, other people's requests may not.
PER_REQUEST = 3

DATABASE = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="api-database")
CALLERS = ThreadPoolExecutor(CALLER_THREADS, thread_name_prefix="api-callers")
OUTSIDE = ThreadPoolExecutor(OUTSIDE_THREADS, thread_name_prefix="api-outside")
URGENT = ThreadPoolExecutor(URGENT_THREADS, thread_name_prefix="api-urgent")

"""`python -m benchmarks.worker PLATFORM GO`: what a run of one data asset does, without Dagster, as soon as the file GO is there.

Says on standard output how many seconds of CPU it took.
"""

import json
import sys
import time
from pathlib import Path

from zamc.bootstrap import services


def main() -> int:
    platform, go = sys.argv[1], Path(sys.argv[2])
    service = services().deployments
    service.launch(platform)  # nothing is due yet: what a long-lived worker has imported and connected long ago
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not go.exists():
        time.sleep(0.01)
    used = time.process_time()
    outcome = service.launch(platform)
    sys.stdout.write(json.dumps({"counts": outcome.counts, "cpu_seconds": time.process_time() - used}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

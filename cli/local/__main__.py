"""`python -m cli.local`: the supervisor's process. Reads one request (JSON, one line) from standard input, tells events on standard output.

Standard input stays open for as long as whoever asked lives: its end stops the stack (cli/local/client.py is the other side).
"""

import os
import sys

from cli.local.errors import AlreadyRunning, StackError
from cli.local.guard import guarded
from cli.local.request import Request, read_request
from cli.local.run import EventPipe, run_stack
from cli.local.services import Phase, StackEvent


def main() -> int:
    request: Request = read_request(0)
    events = EventPipe(1)
    try:
        home = request.home()
        home.prepare()
        # Kept open by both halves of the supervisor, so that the folder is free only when the last process is gone.
        home.lock()
    except AlreadyRunning as error:
        events.tell(StackEvent("", Phase.REFUSED, str(error)))
        return 1
    except StackError as error:
        events.tell(StackEvent("", Phase.FAILED, str(error)))
        return 1
    log = os.open(home.log("supervisor"), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.dup2(log, 2)
    os.close(log)
    return guarded(lambda: run_stack(request, home, events))


if __name__ == "__main__":
    sys.exit(main())

"""One of several processes that buy from a provider: `python -m tests.zamc.llm.buyer JSON`.

It says "ready", waits for a line, buys every variant that it is told (`threads` at once), and says of each: bought, cached, or the name of
the error with its code. die: "before-keep" or "after-keep" kills it, as an operator would, around the commit of the first answer.
"""

import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from tests.conftest import ManualClock
from tests.zamc.llm.conftest import ADAPTERS, PRICE
from tests.zamc.strategies.briefs import brief
from zamc.database.engine import Database
from zamc.errors import ZamcError
from zamc.llm.connection import Connection
from zamc.llm.prompts.pitch import question
from zamc.llm.till import Till
from zamc.throttling.breaker import Breaker
from zamc.throttling.limiter import Limiter
from zamc.throttling.store import Store

NAME = "claude-sonnet-4-6"
# Log lines are written there too.
MARK = "said: "


def main() -> None:
    told: dict[str, Any] = json.loads(sys.argv[1])
    store = Store(told["redis_url"])
    till = Till(
        Database(told["app_url"]), ManualClock(datetime.fromisoformat(told["now"])), Limiter(store), Breaker(store),
        {f"{told['provider']}/{NAME}": PRICE}, call_seconds=10.0, sleep=lambda _: None,
    )  # fmt: skip
    if told["die"]:
        _die(till, told["die"])
    model: Any = ADAPTERS[told["provider"]](Connection(told["provider"], told["url"], NAME, SecretStr(told["key"]), 10.0))
    asked, saying = question(brief(), "Bluebird"), Lock()

    def buy(variant: int) -> None:
        try:
            bought = till.buy(model, asked, project_id=UUID(told["project_id"]), variant=variant)
            said = "cached" if bought.cache_hit else "bought"
        except ZamcError as error:
            said = f"{type(error).__name__} {getattr(error, 'code', '')}".strip()
        with saying:  # the words of one and the line's end of another are two writes
            print(f"{MARK}{said}", flush=True)  # noqa: T201 - its word to the parent

    print(f"{MARK}ready", flush=True)  # noqa: T201 - its word to the parent
    sys.stdin.readline()
    with ThreadPoolExecutor(told["threads"]) as pool:
        list(pool.map(buy, told["variants"]))


def _die(till: Till, when: str) -> None:
    keep = till._keep

    def kept(*arguments: Any) -> int:
        if when == "after-keep":
            keep(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("nobody lives on")

    till._keep = kept  # type: ignore[method-assign,assignment]  # the crash point


if __name__ == "__main__":
    main()

"""What a caller asks of a supervisor that it starts: one line of JSON, because a command line can be read by everybody."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cli.local.home import Home


@dataclass(frozen=True)
class Request:
    """services: names, empty for all. commands: argument vectors that replace those of stack.py, by service.

    environment: more variables for our own programs. builder: "module:function" with the signature of cli.local.stack.embedded_services.
    """

    root: str
    services: list[str] = field(default_factory=list)
    commands: dict[str, list[str]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    durable: bool = True
    builder: str = "cli.local.stack:embedded_services"

    def home(self) -> Home:
        return Home(Path(self.root))

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


def read_request(descriptor: int) -> Request:
    """Reads exactly one line, byte by byte: what follows belongs to the supervisor's loop."""
    line = bytearray()
    while (byte := os.read(descriptor, 1)) not in {b"", b"\n"}:
        line += byte
    if not line:
        raise SystemExit(0)  # whoever started us was gone before it could ask
    return Request(**json.loads(line))

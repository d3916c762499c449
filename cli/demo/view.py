"""The live view: stages with their seconds, and how far each brief is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

_STATES = {
    "live": "green",
    "approved": "green",
    "failed": "red",
    "rejected": "red",
    "paused": "yellow",
}


@dataclass
class Stage:
    """One stage of the demo. seconds stands still when it is over."""

    name: str
    title: str
    started: float | None = None
    seconds: float = 0.0
    over: bool = False
    note: str = ""

    def elapsed(self) -> float:
        return self.seconds if self.over or self.started is None else time.monotonic() - self.started


@dataclass
class View:
    """What is on the screen. Without a terminal, each stage is a line when it is over."""

    console: Console
    stages: list[Stage]
    briefs: dict[str, dict[str, str]] = field(default_factory=dict)
    columns: tuple[str, ...] = ("strategy", "creatives", "search", "performance_max", "display", "meta")
    _live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator["View"]:
        """Draw while the block runs."""
        if not self.console.is_terminal:
            yield self
            return
        with Live(self, console=self.console, refresh_per_second=8, transient=False) as live:
            self._live = live
            yield self

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Time a stage."""
        current = next(stage for stage in self.stages if stage.name == name)
        current.started = time.monotonic()
        try:
            yield current
        finally:
            current.seconds = time.monotonic() - current.started
            current.over = True
            if self._live is None:
                self.console.print(f"{current.title}: {current.seconds:.1f} s {current.note}".rstrip())

    def say(self, line: str) -> None:
        """A line that stays above the live part."""
        self.console.print(line, highlight=False)

    def __rich__(self) -> Group:
        stages = Table.grid(padding=(0, 2))
        for stage in self.stages:
            mark: Text | Spinner = Text("✓", "green") if stage.over else Spinner("dots") if stage.started else Text("·", "dim")
            seconds = f"{stage.elapsed():5.1f} s" if stage.started else ""
            stages.add_row(mark, Text(stage.title, "" if stage.started else "dim"), seconds, Text(stage.note, "dim"))
        if not self.briefs:
            return Group(stages)
        briefs = Table("brief", *self.columns, box=None, padding=(0, 2), header_style="dim")
        for name, states in self.briefs.items():
            briefs.add_row(name, *(Text(states.get(column, "-"), _STATES.get(states.get(column, ""), "")) for column in self.columns))
        return Group(stages, Text(), briefs)

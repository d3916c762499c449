"""Which runs wait, are at work, have ended or still need a word in Dagster's record: bookkeeping without any I/O."""

from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

REMEMBERED_ENDINGS = 200
"""How many ended runs health checks can still be told about; run monitoring asks within seconds."""


class Errand(StrEnum):
    """What a forked process is for: a run, or recording the end of runs whose own process could not."""

    RUN = "run"
    SETTLE = "settle"


@dataclass(frozen=True)
class Loss:
    """A run whose process ended, or may have ended, without recording the run's end."""

    run_id: str
    reason: str


@dataclass(frozen=True)
class Task:
    """What the next forked process does: one run, or the losses to record."""

    errand: Errand
    run_id: str = ""
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True)
class Child:
    """A process of ours. `kill_at` is when SIGKILL follows SIGTERM (seconds of the monotonic clock; 0: not asked to end)."""

    pid: int
    task: Task
    kill_at: float = 0.0


@dataclass(frozen=True)
class Ending:
    died: bool
    detail: str


@dataclass
class Roster:
    """At most `max_runs` runs are at work; the others wait in the order in which they came."""

    max_runs: int
    queue: deque[str] = field(default_factory=deque)
    children: dict[int, Child] = field(default_factory=dict)
    losses: dict[str, Loss] = field(default_factory=dict)
    endings: dict[str, Ending] = field(default_factory=dict)

    @property
    def at_work(self) -> int:
        return sum(child.task.errand is Errand.RUN for child in self.children.values())

    def child_of(self, run_id: str) -> Child | None:
        """The process that works on the run."""
        found = (child for child in self.children.values() if child.task.run_id == run_id)
        return next(found, None)

    def knows(self, run_id: str) -> bool:
        return run_id in self.queue or run_id in self.endings or self.child_of(run_id) is not None

    def enqueue(self, run_id: str) -> None:
        """Put a run at the end of the queue; a run that is already known stays where it is (a request may come twice)."""
        if not self.knows(run_id):
            self.queue.append(run_id)

    def withdraw(self, run_id: str) -> bool:
        """Take a waiting run out; False if it does not wait."""
        if run_id not in self.queue:
            return False
        self.queue.remove(run_id)
        self.end(run_id, Ending(died=False, detail="it was taken out of the queue before it started"))
        return True

    def next_task(self, *, may_settle: bool = True) -> Task | None:
        """What a process should be forked for now, or None. Losses are settled by one process at a time."""
        settling = any(child.task.errand is Errand.SETTLE for child in self.children.values())
        if self.losses and may_settle and not settling:
            return Task(Errand.SETTLE, losses=tuple(self.losses.values()))
        if self.queue and self.at_work < self.max_runs:
            return Task(Errand.RUN, run_id=self.queue[0])
        return None

    def forked(self, task: Task, pid: int) -> None:
        if task.errand is Errand.RUN:
            self.queue.remove(task.run_id)
        self.children[pid] = Child(pid=pid, task=task)

    def condemn(self, pid: int, *, kill_at: float) -> None:
        self.children[pid] = replace(self.children[pid], kill_at=kill_at)

    def ended(self, pid: int, ending: Ending, *, recorded: bool) -> Task:
        """Strike a process off. `recorded` says that it wrote the end of its run or of its losses itself."""
        task = self.children.pop(pid).task
        if task.errand is Errand.RUN:
            self.end(task.run_id, ending)
            if not recorded:
                self.lose(task.run_id, f"The run's process ended without recording the run's end: {ending.detail}.")
        elif recorded:
            for loss in task.losses:
                self.losses.pop(loss.run_id, None)
        return task

    def lose(self, run_id: str, reason: str) -> None:
        self.losses[run_id] = Loss(run_id=run_id, reason=reason)

    def end(self, run_id: str, ending: Ending) -> None:
        self.endings[run_id] = ending
        while len(self.endings) > REMEMBERED_ENDINGS:
            del self.endings[next(iter(self.endings))]

    def orphaned(self, reason: str) -> None:
        """The server that had forked the children is dead, and so are they: each of their runs is a loss."""
        for child in self.children.values():
            if child.task.errand is Errand.RUN:
                self.end(child.task.run_id, Ending(died=True, detail=reason))
                self.lose(child.task.run_id, reason)
        self.children.clear()

    def to_json(self) -> dict[str, Any]:
        return {
            "queue": list(self.queue),
            "children": [asdict(child) for child in self.children.values()],
            "losses": [asdict(loss) for loss in self.losses.values()],
            "endings": {run_id: asdict(ending) for run_id, ending in self.endings.items()},
        }

    @classmethod
    def from_json(cls, record: dict[str, Any], *, max_runs: int) -> Self:
        """The roster that `to_json` wrote. Raises KeyError, TypeError or ValueError on anything else."""
        losses = _losses(record["losses"])
        children = [
            Child(
                pid=child["pid"],
                task=Task(Errand(child["task"]["errand"]), child["task"]["run_id"], _losses(child["task"]["losses"])),
                kill_at=child["kill_at"],
            )
            for child in record["children"]
        ]
        return cls(
            max_runs=max_runs,
            queue=deque(record["queue"]),
            children={child.pid: child for child in children},
            losses={loss.run_id: loss for loss in losses},
            endings={run_id: Ending(**ending) for run_id, ending in record["endings"].items()},
        )


def _losses(records: Iterable[dict[str, str]]) -> tuple[Loss, ...]:
    return tuple(Loss(**record) for record in records)

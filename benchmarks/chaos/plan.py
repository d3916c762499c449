"""What goes wrong, and what people want meanwhile: all of it computed from a seed before anything starts."""

import random
from dataclasses import dataclass
from typing import Literal, get_args

# Every point at which zamc.deployments asks its crash hook; a test holds this list against the code.
LAUNCH_POINTS = (
    "change.claimed",
    "create.before_send", "create.after_send", "create.before_write", "create.written",
    "creating.read_claimed", "creating.read_back", "creating.read_written",
    "enable.planned", "enable.before_send", "enable.after_send", "enable.before_write", "enable.written",
    "enabling.read_claimed", "enabling.read_back", "enabling.read_written",
)  # fmt: skip
STOP_POINTS = ("stop.claimed", "stop.before_send", "stop.after_send", "stop.written", "stop.read_back")
DOUBT_POINTS = ("doubt.claimed", "doubt.looked", "doubt.written")
UPDATE_POINTS = ("update.before_send", "update.after_send", "update.written", "update.read_back", "update.concluded")
SWEEP_POINTS = ("sweep.pause.claimed", "sweep.pause.sent", "sweep.remove.claimed", "sweep.remove.sent")
WORKER_POINTS = (*LAUNCH_POINTS, *STOP_POINTS, *DOUBT_POINTS, *UPDATE_POINTS, *SWEEP_POINTS)
# Adopting runs alone, after a restore: the trial's second act.
ADOPT_POINTS = ("adopt.doubted", "adopt.bound", "adopt.decided")
POINTS = (*WORKER_POINTS, *ADOPT_POINTS)

Server = Literal["postgres", "nats", "valkey"]
Wish = Literal["launch", "pause", "resume", "end", "budget"]
Deed = Literal["copy", "copy and turn on", "turn on a stray", "create twice"]

SERVERS: tuple[Server, ...] = get_args(Server)


@dataclass(frozen=True)
class Death:
    """How one life of a worker ends: at a point, when it has come by there so often before, or after so many seconds."""

    point: str | None
    passes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class ServerDeath:
    """A server that is killed, so many seconds after the server before it."""

    server: Server
    seconds: float


@dataclass(frozen=True)
class Action:
    """What somebody wants of one deployment. subject: 0 to 1, a place in the list of deployments; seconds: after the action before."""

    wish: Wish
    subject: float
    seconds: float


@dataclass(frozen=True)
class Hand:
    """What somebody does in a platform's own interface, past us. subject: 0 to 1, a place among what runs there; seconds: as before."""

    deed: Deed
    platform: Literal["google", "meta"]
    subject: float
    seconds: float


@dataclass(frozen=True)
class Plan:
    """All that a seed decides. fault_share: of the platforms' calls go wrong; fault_seed decides which and how.

    adoptions: where `adopt` is killed after the restore, in this order.
    """

    seed: int
    deaths: tuple[Death, ...]
    servers: tuple[ServerDeath, ...]
    actions: tuple[Action, ...]
    hands: tuple[Hand, ...]
    adoptions: tuple[str, ...]
    fault_seed: int
    fault_share: float = 0.05


def plan(seed: int, deployments: int) -> Plan:
    """The same seed and number, the same plan. Each point once, and more deaths at random moments."""
    source = random.Random(f"{seed}/{deployments}")  # noqa: S311 - a plan that can be repeated, not a secret
    deaths = [Death(point, passes=source.choice((0, 0, 1, 3))) for point in WORKER_POINTS]
    deaths += [Death(None, seconds=round(source.uniform(0.5, 6.0), 2)) for _ in range(deployments // 4)]
    source.shuffle(deaths)
    servers: list[ServerDeath] = []
    rounds = max(1, deployments // 100)
    for _ in range(rounds):
        servers += [ServerDeath(server, round(source.uniform(4, 12), 1)) for server in SERVERS]
    actions = [wish(source) for _ in range(4 * deployments)]
    hands = [hand(source) for _ in range(deployments)]
    adoptions = source.sample(ADOPT_POINTS, k=len(ADOPT_POINTS))
    return Plan(seed, tuple(deaths), tuple(servers), tuple(actions), tuple(hands), tuple(adoptions), source.randrange(2**31))


def wish(source: random.Random) -> Action:
    """Somebody's next wish. What is ended never comes back, so that something new is launched more often than that."""
    wishes: list[Wish] = ["launch", "launch", "launch", "pause", "pause", "resume", "resume", "budget", "budget", "end"]
    return Action(source.choice(wishes), source.random(), round(source.uniform(0.05, 0.5), 2))


def hand(source: random.Random) -> Hand:
    """The next thing that somebody outside does. Most of it makes a stray that is on: it is paused first and removed afterwards."""
    deeds: list[Deed] = ["copy", "copy and turn on", "copy and turn on", "turn on a stray", "create twice"]
    return Hand(source.choice(deeds), source.choice(("google", "meta")), source.random(), round(source.uniform(0.3, 1.5), 2))

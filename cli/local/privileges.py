"""What only the kernel can promise: a child dies with its parent, orphans come to us, and root becomes somebody else.

Linux only, through prctl(2) and capset(2). Raises OSError where the kernel refuses.
"""

import ctypes
import os
import pwd
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cli.local.errors import StackError

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_SET_CHILD_SUBREAPER = 36
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_LINUX_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """The user that a child becomes. `capability` is the one that it keeps, to reach folders that only root may enter."""

    uid: int
    gid: int
    capability: int | None = None


def become_subreaper() -> None:
    """Orphaned descendants become children of this process instead of init's."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int, how: signal.Signals = signal.SIGKILL) -> None:
    """The kernel signals this process when the thread that forked it ends. Exits at once when that parent is dead already."""
    _prctl(_PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        os._exit(1)


def child_setup(run_as: Identity | None) -> Callable[[], None]:
    """What a forked child does before exec: switch the user, then bind its life to ours (a switch would undo that)."""
    parent = os.getpid()

    def setup() -> None:
        if run_as is not None:
            _become(run_as)
        die_with(parent)

    return setup


def identity_for(program: Path, folder: Path) -> Identity | None:
    """Whom `program`, which refuses to run as root, runs as. None when we are not root: as ourselves then.

    `folder` must belong to that user already. Root's venv and data folder may lie below a folder that nobody else may enter (/root, a
    mktemp -d). Opening that folder to everybody is not ours to do, so the child keeps one capability if, and only if, it needs one.
    Raises StackError when no way works.
    """
    if os.geteuid() != 0:
        return None
    uid, gid = unprivileged_user()
    said = ""
    for capability in (None, _CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
        identity = Identity(uid, gid, capability)
        worked, said = _can_run(identity, program, folder)
        if worked:
            return identity
    raise StackError(
        f"{program.name} refuses to run as root, and user id {uid} cannot run {program} in {folder} ({said}): "
        "start as an ordinary user, or put the virtual environment and ZAMC_HOME where every user may enter"
    )


def unprivileged_user() -> tuple[int, int]:
    """uid and gid of nobody; those that Linux reserves for it when the machine does not name it."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return entry.pw_uid, entry.pw_gid


def _can_run(identity: Identity, program: Path, folder: Path) -> tuple[bool, str]:
    def enter() -> None:
        _become(identity)
        os.chdir(folder)
        # access(2), because initdb asks by it before it runs postgres.
        if not os.access(folder, os.W_OK | os.X_OK) or not os.access(program, os.R_OK | os.X_OK):
            raise PermissionError

    try:
        tried = subprocess.run(
            (str(program), "--version"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
            preexec_fn=enter,
        )
    except (OSError, subprocess.SubprocessError):
        return False, "no permission"
    return tried.returncode == 0, tried.stderr.strip().rpartition("\n")[2]


def _become(identity: Identity) -> None:
    if identity.capability is not None:
        # Capabilities survive the switch, and access(2) counts them for a user other than root too.
        _prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
    if identity.capability is not None:
        _keep_only(identity.capability)


def _keep_only(capability: int) -> None:
    # Ambient: survives exec of an ordinary program, and of what that program executes in turn (initdb starts postgres by a shell).
    header = (ctypes.c_uint32 * 2)(_LINUX_CAPABILITY_VERSION_3, 0)
    bit = 1 << capability
    data = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    if _libc.capset(header, data) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)


def _prctl(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if _libc.prctl(option, *padded) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

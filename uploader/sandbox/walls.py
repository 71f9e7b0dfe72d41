"""What a process is begun through, so that it is alone: bubblewrap, and limits of the kernel, as command lines."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from uploader.sandbox.broke import Away
from uploader.sandbox.limits import Limits

USERS = range(1 << 30, 1 << 31)
"""Numbers that no system gives to an account. Each run has one of its own where the uploader runs as root: the kernel
counts processes by account, and one validator must not use up those of another."""
PIXELS, SCRATCH, PROGRAM = "/pixels", "/tmp", "/validator"  # noqa: S108 - of a validator alone
PATH = "/usr/local/bin:/usr/bin:/bin"
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
_NEEDED = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime")
"""What programs of a distribution are started by; nothing of the site."""
_CLOSED = ("--remount-ro", "/dev", "--remount-ro", "/")
"""What bubblewrap makes itself is in memory, of no limited size, and would be the validator's own to write."""


def walls(program: Path, pixels: Path | None, scratch_bytes: int) -> Sequence[str]:
    """All that goes before a program that may see `/usr`, its own folder and a session's files, and write `/tmp`."""
    files = ["--ro-bind", str(pixels), PIXELS] if pixels else []
    scratch = ["--size", str(scratch_bytes), "--perms", "1777", "--tmpfs", SCRATCH, "--chdir", SCRATCH]
    own = ["--ro-bind", str(program), PROGRAM, "--setenv", "PATH", f"{PROGRAM}:{PATH}"]
    return [*_namespaces(), *_system(), *own, *files, *scratch, *_CLOSED, "--", *_as_nobody()]


def limited(limits: Limits) -> Sequence[str]:
    """`seconds` of the processor too: a process that outlives its kill for whatever reason ends by itself."""
    most = {
        "as": limits.memory_mb << 20,
        "cpu": max(1, round(limits.seconds * max(1, limits.cpus))),
        "nproc": limits.processes,
        "fsize": limits.scratch_mb << 20,
        "nofile": 256,
        "core": 0,
    }
    return ["prlimit", *(f"--{name}={value}" for name, value in most.items()), "--"]


def can_shut_in() -> bool:
    """Whether this machine has bubblewrap, and lets it make namespaces. Raises Away where it does not get to it."""
    if not shutil.which("bwrap"):
        return False
    words = [*_namespaces(), *_system(), "--", *_as_nobody(), "true"]
    try:
        return subprocess.run(words, check=False, capture_output=True, timeout=30).returncode == 0  # noqa: S603
    except subprocess.TimeoutExpired:
        raise Away("this machine is too busy to begin it; see what keeps it so") from None


def _namespaces() -> Sequence[str]:
    """As root without a namespace of users, so that it can become somebody else; else with one."""
    alone = ["--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    who = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if os.geteuid() == 0 else ["--unshare-user"]
    return ["bwrap", *alone, *who, "--die-with-parent", "--new-session", "--clearenv", "--setenv", "HOME", SCRATCH]


def _as_nobody() -> Sequence[str]:
    if os.geteuid():
        return []
    user = secrets.choice(USERS)
    return [
        "setpriv",
        f"--reuid={user}",
        f"--regid={user}",
        "--clear-groups",
        "--no-new-privs",
        "--inh-caps=-all",
        "--",
    ]


def _system() -> Sequence[str]:
    words = ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev", "--perms", "0755", "--dir", "/etc"]
    for name in _SYSTEM:
        if Path(name).is_symlink():
            words += ["--symlink", str(Path(name).readlink()), name]
        elif Path(name).is_dir():
            words += ["--ro-bind", name, name]
    return [*words, *(word for name in _NEEDED for word in ("--ro-bind-try", name, name))]

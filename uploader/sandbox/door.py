"""Runs a validator in a container that waits for sessions, where nothing may begin containers.

The container is the wall, as in `container`; `containers/validators/door` is its first process. Both see one folder,
which only the uploader can write: the door. It has a pipe, `next`, in which the container is told the name of a folder
made for one session, which nobody could guess: the session's files, and pipes for the request, the answer, what it
complains of, and the code of its end. While the uploader has the pipe `hold` open, the container runs; when it lets go,
the container ends all that the validator has begun, then lets go of the pipe `end`, and its engine begins it anew.
Until then the uploader brings no other session: what is left of this one could read its name in `next`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import select
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from uploader.sandbox.broke import Away, Broke, Output, Unfit
from uploader.sandbox.limits import Limits
from uploader.sandbox.manifest import Manifest
from uploader.sandbox.output import Hearing
from uploader.sandbox.process import digest_of

PIXELS = "/tmp/pixels"  # noqa: S108 - of the container alone
"""Where the first process of the container makes the files appear."""
PATIENCE_SECONDS = 30
"""A container that is begun anew after each session is not always there."""
READ, WRITE = 0o604, 0o602
"""What the container's account may do with a pipe."""
PIPES: Mapping[str, int] = {
    "hold": READ,
    "request": READ,
    "answer": WRITE,
    "errors": WRITE,
    "code": WRITE,
    "end": READ | WRITE,
}
_UNGUESSED_BYTES = 16
_RUN = re.compile(f"[0-9a-f]{{{2 * _UNGUESSED_BYTES}}}")
"""Names of the folders made for sessions. What else lies there is not removed: a door can be named by mistake."""
_LONGEST_CODE = 8
_KILLED = b"137"


@dataclass(frozen=True, slots=True)
class Door:
    """place: the folder shared with the container
    folder: that of the manifest; digest: of its files, see `digest_of`. The image is pinned where its container is
        begun: nothing in here could prove it
    """

    place: Path
    folder: Path
    digest: str
    limits: Limits

    def reach(self, folder: Path) -> str:
        """Where the validator finds the files of `folder`."""
        return PIXELS

    def ready(self, manifest: Manifest) -> bool:
        """True while its container waits for a session, or has one. Raises Away, Unfit."""
        self._check()
        with _turn(self.place, wait=False) as ours:
            if ours:
                os.close(_writing(_next(self.place), PATIENCE_SECONDS))
        return True

    def __call__(self, manifest: Manifest, request: bytes, folder: Path | None, entries: Collection[str]) -> Output:
        """As of `Containers`."""
        self._check()
        with _turn(self.place, wait=True), _run_folder(self.place) as run, ExitStack() as ends:
            pipes = {name: ends.enter_context(_reading(run / name)) for name in ("answer", "errors", "code")}
            hold = ends.enter_context(_held(_next(self.place), run))
            if folder:
                _bring(folder, entries, run / "pixels")
            _write(hold, b"all is here\n")
            return _heard(run / "request", request, pipes, hold, self.limits)

    def _check(self) -> None:
        if (found := digest_of(self.folder)) != self.digest:
            raise Unfit(f"the files beside its manifest are not those of the settings: their digest is {found}")
        if not os.access(self.place, os.W_OK | os.X_OK):
            raise Unfit(f"its door {self.place} is not there, or not the uploader's to write")


@contextmanager
def _turn(place: Path, *, wait: bool) -> Iterator[bool]:
    """One session at a time, whichever thread or worker brings it. Yields whether it is ours."""
    with (place / "turn").open("w") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


def _next(place: Path) -> Path:
    path = place / "next"
    if not path.is_fifo():
        _pipe(path, READ)
    return path


def _pipe(path: Path, mode: int) -> None:
    os.mkfifo(path)
    path.chmod(mode)


@contextmanager
def _run_folder(place: Path) -> Iterator[Path]:
    """A folder with the pipes of one session. What a worker that was killed left is removed first."""
    for left in place.iterdir():
        if _RUN.fullmatch(left.name):
            _let_go(left / "hold")
            shutil.rmtree(left)
    run = place / secrets.token_hex(_UNGUESSED_BYTES)
    run.mkdir()
    run.chmod(0o711)
    try:
        for name, mode in PIPES.items():
            _pipe(run / name, mode)
        yield run
    finally:
        shutil.rmtree(run)


@contextmanager
def _reading(pipe: Path) -> Iterator[int]:
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield end
    finally:
        os.close(end)


@contextmanager
def _held(next_: Path, run: Path) -> Iterator[int]:
    """Our end of `hold`, once the container has read the name of the run and opened the other; afterwards its processes
    have ended. Raises Away."""
    with _reading(run / "end") as end:
        hold = _called(next_, run)
        try:
            yield hold
        finally:
            os.close(hold)
            _ended(end)


def _called(next_: Path, run: Path) -> int:
    calling = _writing(next_, PATIENCE_SECONDS)
    try:
        _write(calling, f"{run.name}\n".encode())
        return _writing(run / "hold", PATIENCE_SECONDS)
    finally:
        os.close(calling)


def _ended(end: int) -> None:
    """Returns once every process of the container has ended that the next session could meet. Raises Away.

    end: the pipe that the container has opened before `hold`
    """
    poll, until = select.poll(), time.monotonic() + PATIENCE_SECONDS
    poll.register(end, select.POLLIN)
    while poll.poll(max(0.0, until - time.monotonic()) * 1000):
        if not os.read(end, 1 << 16):
            return
    raise Away("its container has not ended although the session has; start it anew, or see what keeps it")


def _let_go(hold: Path) -> None:
    """Lets a container end that would wait for a worker that was killed before it had opened this."""
    with suppress(OSError):
        os.close(os.open(hold, os.O_WRONLY | os.O_NONBLOCK))


def _write(pipe: int, words: bytes) -> None:
    """Raises Away when nobody reads any more."""
    try:
        os.write(pipe, words)
    except BrokenPipeError:
        raise _gone() from None


def _writing(pipe: Path, seconds: float) -> int:
    """The end to write to, once somebody has the other one open. Raises Away when nobody has after so long."""
    until = time.monotonic() + seconds
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        if time.monotonic() > until:
            raise Away(f"no container waits for sessions at {pipe.parent}; start it, or see why it does not stay")
        time.sleep(0.02)


def _gone() -> Away:
    return Away("its container was ended from outside before it had judged, as when the machine is stopped")


def _bring(folder: Path, entries: Collection[str], pixels: Path) -> None:
    """Copies of these files, which every account may read that sees the door."""
    for entry in entries:
        copy = pixels / entry
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / entry, copy)
        copy.chmod(0o604)
    for below in (pixels, *(path for path in pixels.rglob("*") if path.is_dir())):
        below.chmod(0o705)


def _heard(asked: Path, request: bytes, pipes: Mapping[str, int], hold: int, limits: Limits) -> Output:
    hearing, code = Hearing(limits), bytearray()
    threading.Thread(target=_tell, args=(asked, request, limits.seconds), daemon=True).start()
    sinks = {pipes["answer"]: hearing.answer, pipes["errors"]: hearing.errors, pipes["code"]: code.extend}
    try:
        _hear(sinks, hold, hearing)
        _ended_well(bytes(code[:_LONGEST_CODE]).strip())
    except TimeoutError:
        raise hearing.broken(hearing.too_long()) from None
    except Broke as broke:
        raise hearing.broken(broke) from None
    return hearing.output()


def _tell(asked: Path, request: bytes, seconds: float) -> None:
    """Its request, in a thread of its own: it may answer before it has read all, or never read."""
    with suppress(OSError, Away):
        end = _writing(asked, seconds)
        os.set_blocking(end, True)
        with os.fdopen(end, "wb") as out:
            out.write(request)


def _hear(sinks: Mapping[int, Callable[[bytes], None]], hold: int, hearing: Hearing) -> None:
    """All outputs to their ends. Raises Broke, TimeoutError, and Away when the container ends meanwhile."""
    poll, open_ = select.poll(), set(sinks)
    poll.register(hold, 0)
    for end in sinks:
        poll.register(end, select.POLLIN)
    while open_:
        for end, _ in poll.poll(hearing.left() * 1000):
            if end == hold:
                raise _gone()
            piece = os.read(end, 1 << 16)
            if not piece:
                poll.unregister(end)
                open_.discard(end)
            sinks[end](piece)
    if poll.poll(0):
        raise _gone()


def _ended_well(code: bytes) -> None:
    """Raises Broke."""
    if code == _KILLED:
        raise Broke("it was killed, as one is that uses more memory than it may")
    if code != b"0":
        raise Broke(f"it ended with the code {int(code)}" if code.isdigit() else "it did not say how it ended")

"""Runs a validator as a process of this machine, where there is no container engine.

bubblewrap shuts it in: no network, other processes not to be seen, of the disk only `/usr`, its own folder and a `/tmp`
of limited size, all but that read-only; no environment. Limits of the kernel hold for each of its processes, and for
their number. Where the site says `bare`, the limits are all there is: then it can read what the uploader can.
"""

from __future__ import annotations

import hashlib
import os
import select
import selectors
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from uploader.sandbox.broke import Away, Broke, Output, Unfit
from uploader.sandbox.limits import Limits
from uploader.sandbox.manifest import Manifest
from uploader.sandbox.output import Hearing
from uploader.sandbox.walls import PATH, PIXELS, can_shut_in, limited, walls

KILL_SECONDS = 5
"""How long the kernel may take to end all processes of a namespace."""


@dataclass(frozen=True, slots=True)
class Processes:
    """folder: its programs; digest: of all of them, ``sha256:…``, see `digest_of`
    bare: run it without bubblewrap
    """

    folder: Path
    digest: str
    limits: Limits
    bare: bool = False

    def reach(self, folder: Path) -> str:
        """Where the validator finds the files of `folder`."""
        return str(folder) if self.bare else PIXELS

    def ready(self, manifest: Manifest) -> bool:
        """Whether it is shut in. Raises Away, Unfit where it could not be run now."""
        self._unchanged()
        if not shutil.which(manifest.command[0], path=f"{self.folder}:{PATH}"):
            raise Unfit("the program of its manifest is not there, or may not be begun")
        if not self.bare and not can_shut_in():
            raise Unfit("this machine cannot shut it in: bubblewrap is missing, or may not make namespaces")
        return not self.bare

    def __call__(self, manifest: Manifest, request: bytes, folder: Path | None, entries: Collection[str]) -> Output:
        """As of `Containers`."""
        self.ready(manifest)
        with tempfile.TemporaryDirectory(prefix="validator-") as scratch:
            words = [*self._around(folder), *limited(self.limits), *manifest.command]
            with _begun(words, Path(scratch), f"{self.folder}:{PATH}" if self.bare else PATH) as process:
                output = _run(process, request, self.limits)
        self._unchanged()  # while it ran, neither: an upgrade may have been under way
        return output

    def _unchanged(self) -> None:
        if (found := digest_of(self.folder)) != self.digest:
            raise Unfit(f"its programs are not those of the settings: their digest is {found}")

    def _around(self, folder: Path | None) -> Sequence[str]:
        return [] if self.bare else walls(self.folder, folder, self.limits.scratch_mb << 20)


def digest_of(folder: Path) -> str:
    """SHA-256 of the list of all files below `folder`, each with its own: ``sha256:…``. Raises Unfit for a link."""
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise Unfit("among its programs is a symbolic link, which could lead anywhere")
        if "\n" in path.name or not (path.is_file() or path.is_dir()):
            raise Unfit("among its programs is something that is no file, or has a name of two lines")
        if path.is_file():
            lines.append(f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n")
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _begun(words: Sequence[str], scratch: Path, path: str) -> Iterator[subprocess.Popen[bytes]]:
    """The process, in a session of its own, of which nothing is left behind."""
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(  # noqa: S603 - words of a manifest that the site's settings name by its digest
            words,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=scratch,
            env={"PATH": path},
            start_new_session=True,
            bufsize=0,
        )
    except OSError as error:
        raise Away(f"this machine could not begin it ({error.strerror}); see that it has room for processes") from None
    try:
        yield process
    finally:
        _end(process)
        for stream in (process.stdin, process.stdout, process.stderr):
            _close(stream)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill it with all that it began. Its child is the first process of a namespace, gone only after all others there;
    until it is waited for, its number is nobody else's."""
    if process.returncode is not None:
        return
    with suppress(OSError):
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        _ended(process, KILL_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _ended(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Returns once it has ended; it is not waited for yet. Raises TimeoutError."""
    descriptor = os.pidfd_open(process.pid)
    try:
        if not select.select([descriptor], [], [], seconds)[0]:
            raise TimeoutError
    finally:
        os.close(descriptor)


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        with suppress(OSError):
            stream.close()


def _run(process: subprocess.Popen[bytes], request: bytes, limits: Limits) -> Output:
    hearing = Hearing(limits)
    teller = threading.Thread(target=_tell, args=(process.stdin, request), daemon=True)
    teller.start()
    try:
        _hear(process, hearing)
        _ended(process, hearing.left())
    except TimeoutError:
        raise hearing.broken(hearing.too_long()) from None
    except Broke as broke:
        raise hearing.broken(broke) from None
    finally:
        _end(process)
        teller.join()
    if process.returncode:
        raise hearing.broken(Broke(_ending(process.returncode)))
    return hearing.output()


def _tell(stdin: Any, request: bytes) -> None:
    """Its request, in a thread of its own: it may answer before it has read all, or never read."""
    view = memoryview(request)
    with suppress(OSError):
        while view:
            view = view[stdin.write(view) :]
    _close(stdin)


def _hear(process: subprocess.Popen[bytes], hearing: Hearing) -> None:
    """Both outputs to their ends. Raises Broke, TimeoutError."""
    with selectors.DefaultSelector() as outputs:
        outputs.register(process.stdout, selectors.EVENT_READ, hearing.answer)  # type: ignore[arg-type]
        outputs.register(process.stderr, selectors.EVENT_READ, hearing.errors)  # type: ignore[arg-type]
        while outputs.get_map():
            for key, _ in outputs.select(hearing.left()):
                piece = os.read(key.fd, 1 << 16)
                if not piece:
                    outputs.unregister(key.fileobj)
                key.data(piece)


_SIGNALS = {signal.SIGXCPU: "all the time of the processor that it may use", signal.SIGXFSZ: "all the room it may use"}


def _ending(code: int) -> str:
    """A program that a signal ended says so by a negative code, or bubblewrap by one above 128."""
    number = -code if code < 0 else code - 128
    if number in _SIGNALS:
        return f"it used {_SIGNALS[signal.Signals(number)]}"
    return f"it ended with the code {code}"

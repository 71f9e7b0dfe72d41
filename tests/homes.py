"""Whole gateways for tests: a home, its three embedded archives on real sockets, and a demo session."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import count, islice
from pathlib import Path

from pydicom import dcmread

from uploader import line
from uploader.cli.setup import make_home
from uploader.diagnostics import contained
from uploader.gateway import Built, build_line, build_review, handed_over, now, open_home
from uploader.home import ARCHIVES, make
from uploader.hosted import embedded_server
from uploader.phantom import write_session
from uploader.reception import register
from uploader.stages.ingest.oneshot import take_folder

PASSWORD = "correct horse battery staple"
SMALL = {"slices": 6, "size": 32}
"""A session that is quick to carry: few small slices, and all that surrounds them."""


def _stretch() -> Iterator[int]:
    """The ports of this process's own stretch, below those that the system gives to outgoing connections, round and
    round: whoever runs the suite a second time on this machine begins elsewhere."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return (12_000 + worker % 8 * 2_500 + number % 2_500 for number in count(os.getpid() % 100 * 25))


_next_port = _stretch()


def free_ports(wanted: int) -> list[int]:
    """Ports that nothing listens on just now, and that no other process of the suite asks for."""
    return list(islice(filter(_is_free, _next_port), wanted))


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as each:
        try:
            each.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def new_home(root: Path) -> Path:
    """A home like `uploader init` makes it, on ports of its own, with an account `ada` that signs."""
    make(root, dict(zip(("desk", *ARCHIVES), free_ports(4), strict=True)))
    make_home(root)
    change_settings(root, "quiet_seconds = 5", "quiet_seconds = 0.3")
    change_settings(root, "poll_seconds = 2", "poll_seconds = 0.2")
    change_settings(root, "retry_seconds = 30", "retry_seconds = 0.2")
    change_settings(root, "jobs = 2", "jobs = 1")
    built = open_home(root)
    built.records.accounts.add("ada", PASSWORD, frozenset({"reviewer"}))
    built.records.close()
    return root


def change_settings(root: Path, before: str, after: str) -> None:
    file = root / "uploader.toml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


@contextmanager
def archives_of(built: Built, *names: str) -> Iterator[None]:
    """The embedded archives of a home, served in this process."""
    servers = [embedded_server(built.settings, name) for name in names or ARCHIVES]
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.stop()


@contextmanager
def gateway_at(root: Path) -> Iterator[Built]:
    """A new home with its archives running."""
    built = open_home(new_home(root))
    with archives_of(built):
        yield built
    built.records.close()


def demo(folder: Path, seed: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_session(folder, seed, **SMALL)
    return folder


def false_alarm(folder: Path) -> Path:
    """The demo session, in which the exposure in µAs (0018,1153) is the number of the study by chance."""
    for path in demo(folder).iterdir():
        if (dataset := dcmread(path)).Modality == "CT":
            dataset.StudyID, dataset.ExposureInuAs = "512000", "512000"
            dataset.save_as(path)
    return folder


def exported_anew(folder: Path, *, serial: Iterator[int] = count(1)) -> None:  # noqa: B008 - one row for all calls
    """The same session, and no longer the same files to the byte: the preamble of one says which export it is."""
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        if data[128:132] == b"DICM":
            path.write_bytes(data[:120] + next(serial).to_bytes(8) + data[128:])
            return


def arrive(built: Built, folder: Path, *, again: bool = False) -> str:
    """Take the one session in `folder` and register it; returns the submission.

    again: in the files in which it arrived before, to the byte, instead of exported anew
    """
    if not again:
        exported_anew(folder)
    arrivals, aside = take_folder(handed_over(built, folder), built.home.spool)
    assert not aside
    (arrival,) = arrivals
    register(built.records, arrival, built.aliases())
    return arrival.submission


def carry(built: Built, submission: str) -> str:
    """Carry what is due of this submission, once; returns the state it rests in."""
    gateway = build_line(built)
    for due, route, attempt in list(built.records.due(now())):
        if due == submission:
            line.carry(route, gateway, submission, attempt, partial(contained, built.home.diagnostics))
    return str(built.records.get(submission).state)


def bring_to_signature(built: Built, folder: Path, *, trial: str = "DEMO-RT", subject: str = "DEMO-001") -> str:
    """A submission that awaits its signature."""
    submission = arrive(built, folder)
    assert carry(built, submission) == "received"
    build_review(built).choose(submission, trial, subject, "ada")
    assert carry(built, submission) == "awaiting-signoff", built.records.get(submission)
    return submission


def sign_and_release(built: Built, submission: str) -> str:
    review = build_review(built)
    review.sign(submission, "ada", PASSWORD, review.show(submission).seen)
    review.release(submission, "ada")
    return carry(built, submission)

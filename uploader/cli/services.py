"""Commands that run until they are told to stop."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from uploader import workflow
from uploader.cli.common import home_option
from uploader.cli.setup import make_home
from uploader.config import FILE, Settings
from uploader.gateway import Built, build_intake, build_line, build_review, embedded_server, open_home, preflight
from uploader.home import ARCHIVES, Home
from uploader.logs import listen, say
from uploader.phantom import write_session
from uploader.reception import Reception
from uploader.records import anchor
from uploader.supervisor import Child, await_ready, revive, stop_all, stop_signal
from uploader.web import serve_desk

ANCHOR_SECONDS = 60
"""How often the head of the audit chain is written outside its database."""


@click.command()
@home_option
@click.option("--demo", is_flag=True, help="Drop a synthetic session into the watched folder of a new home.")
def serve(home: Path, demo: bool) -> None:
    """Run everything: the embedded archives, the worker with the folder watcher, and the web desk."""
    fresh = not (home / FILE).exists()
    if fresh:
        make_home(home)
    built = open_home(home)
    stopping = stop_signal()
    children = [
        *archive_children(built),
        Child("worker", ["worker", "--home", str(home)]),
        Child("desk", ["desk", "--home", str(home)], _desk_url(built.settings)),
    ]
    try:
        for child in children:
            child.start()
        await_ready(children)
        preflight(built.settings)
        _welcome(built)
        if demo and fresh:
            _drop_demo(built)
        while not stopping.wait(1):
            revive(children)
    finally:
        click.echo("Stopping …", err=True)
        stop_all(children)


def archive_children(built: Built) -> list[Child]:
    """The embedded archives of this home as children."""
    about = {name: getattr(built.settings, name) for name in ARCHIVES}
    return [
        Child(name, ["archive", "serve", "--home", str(built.home.root), "--name", name], a.url + "/data/version")
        for name, a in about.items()
        if a.embedded
    ]


def _desk_url(settings: Settings) -> str:
    return f"http://{settings.desk.host}:{settings.desk.port}/"


def _welcome(built: Built) -> None:
    settings, home = built.settings, built.home
    first = home.secrets / "first-login"
    lines = [f"  web desk               {_desk_url(settings)}"]
    lines += [f"  {name + ' archive':<22} {getattr(settings, name).url}/" for name in ARCHIVES]
    lines += [f"  watched folder         {settings.folder.path}"]
    if first.exists():
        lines += ["", f"  first login            admin / {first.read_text().strip()}", "", "  Ctrl-C stops all of it."]
    click.echo("\nSecure DICOM Uploader is running.\n\n" + "\n".join(lines) + "\n")


def _drop_demo(built: Built) -> None:
    """Written elsewhere and renamed into place, as a careful sender would."""
    hidden = built.settings.folder.path / ".demo-session"
    hidden.mkdir(parents=True, exist_ok=True)
    write_session(hidden)
    hidden.replace(hidden.with_name("demo-session"))


@click.group()
def archive() -> None:
    """The embedded archives."""


@archive.command("serve")
@home_option
@click.option("--name", type=click.Choice(ARCHIVES), required=True)
@click.option("--port", type=int, help="Another port than the settings say; 0 for any free one.")
def archive_serve(home: Path, name: str, port: int | None) -> None:
    """Run one embedded archive alone."""
    listen()
    if not (home / FILE).exists():
        make_home(home)
    stopping = stop_signal()
    server = embedded_server(Settings.read(home), name, port)
    server.start()
    say("serving", place=name, url=server.url)
    stopping.wait()
    server.stop()


@click.command()
@home_option
def worker(home: Path) -> None:
    """Watch the folder and carry submissions along the line."""
    listen()
    stopping = stop_signal()
    built = open_home(home)
    with the_only_worker(built.home):
        reception = Reception(built.records, build_intake(built), built.aliases())
        engine = workflow.start(
            build_line(built),
            built.records.workers,
            worker=f"{socket.gethostname()}-{built.home.root.name}",
            database_url=built.home.engine_url,
            diagnostics=built.home.diagnostics,
            at_once=built.settings.at_once,
        )
        reception.recover()
        looked = anchored = 0.0
        while not stopping.wait(0.25):
            if time.monotonic() - looked >= built.settings.folder.poll_seconds:
                reception.look()
                looked = time.monotonic()
            engine.adopt()
            if time.monotonic() - anchored >= ANCHOR_SECONDS:
                anchor(built.records.database, built.home.anchor)
                anchored = time.monotonic()
        workflow.stop()


@contextmanager
def the_only_worker(home: Home) -> Iterator[None]:
    """Hold the lock of this home's worker; raises click.ClickException when another process has it."""
    with try_worker(home) as held:
        if not held:
            raise click.ClickException("a worker of this home is running already")
        yield


@contextmanager
def try_worker(home: Home) -> Iterator[bool]:
    """Whether this process is now the one that carries this home's submissions. The kernel frees the lock."""
    home.worker_lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home.worker_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


@click.command()
@home_option
def desk(home: Path) -> None:
    """Run the web desk alone."""
    listen()
    stopping = stop_signal()
    built = open_home(home)
    server = serve_desk(build_review(built), built.settings.desk, built.home.key("desk.key"))
    server.start()
    say("serving", place="desk", url=_desk_url(built.settings))
    stopping.wait()
    server.stop()

"""Everything at once: what `make run` starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from uploader.cli.common import home_option
from uploader.cli.setup import make_home
from uploader.config import FILE
from uploader.domain.errors import Misconfigured
from uploader.gateway import Built, open_home, preflight
from uploader.home import ARCHIVES
from uploader.hosted import archive_children
from uploader.phantom import write_session
from uploader.supervisor import Child, await_ready, listens, revive, stop_all, stop_signal


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
        *archive_children(built.settings),
        Child("worker", ["worker", "--home", str(home)]),
        Child("desk", ["desk", "--home", str(home)], built.settings.desk.url),
    ]
    if built.settings.listener:
        children.append(Child("listener", ["listener", "--home", str(home)]))
    _refuse_a_second(children)
    try:
        for child in children:
            child.start()
        await_ready(children)
        for sentence in preflight(built.settings):
            click.echo(sentence, err=True)
        _welcome(built)
        if demo and fresh:
            _drop_demo(built)
        while not stopping.wait(1):
            revive(children)
    finally:
        click.echo("Stopping …", err=True)
        stop_all(children)


def _refuse_a_second(children: Sequence[Child]) -> None:
    """Raises Misconfigured when something listens already where a child is to listen."""
    if taken := [f"{child.name} at {child.url}" for child in children if child.url and listens(child.url)]:
        raise Misconfigured(
            f"running already: {', '.join(taken)}; stop the other service, or give this home other ports in {FILE}"
        )


def _welcome(built: Built) -> None:
    settings, home = built.settings, built.home
    first = home.secrets / "first-login"
    lines = [f"  web desk               {settings.desk.url}"]
    lines += [f"  {name + ' archive':<22} {getattr(settings, name).url}/" for name in ARCHIVES]
    lines += [f"  watched folder         {settings.folder.path}"]
    if listener := settings.listener:
        lines += [f"  DICOM listener         {listener.ae_title} at {listener.host}:{listener.port}"]
    if first.exists():
        lines += ["", f"  first login            admin / {first.read_text().strip()}", "", "  Ctrl-C stops all of it."]
    click.echo("\nSecure DICOM Uploader is running.\n\n" + "\n".join(lines) + "\n")


def _drop_demo(built: Built) -> None:
    """Written elsewhere and renamed into place, as a careful sender would."""
    hidden = built.settings.folder.path / ".demo-session"
    hidden.mkdir(parents=True, exist_ok=True)
    write_session(hidden)
    hidden.replace(hidden.with_name("demo-session"))

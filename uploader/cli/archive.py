"""One embedded archive as a process of its own."""

from __future__ import annotations

from pathlib import Path

import click

from uploader.cli.common import home_option, listening
from uploader.config import FILE, Settings
from uploader.home import ARCHIVES
from uploader.hosted import embedded_server
from uploader.logs import listen, say
from uploader.supervisor import stop_signal


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
        from uploader.cli.setup import make_home

        make_home(home)
    stopping = stop_signal()
    server = embedded_server(Settings.read(home), name, port)
    with listening(f"archive {name}", server.url):
        server.start()
    say("serving", place=name, url=server.url)
    stopping.wait()
    server.stop()

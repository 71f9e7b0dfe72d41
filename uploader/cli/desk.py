"""The web desk as a process of its own."""

from __future__ import annotations

from pathlib import Path

import click

from uploader.cli.common import home_option, listening
from uploader.gateway import build_review, open_home
from uploader.logs import listen, say
from uploader.supervisor import stop_signal
from uploader.web import serve_desk


@click.command()
@home_option
def desk(home: Path) -> None:
    """Run the web desk alone."""
    listen()
    stopping = stop_signal()
    built = open_home(home)
    key, diagnostics = built.home.key("desk.key"), built.home.diagnostics
    server = serve_desk(build_review(built), built.settings.desk, key, diagnostics)
    with listening("the desk", built.settings.desk.url):
        server.start()
    say("serving", place="desk", url=built.settings.desk.url)
    stopping.wait()
    server.stop()

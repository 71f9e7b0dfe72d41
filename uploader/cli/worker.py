"""The worker: watches the folder and carries submissions along the line."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import click

from uploader import workflow
from uploader.cli.common import home_option
from uploader.cli.lock import the_only_worker
from uploader.gateway import build_intake, build_line, open_home
from uploader.logs import listen
from uploader.reception import Reception
from uploader.records import anchor
from uploader.supervisor import stop_signal

ANCHOR_SECONDS = 60
"""How often the head of the audit chain is written outside its database."""


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
                engine.purge()
                anchored = time.monotonic()
        workflow.stop()

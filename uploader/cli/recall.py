"""Taking back what was released."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from uploader import recall as recalling
from uploader.cli.common import DONE, HELD, home_option, operator
from uploader.cli.submissions import archives_up
from uploader.gateway import build_line, open_home


@click.command()
@click.argument("submission")
@click.option("--reason", required=True, help="Why; kept in this hospital only. Name no patient.")
@home_option
def recall(submission: str, reason: str, home: Path) -> None:
    """Take back a released session: leave the site's signed word beside it at the centre, and end its share.

    Exit 4 when the centre still shows it, and somebody there must end that; the command may be repeated.
    """
    built = open_home(home)
    with archives_up(built):
        gateway = build_line(built, routes=("release",))
        done = recalling.recall(gateway, submission, operator(), reason)
    click.echo(f"recalled: {submission}. {done.open}".rstrip(), err=bool(done.open))
    sys.exit(HELD if done.open and gateway.shares else DONE)

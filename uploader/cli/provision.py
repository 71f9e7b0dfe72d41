"""Setting up the hospital's two archives."""

from __future__ import annotations

from pathlib import Path

import click

from uploader.cli.common import home_option
from uploader.config import Settings
from uploader.logs import listen
from uploader.provision.steps import provision as provisioned
from uploader.provision.wanted import PROVISIONED


@click.command("provision")
@home_option
@click.option("--archive", "names", type=click.Choice(PROVISIONED), multiple=True, help="Only this; may be repeated.")
@click.option("--wait", "seconds", default=900, show_default=True, help="Seconds an XNAT may take to start.")
def provision(home: Path, names: tuple[str, ...], seconds: int) -> None:
    """Make the identifiable and the anonymised XNAT what this gateway needs. Doing it again changes nothing."""
    listen()
    settings = Settings.read(home)
    for name in names or PROVISIONED:
        changed = 0
        for change in provisioned(settings, name, seconds=seconds, tell=lambda says: click.echo(says, err=True)):
            changed += change.made
            click.echo(f"{change.archive:<13} {'now  ' if change.made else 'was  '} {change.says}")
        click.echo(f"{name:<13} {f'{changed} thing(s) changed' if changed else 'nothing to change'}")

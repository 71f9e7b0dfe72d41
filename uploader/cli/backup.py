"""Copies of a home, and a home from copies."""

from __future__ import annotations

from pathlib import Path

import click

from uploader.backup import restore as restored
from uploader.backup import take
from uploader.cli.common import home_option
from uploader.config import Settings
from uploader.home import Home
from uploader.records.database import connect, is_shared

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@home_option
@click.argument("to", type=FOLDER)
@click.option("--secrets-to", type=FOLDER, help="Another place, for the keys: without them nobody can use the copy.")
def backup(home: Path, to: Path, secrets_to: Path | None) -> None:
    """Copy the home into a new folder below TO, while it runs. Files that did not change are linked, not copied."""
    settings, root = Settings.read(home), home.resolve()
    elsewhere = is_shared(settings.database_url)
    server = connect(settings.database_url, password_file=settings.database_password_file) if elsewhere else None
    for taken in take(Home(root), to.resolve(), secrets_to=secrets_to and secrets_to.resolve(), server=server):
        click.echo(f"{taken.copy}: {taken.files} files, {taken.copied} of them new or changed")
        if taken.vanished:
            click.echo(f"  {len(taken.vanished)} file(s) were removed meanwhile and are not in it", err=True)
    if secrets_to is None:
        click.echo("The keys are not in it. Copy them too, to another medium: --secrets-to DIR", err=True)


@click.command()
@home_option
@click.argument("copy", type=FOLDER)
@click.option("--secrets", type=FOLDER, required=True, help="The copy that was taken with --secrets-to.")
def restore(home: Path, copy: Path, secrets: Path) -> None:
    """Make the home anew from COPY, after every byte of it has been proven. The home must not be there."""
    count = restored(copy.resolve(), secrets.resolve(), home.resolve())
    click.echo(f"{count} files proven and restored to {home}. Start it, then: uploader doctor --sessions --home {home}")

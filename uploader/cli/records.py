"""Where the records lie."""

from __future__ import annotations

from pathlib import Path

import click

from uploader.cli.common import home_option
from uploader.cli.lock import one_at_a_time, try_worker
from uploader.config import FILE
from uploader.domain.errors import Refused
from uploader.gateway import open_home
from uploader.records.database import connect
from uploader.records.move import move as move_records


@click.group()
def records() -> None:
    """Where the records lie."""


@records.command()
@click.option("--to", "url", required=True, help="Address of an empty database, postgresql+psycopg://user@host/name.")
@click.option(
    "--password-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Password of that account."
)
@home_option
def move(url: str, password_file: Path | None, home: Path) -> None:
    """Copy the records to a server, all or nothing, and let the old file take no change any more."""
    built = open_home(home)
    target = connect(url, "the target", password_file)
    with one_at_a_time(built.home), try_worker(built) as ours:
        if not ours and not built.records.database.shared:
            raise Refused("a worker of this home is running; stop it, and the desk, before the records are moved")
        moved = move_records(built.records.database, target)
    target.close()
    built.records.close()
    click.echo(f"Moved {moved['submissions']} submissions and {moved['audit']} lines of the audit, and read them back.")
    click.echo(f"Now set in {FILE}, above its tables:\n\ndatabase_url = {url!r}")
    if password_file:
        click.echo(f"database_password_file = {str(password_file.resolve())!r}")
    click.echo("\nThe old file stays as it is and takes no change; put it aside with the backups.")

"""Commands that make things: a home, a demo session."""

from __future__ import annotations

from pathlib import Path

import click

from uploader.cli.common import home_option
from uploader.gateway import open_home
from uploader.home import PORTS, make
from uploader.phantom import write_session


@click.command()
@home_option
@click.option(
    "--base-port", type=click.IntRange(1024, 65000), help="Desk here, the embedded archives at the next three."
)
def init(home: Path, base_port: int | None) -> None:
    """Make a home: settings with comments, keys, and the first account `admin`."""
    make_home(home, base_port)
    click.echo(
        f"Settings: {home / 'uploader.toml'}\nFirst login: admin, password in {home / 'secrets' / 'first-login'}"
    )


def make_home(home: Path, base_port: int | None = None) -> None:
    """Make what is missing of a home, the first account included."""
    ports = dict(zip(PORTS, range(base_port, base_port + 4), strict=False)) if base_port else {}
    made = make(home, ports)
    accounts = open_home(home).records.accounts
    if not accounts.logins():
        accounts.add("admin", (made.secrets / "first-login").read_text(), frozenset({"reviewer", "admin"}))


@click.command("demo-session")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", default=1, show_default=True, help="Another number, another invented patient.")
def demo_session(folder: Path, seed: int) -> None:
    """Write the synthetic radiotherapy session: CT, RTSTRUCT, RTPLAN, RTDOSE of an invented patient."""
    folder.mkdir(parents=True, exist_ok=True)
    write_session(folder, seed)
    click.echo(f"{sum(1 for _ in folder.iterdir())} files in {folder}")

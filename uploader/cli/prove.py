"""Commands that prove things."""

from __future__ import annotations

from pathlib import Path

import click

from uploader.cli.common import HELD, home_option
from uploader.gateway import open_home
from uploader.records import verify


@click.group()
def audit() -> None:
    """The audit chain."""


@audit.command("verify")
@home_option
def verify_chain(home: Path) -> None:
    """Check every line of the audit chain, and its head against the anchor."""
    built = open_home(home)
    anchor = built.home.anchor if built.home.anchor.exists() else None
    report = verify(built.records.database, anchor=anchor)
    if report.broken_at is not None:
        click.echo(f"BROKEN at line {report.broken_at}: the audit was changed, or lines are missing", err=True)
        raise SystemExit(HELD)
    click.echo(f"whole: {report.lines} lines, head {report.head}")

"""The centre's own commands: share what sites have sent into the trials' projects, and tell what waits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from uploader.central.composition import build
from uploader.central.journal import Journal
from uploader.central.rounds import Rounds
from uploader.central.settings import FILE, TEMPLATE, CentralSettings
from uploader.central.visit import Row, Standing
from uploader.cli.common import DONE, HELD, home_option, print_json
from uploader.logs import listen, say
from uploader.supervisor import stop_signal

JOURNAL = "journal.jsonl"


@click.group(invoke_without_command=True)
@click.option("--once", is_flag=True, help="One round, then the list; exit 4 when something waits.")
@home_option
@click.pass_context
def central(context: click.Context, once: bool, home: Path) -> None:
    """For the trials' centre: share what sites have sent into the trials' projects."""
    if context.invoked_subcommand:
        return
    settings = CentralSettings.read(home)
    rounds, journal = build(settings), Journal(settings.home / JOURNAL, _now)
    if once:
        rows = [row for row, _ in _told(rounds, journal)]
        _print(rows)
        sys.exit(_code(rows))
    _watch(settings, rounds, journal)


@central.command("init")
@home_option
def init(home: Path) -> None:
    """Make the folder of the centre's service: settings with comments, and where keys and password go."""
    for folder in (home, home / "keys", home / "secrets"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (home / FILE).exists():
        (home / FILE).write_text(TEMPLATE)
    click.echo(f"Settings: {home / FILE}\nPut each site's site.pub into {home / 'keys'}, and name it there.")


@central.command("status")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@home_option
def status(as_json: bool, home: Path) -> None:
    """List every session of the sites: shared, to be shared, recalled, or waiting and why. Changes nothing."""
    rows = list(build(CentralSettings.read(home)).round(act=False))
    if as_json:
        print_json([row.document() for row in rows])
    else:
        _print(rows)
    sys.exit(_code(rows))


def _watch(settings: CentralSettings, rounds: Rounds, journal: Journal) -> None:
    """Round after round, until told to stop: between two sessions, never within one."""
    listen()
    stopping = stop_signal()
    say("serving", place="central", url=settings.url)
    while not stopping.is_set():
        for row, news in _told(rounds, journal):
            if news:
                say("found", place=row.site, state=row.state, code=row.reason or "none")
            if stopping.is_set():
                break
        stopping.wait(settings.poll_seconds)


def _told(rounds: Rounds, journal: Journal) -> Iterator[tuple[Row, bool]]:
    """The rows of one round, and whether each is news; it is in the journal before the next session is looked at."""
    for row in rounds.round(act=True):
        yield row, journal.tell(row)


def _print(rows: list[Row]) -> None:
    click.echo(_line("", "site", "session", "trial", "shown in", "why"))
    for row in rows:
        said = "; ".join(part for part in (row.reason, row.says) if part)
        click.echo(_line(row.state, row.site, row.session, row.trial, ", ".join(row.projects), said))
    waits = sum(row.state is Standing.WAITS for row in rows)
    click.echo(f"{len(rows)} session(s), {waits} waiting for a person")


def _line(state: str, site: str, session: str, trial: str, shown: str, why: str) -> str:
    return f"{state:<9} {site or '-':<10} {session or '-':<18} {trial or '-':<14} {shown or '-':<14} {why}".rstrip()


def _code(rows: list[Row]) -> int:
    return HELD if any(row.state is Standing.WAITS for row in rows) else DONE


def _now() -> datetime:
    return datetime.now(UTC)

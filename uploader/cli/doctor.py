"""Is this gateway well?"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from uploader.cli.common import HELD, home_option, print_json
from uploader.doctor import PARTS, SESSIONS, examine, examine_part
from uploader.doctor.observation import Grade, Observation
from uploader.gateway import open_home

_MARKS = {Grade.WELL: "  ok   ", Grade.NOTE: "  note ", Grade.WRONG: "WRONG  "}


@click.command()
@home_option
@click.option("--phantom/--no-phantom", default=True, help="Send an invented session down the line, and take it out.")
@click.option("--sessions", is_flag=True, help="Read every session back, file by file; takes a while.")
@click.option("--part", type=click.Choice([*PARTS]), help="Only what one process of a home reaches.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(home: Path, phantom: bool, sessions: bool, part: str | None, as_json: bool) -> None:
    """Look at a running gateway end to end, and say what to mend."""
    if sessions and part and part not in SESSIONS:
        raise click.UsageError(f"--sessions is for all, or for one of these parts: {', '.join(SESSIONS)}")
    built = open_home(home)
    found = []
    looks = partial(examine_part, part=part) if part else examine
    for observation in looks(built, with_phantom=phantom, with_sessions=sessions):
        found.append(observation)
        if not as_json:
            _tell(observation)
    built.records.close()
    wrong = sum(each.grade is Grade.WRONG for each in found)
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        click.echo(f"\n{wrong} thing(s) to mend" if wrong else "\nall is well")
    if wrong:
        raise SystemExit(HELD)


def _tell(observation: Observation) -> None:
    click.echo(f"{_MARKS[observation.grade]}{observation.about:<13} {observation.says}")
    if observation.remedy:
        click.echo(f"{'':<21}-> {observation.remedy}")

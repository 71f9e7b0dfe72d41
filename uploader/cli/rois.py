"""Structures by hand: what they are called, what they may mean, and new names for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import click

from uploader.cli.common import home_option, operator
from uploader.cli.submissions import archives_up, drive, finish
from uploader.domain.errors import Refused
from uploader.domain.renaming import Names
from uploader.gateway import build_review, open_home
from uploader.renaming import Structure, certain


@click.group()
def roi() -> None:
    """Structures of a session as they arrived. What these commands show is identifiable; looking is in the audit."""


@roi.command("list")
@click.argument("submission")
@home_option
def list_rois(submission: str, home: Path) -> None:
    """List the structures: number, name, type, contours, and the new name where one was decided."""
    click.echo(f"{'ROI':>4}  {'NAME':<24} {'TYPE':<10} {'CONTOURS':>8}  NEW NAME")
    for s in _structures(home, submission):
        decided = f"  -> {s.decided}" if s.decided else ""
        click.echo(f"{s.number:>4}  {s.name.reveal():<24} {s.type or '-':<10} {s.contours:>8}{decided}")


@roi.command("suggest")
@click.argument("submission")
@home_option
def suggest(submission: str, home: Path) -> None:
    """Say which names of the chosen trial the structures may mean, and why."""
    click.echo(f"{'ROI':>4}  {'NAME':<24} MAY MEAN")
    for s in _structures(home, submission):
        says = "a name of the trial" if s.listed else "no name of the trial is near"
        for each in s.suggestions:
            ask = "you decide: " if each.undecided else ""
            click.echo(f"{s.number:>4}  {s.name.reveal():<24} {ask}{each.name}  ({each.reason})")
        if not s.suggestions:
            click.echo(f"{s.number:>4}  {s.name.reveal():<24} {says}")


@roi.command("rename")
@click.argument("submission")
@click.argument("names", nargs=-1, metavar="NUMBER=NAME...")
@click.option("--suggested", is_flag=True, help="Also every suggestion that leaves nothing to decide, all at once.")
@home_option
def rename(submission: str, names: Sequence[str], suggested: bool, home: Path) -> None:
    """Give structures names of the trial, by their numbers; then check and anonymise the session anew.

    What arrived stays as it is. Names that were decided before stay decided; NUMBER= takes one back. A trial can ask
    that each name is confirmed by itself; then --suggested is refused, and to name a structure is to confirm it.
    """
    new = dict(map(_read, names))
    if not new and not suggested:
        raise click.UsageError("say NUMBER=NAME for each structure, or --suggested")
    built = open_home(home)
    with archives_up(built):
        review = build_review(built)
        known = review.structures(submission, operator()).structures
        sure = certain(known) if suggested else {}
        named = {(s.entry, s.number) for s in known if s.number in new}
        review.rename(submission, operator(), _decided(known, new, sure), named)
        drive(built, submission)
        finish(built, submission)


def _structures(home: Path, submission: str) -> tuple[Structure, ...]:
    built = open_home(home)
    with archives_up(built):
        return build_review(built).structures(submission, operator()).structures


def _read(argument: str) -> tuple[int, str]:
    number, equals, name = argument.partition("=")
    if not equals or not number.strip().isdecimal():
        raise click.UsageError("say NUMBER=NAME for each structure, such as 15=SpinalCord_PRV")
    return int(number), name.strip()


def _decided(known: Sequence[Structure], new: dict[int, str], sure: Names) -> dict[str, dict[int, str]]:
    """All that is to be called otherwise than it arrived. Raises Refused for a number that is not one structure's.

    sure: names for those that nothing else is said of
    """
    names: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for number in new:
        times = sum(s.number == number for s in known)
        if not times:
            raise Refused(f"the session has no structure with the number {number}; `uploader roi list` shows them")
        if times > 1:
            raise Refused(f"{times} structures of the session have the number {number}; rename them in the desk")
    for s in known:
        if name := new.get(s.number, s.decided or sure.get(s.entry, {}).get(s.number, "")):
            names[s.entry][s.number] = name
    return names

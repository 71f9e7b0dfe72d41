"""Commands for what a person decides before a session goes on: its trial, and rules that may pass."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from uploader import waiving
from uploader.cli.common import choice_options, home_option, operator, password_for
from uploader.cli.submissions import archives_up, drive, finish
from uploader.gateway import build_review, open_home


@click.command()
@click.argument("submission")
@click.option("--trial", required=True, help="Trial, as its protocol is named.")
@click.option("--subject", required=True, help="Subject ID in the trial.")
@click.option("--session", "label", default="", help="Session label; the protocol's own rule when left out.")
@choice_options
@home_option
def choose(submission: str, trial: str, subject: str, label: str, codes: Mapping[str, str], home: Path) -> None:
    """Choose the trial of a session that was received, and validate and anonymise it.

    Exit 0 when it awaits its signature, 3 refused, 4 held or still waiting.
    """
    built = open_home(home)
    with archives_up(built):
        build_review(built).choose(submission, trial, subject, operator(), label, codes)
        drive(built, submission)
        finish(built, submission)


@click.command()
@click.argument("submission")
@click.option("--rule", required=True, help="The rule, as the protocol's waivers name it, or its line.")
@click.option("--reason", "code", required=True, metavar="CODE", help="One of the protocol's reason codes.")
@click.option("--sign-as", required=True, help="Account of the person, in the role that the protocol asks for.")
@home_option
def waive(submission: str, rule: str, code: str, sign_as: str, home: Path) -> None:
    """Let a rule pass that refuses a session, where its protocol allows it; then `retry`."""
    review = build_review(open_home(home))
    for waiver in waiving.waive(review, submission, sign_as, password_for(sign_as), rule, code):
        click.echo(f"waived: {waiver.check} at {waiver.line}")

"""Commands about submissions: the whole line for one folder, and each step of it by hand."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from uploader import line, overruling
from uploader.cli.common import (
    DONE,
    HELD,
    REFUSED,
    WRONG_USE,
    choice_options,
    home_option,
    operator,
    password_for,
    print_json,
    role_option,
)
from uploader.cli.lock import one_at_a_time, try_worker
from uploader.cli.refusal import refused_by
from uploader.cli.signing import sign_off, still_to_sign, told
from uploader.diagnostics import contained
from uploader.domain.arrival import Arrival, Quarantined
from uploader.domain.choice import checked
from uploader.domain.errors import Refused
from uploader.domain.finding import Finding, Severity
from uploader.domain.override import REASONS
from uploader.domain.submission import State, Submission, check_not_there, stands
from uploader.gateway import Built, automatic_subject, build_line, build_review, handed_over, now, open_home, preflight
from uploader.given import Gateway
from uploader.hosted import archives_child
from uploader.logs import listen, log_file
from uploader.receipt import findings, rulings
from uploader.reception import register
from uploader.records import anchor
from uploader.review import Review
from uploader.stages.ingest.durable import remove_tree
from uploader.stages.ingest.oneshot import take_folder
from uploader.stages.ingest.quarantine import listed_quarantine
from uploader.supervisor import running

PATIENCE_SECONDS = 900
"""How long `run` and `release` go on trying while an archive is away."""
HARMLESS = frozenset({"quarantine.not-dicom", "quarantine.dicomdir"})
"""What may lie beside a session without being part of it."""
Choice = tuple[str, str, str, str, Mapping[str, str]]
"""Trial, subject, person, session label, and codes of arm, time point and site."""
_MOVING = frozenset({State.ARRIVING, State.QUEUED, State.WAITING})


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--trial", required=True, help="Trial, as its protocol is named.")
@click.option("--subject", default="", help="Subject ID in the trial.")
@click.option("--ids", type=click.Choice(["automatic"]), help="The program makes the subject ID, or finds it again.")
@click.option("--session", "label", default="", help="Session label; the protocol's own rule when left out.")
@choice_options
@click.option("--sign-as", help="Account that signs; left out, the session rests before the signature.")
@role_option
@click.option("--attest", is_flag=True, help="Attest by signing all that the trial's protocol asks for.")
@click.option("--despite-questions", is_flag=True, help="Sign although the verifier asks somebody to look first.")
@home_option
def run(
    folder: Path,
    trial: str,
    subject: str,
    ids: str | None,
    label: str,
    codes: Mapping[str, str],
    sign_as: str | None,
    role: str,
    attest: bool,
    despite_questions: bool,
    home: Path,
) -> None:
    """The whole line for one folder, without a browser. The folder stays as it is.

    The receipt goes to stdout as JSON. Exit 0 released, 3 refused, 4 held or still waiting, for somebody else's
    signature too, 2 wrong use.
    """
    built = open_home(home)
    protocol = built.protocols.newest(trial)
    if bool(subject) == bool(ids) or (ids and label):
        raise click.UsageError("say either --subject ID, with --session or without, or --ids automatic")
    if subject:
        protocol.check_subject(subject)
    codes = checked(protocol, codes, built.settings.site)
    if label:
        protocol.check_label(subject, label, codes.get("timepoint", ""))
    password = password_for(sign_as) if sign_as else ""
    if sign_as:
        built.records.accounts.check(sign_as, password)
    build_line(built)  # so that a key that is missing or open to others stops us now, and not half way
    with archives_up(built):
        review = build_review(built)
        arrival = _take(built, folder)
        subject = subject or automatic_subject(built, protocol, arrival.identity)
        submission = _registered(built, arrival, trial, subject, label, codes)
        _bring_to_signature(built, review, submission, (trial, subject, sign_as or operator(), label, codes))
        if sign_as and _may_be_signed(built, submission, despite_questions):
            if sign_off(review, submission, sign_as, password, attest, role):
                print_json(_state(built, built.records.get(submission)))
                sys.exit(HELD)
            review.release(submission, sign_as)
            drive(built, submission)
        finish(built, submission)


def _registered(built: Built, arrival: Arrival, trial: str, subject: str, label: str, codes: Mapping[str, str]) -> str:
    """The submission of these files: the one they already have for this trial, subject and codes, or a new one.

    A folder that is run twice is not sent twice; what was interrupted goes on where it stood. Raises Refused for files
    that are another subject's or of another visit in the trial.
    """
    for earlier in built.records.holding(arrival.manifest.digest):
        chosen = (earlier.trial, earlier.subject, label and earlier.label, earlier.chosen)
        if chosen in ((trial, subject, label, codes), ("", "", "", {})) and stands(earlier):
            click.echo(f"these files are submission {earlier.id}, which is {earlier.state}", err=True)
            remove_tree(arrival.folder)
            return earlier.id
    try:
        check_not_there(trial, built.records.holding(arrival.manifest.digest))
    except Refused:
        remove_tree(arrival.folder)
        raise
    register(built.records, arrival, built.aliases())
    return arrival.submission


def _bring_to_signature(built: Built, review: Review, submission: str, choice: Choice) -> None:
    about = built.records.get(submission)
    if about.state is State.HELD and about.route == "receive":
        review.retry(submission, choice[2])
    drive(built, submission)
    about = built.records.get(submission)
    if about.state in (State.RECEIVED, State.REFUSED) or (about.state is State.HELD and about.route == "prepare"):
        review.choose(submission, *choice)
        drive(built, submission)


def _may_be_signed(built: Built, submission: str, despite_questions: bool) -> bool:
    """Whether it awaits its signature and the verifier leaves nothing for a person to look at first."""
    if built.records.get(submission).state is not State.AWAITING_SIGNOFF:
        return False
    for kind in ("protocol", "anonymised", "verification"):
        for finding in _questions(built, submission, kind):
            click.echo(f"look: {finding.where}: {finding.says} [{finding.code}]", err=True)
    if despite_questions or not _questions(built, submission, "verification"):
        return True
    click.echo("not signed: look at the questions above, then sign by hand or add --despite-questions", err=True)
    return False


def _questions(built: Built, submission: str, kind: str) -> list[Finding]:
    verdict = built.records.verdict(submission, kind)
    return [f for f in verdict.findings if f.severity is Severity.QUESTION] if verdict else []


def _take(built: Built, folder: Path) -> Arrival:
    """The one session in `folder`. Ends the command when there is none, several, or something broken."""
    arrivals, aside = take_folder(handed_over(built, folder), built.home.spool)
    for item in aside:
        click.echo(f"not taken: {item.code}: {item.says}", err=True)
    broken = [item for item in aside if item.code not in HARMLESS]
    if len(arrivals) == 1 and not broken:
        return arrivals[0]
    for arrival in arrivals:
        remove_tree(arrival.folder)
    if broken:
        print_json({"state": "refused", "findings": [_as_finding(item) for item in broken]})
        sys.exit(REFUSED)
    click.echo(f"{folder} holds {len(arrivals)} sessions; `run` takes a folder of exactly one", err=True)
    sys.exit(WRONG_USE)


def _as_finding(item: Quarantined) -> dict[str, str]:
    return {"code": item.code, "severity": "refusal", "where": item.reference, "says": item.says, "remedy": ""}


@contextmanager
def archives_up(built: Built) -> Iterator[None]:
    """Start the embedded archives that do not answer yet, for as long as the block runs.

    stderr stays free for people: what this process and the archives log goes into the home.
    """
    listen(log_file(built.home.logs / "commands.log"))
    with one_at_a_time(built.home), running(archives_child(built.settings)):
        for sentence in preflight(built.settings):
            click.echo(sentence, err=True)
        yield


def drive(built: Built, submission: str) -> None:
    """Carry one submission until it rests; where a worker runs already, watch it do so."""
    until = time.monotonic() + PATIENCE_SECONDS
    with Bars() as bars:
        gateway = build_line(built, bars)
        if built.records.database.shared and not built.records.workers.heard():
            click.echo("no worker has been heard of, and only workers carry here; start one: uploader worker", err=True)
        while built.records.get(submission).state in _MOVING and time.monotonic() < until:
            with try_worker(built) as ours:
                moved = ours and _carry(gateway, built, submission)
            if not moved:
                time.sleep(0.2)
    anchor(built.records.database, built.home.anchor)


def _carry(gateway: Gateway, built: Built, submission: str) -> bool:
    due = [d for d in built.records.due(now()) if d[0] == submission]
    for _, route, attempt in due:
        line.carry(route, gateway, submission, attempt, partial(contained, built.home.diagnostics))
    return bool(due)


class Bars:
    """A progress bar a stage on stderr; silent where stderr is not a terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._bar is None or self._bar.desc != stage:
            self._close()
            self._bar = tqdm(total=total, unit="file", leave=True, disable=not sys.stderr.isatty(), file=sys.stderr)
            self._bar.desc = stage
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None


def finish(built: Built, submission: str) -> None:
    """Print what became of it, and leave with the exit code that says the same."""
    about = built.records.get(submission)
    if about.state is State.RELEASED:
        print_json(build_review(built).receipt(submission))
        sys.exit(DONE)
    print_json(_state(built, about))
    if about.state is State.REFUSED:
        click.echo(refused_by(build_review(built), about), err=True)
        sys.exit(REFUSED)
    asked = about.state is State.AWAITING_SIGNOFF and _questions(built, submission, "verification")
    sys.exit(HELD if asked or about.state in (State.HELD, State.WAITING, State.QUEUED) else DONE)


def _state(built: Built, about: Submission) -> dict[str, Any]:
    judged = built.records.verdict(about.id, "protocol")
    name = partial(build_review(built).rule_name, about.id)
    verdicts = (judged, built.records.verdict(about.id, "anonymised"), built.records.verdict(about.id, "verification"))
    return {
        "submission": about.id,
        "state": str(about.state),
        "why": about.why,
        "says": about.says,
        "trial": about.trial,
        "protocol": f"{about.trial} {about.protocol_version}".strip(),
        "protocol_digest": about.protocol_digest,
        "subject": about.subject,
        "chosen": about.chosen,
        "session": about.label,
        "scans": about.scans,
        "sign_off": told(build_review(built).signatures(about.id)),
        "findings": [f for verdict in verdicts if verdict for f in findings(verdict, name)],
        "rulings": rulings(judged) if judged else [],
        "verified": built.records.provenance(about.id).get("verified"),
    }


_WORDS = {State.AWAITING_SIGNOFF: still_to_sign, State.REFUSED: refused_by}
"""States of which more is to be said than the records say."""


@click.command()
@home_option
def status(home: Path) -> None:
    """List the submissions, newest first, and what waits in the watched folder."""
    built = open_home(home)
    review = build_review(built)
    for s in review.all():
        says = _WORDS[s.state](review, s) if s.state in _WORDS else s.says
        click.echo(
            f"{s.id}  {s.state:<17} {s.trial or '-':<14} {s.label or '-':<18} {s.changed:%Y-%m-%d %H:%M}  {says}"
        )
    for sentence in built.records.notices.read("waiting"):
        click.echo(f"waits: {sentence}")


@click.command()
@click.argument("submission")
@home_option
def show(submission: str, home: Path) -> None:
    """Show one submission as JSON: state, findings, and the receipt once it is released."""
    built = open_home(home)
    about = built.records.get(submission)
    document = _state(built, about)
    if about.state in (State.RELEASED, State.RECALLED):
        document["receipt"] = build_review(built).receipt(submission)
    print_json(document)


@click.command()
@click.argument("submission")
@click.option("--sign-as", required=True, help="Account that signs.")
@role_option
@click.option("--attest", is_flag=True, help="Attest by it all that the trial's protocol asks for.")
@home_option
def sign(submission: str, sign_as: str, role: str, attest: bool, home: Path) -> None:
    """Sign a session off: exactly the bytes the anonymised archive holds now, and all that is said of them.

    A trial may ask for several people, each in a role; it says who must still sign.
    """
    built = open_home(home)
    password = password_for(sign_as)
    with archives_up(built):
        review = build_review(built)
        sign_off(review, submission, sign_as, password, attest, role)
    click.echo(f"signed: {review.show(submission).digest}")


@click.command()
@click.argument("submission")
@home_option
def release(submission: str, home: Path) -> None:
    """Send a signed session to the central archive; prints the receipt."""
    built = open_home(home)
    with archives_up(built):
        build_review(built).release(submission, operator())
        drive(built, submission)
        finish(built, submission)


@click.command()
@click.argument("submission")
@home_option
def retry(submission: str, home: Path) -> None:
    """Try the last route of a held, refused or waiting submission again, or go on with an interrupted one."""
    built = open_home(home)
    with archives_up(built):
        if built.records.get(submission).state is not State.QUEUED:
            build_review(built).retry(submission, operator())
        drive(built, submission)
        finish(built, submission)


@click.command()
@click.argument("submission")
@click.option("--code", required=True, help="Code of the finding, e.g. verify.residue.")
@click.option("--where", required=True, help="Its place as the finding says; or the tag alone, for all files.")
@click.option("--reason", required=True, type=click.Choice(list(REASONS)), help="Why it is a false alarm.")
@click.option("--sign-as", required=True, help="Account of the reviewer.")
@home_option
def override(submission: str, code: str, where: str, reason: str, sign_as: str, home: Path) -> None:
    """Overrule a refusal of the verifier that is a false alarm, for exactly these bytes; then `retry`."""
    review = build_review(open_home(home))
    made = overruling.override(review, submission, sign_as, password_for(sign_as), code, where, reason)
    click.echo(f"overruled: {made.code} at {made.where}")


@click.command()
@click.argument("submission")
@click.option("--reason", required=True, help="Why; kept in this hospital only. Name no patient.")
@home_option
def withdraw(submission: str, reason: str, home: Path) -> None:
    """Take a submission back before its release."""
    build_review(open_home(home)).withdraw(submission, operator(), reason)


@click.command()
@home_option
def quarantine(home: Path) -> None:
    """List what could not be taken, and why. The files themselves lie in the home's quarantine folder."""
    for item in listed_quarantine(open_home(home).home.quarantine):
        click.echo(f"{item.reference}  {item.code:<28} {item.says}")

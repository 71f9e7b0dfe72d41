"""A run of the engine from end to end."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from uploader.config import FILE, Settings
from uploader.domain.choice import known
from uploader.domain.errors import Held, Refused, UnknownTrial
from uploader.domain.identity import Identity
from uploader.domain.manifest import Manifest
from uploader.domain.private import Private
from uploader.domain.trial import Protocol
from uploader.engine.crew import carried
from uploader.engine.find import Progress, look
from uploader.engine.names import write_names
from uploader.engine.out import Out, opened
from uploader.engine.plan import Job, Naming, check_subject, jobs_for
from uploader.engine.report import Outcome, Report
from uploader.engine.work import Bench, Judged, Made, Reason
from uploader.home import Home, make
from uploader.passes import Policy
from uploader.protocols import Protocols, check
from uploader.recipes import Kitchen, recipe_of
from uploader.records.linktable import LinkTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for.

    source, target: IN and OUT
    subject: the ID of the one patient in IN; empty for automatic IDs
    codes: arm, time point and site of all sessions in IN, as the protocol lists them; what is not needed may lack
    policy: name of the privacy policy, unless it is the protocol's
    jobs: processes
    names: file to write that says which of our names stands for which file of IN; it is identifiable
    despite_questions: see `work.Bench`
    """

    home: Path
    source: Path
    target: Path
    trial: str
    subject: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    policy: str | None = None
    jobs: int = 1
    names: Path | None = None
    despite_questions: bool = False


def anonymise_tree(order: Order, progress: Progress = lambda _stage, _done, _total: None) -> Report:
    """Make an anonymised copy of every session in the tree, and say what became of every file.

    What is held is not in OUT. Raises Refused, SubjectTaken and Misconfigured before anything is written, and
    Transient for a full disk.
    """
    begun = time.monotonic()
    source = order.source.resolve()
    _apart(source, order.target.resolve())
    settings = _settings(order.home)
    home, protocol = Home(settings.home), _protocol(settings, order.trial, order.policy)
    kitchen = Kitchen.of(settings, home.key("trial.key"))
    if order.subject:
        check_subject(protocol, order.subject, ())
    chosen = _chosen(protocol, order.codes, settings.site)
    facts = _facts(kitchen, protocol, order.policy)
    found = look(source, progress)
    if not found.files:
        raise Refused("IN holds no files")
    if order.subject:
        check_subject(protocol, order.subject, found.groups)
    with opened(order.target) as out:
        with _links(home) as links:
            out.check(links.subjects(protocol.trial))
            naming = Naming(protocol, links, kitchen, order.subject, chosen.get("timepoint", ""))
            jobs = jobs_for(source, found.groups, naming)
        if order.names:
            write_names(order.names, source, found, jobs)
        found = replace(found, groups=())  # what was read of a hundred thousand files need not stay in memory
        bench = Bench(
            kitchen=kitchen,
            protocol=protocol,
            policy=order.policy,
            staging=out.staging,
            diagnostics=home.diagnostics,
            despite_questions=order.despite_questions,
        )
        outcomes = list(_outcomes(bench, jobs, out, home, order.jobs, progress))
    outcomes.sort(key=lambda outcome: (outcome.job.pseudonym.subject, outcome.job.number))
    ids = "manual" if order.subject else "automatic"
    return Report(protocol, chosen, ids, facts, found, outcomes, time.monotonic() - begun)


def _chosen(protocol: Protocol, codes: Mapping[str, str], site: str) -> Mapping[str, str]:
    """The codes, those that need no choice added. Raises Refused for one that the protocol does not list, and without a
    time point where session labels name it."""
    chosen = known(protocol, codes, site)
    protocol.label(protocol.subject_example, 1, chosen.get("timepoint", ""))
    return chosen


def _facts(kitchen: Kitchen, protocol: Protocol, policy: str | None) -> Mapping[str, Any]:
    """What recipes are made from. Raises BadScript and BadPolicy before a patient is touched."""
    nobody = Private(Identity("nobody", "", ""))
    return recipe_of(kitchen, protocol, nobody, protocol.subject_example, "", (), policy)[1]


def _outcomes(
    bench: Bench, jobs: Sequence[Job], out: Out, home: Home, workers: int, progress: Progress
) -> Iterator[Outcome]:
    """Carry out the jobs, and publish each session that passes as soon as it does."""
    done, total = 0, sum(len(job.names) for job in jobs)

    def made(files: int) -> None:
        nonlocal done
        done += files
        progress("anonymise", done, total)

    for number, what, judged in carried(bench, jobs, workers, made):
        yield _published(bench, jobs[number], what, judged, out, home)


def _published(bench: Bench, job: Job, made: Made, judged: Judged, out: Out, home: Home) -> Outcome:
    """Bring to its place what may go on of a session, and clear away the rest."""
    staged, state = bench.staged(job), "held"
    if len(judged.files):
        going_on = {e.name for e in judged.files.entries}
        left_out = [staged / e.name for e in made.after if e.name not in going_on]
        try:
            state = out.publish(staged, left_out, job, judged.files)
        except Held as error:
            judged = Judged(Manifest(frozenset()), (Reason("session", error.code, str(error)),))
        else:
            with _links(home) as links:
                links.keep_made(job.pseudonym, job.number, judged.files.digest)
    shutil.rmtree(staged, ignore_errors=True)
    return Outcome.of(job, made, judged, state)


def _apart(source: Path, target: Path) -> None:
    if source.is_relative_to(target) or target.is_relative_to(source):
        raise Refused("IN and OUT must not lie in each other")


def _settings(home: Path) -> Settings:
    """The settings of the home, which is made on first use: the engine needs no more of one than its keys."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # two commands must not each make keys
        if not (home / FILE).exists():
            make(home, {})
    finally:
        os.close(descriptor)
    return Settings.read(home)


def _protocol(settings: Settings, trial: str, policy: str | None) -> Protocol:
    """The trial's protocol. What it says of privacy is held against its own policy, not against one that was asked for
    in its place."""
    if trial not in settings.trials:
        raise UnknownTrial(
            f"this site takes part in no trial of that name; it does in: {', '.join(settings.trials) or 'none'}"
        )
    protocol = Protocols(settings.protocols, [trial]).newest(trial)
    check(protocol, protocol.validators, settings.scripts, settings.policies, None if policy else Policy.read)
    return protocol


@contextmanager
def _links(home: Home) -> Iterator[LinkTable]:
    """The link table, open for as long as the block runs: not across a fork."""
    links = LinkTable(home.links, home.secrets / "link.key")
    try:
        yield links
    finally:
        links.close()

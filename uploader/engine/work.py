"""One session: its files anonymised into a staging folder, then verified as a whole. Runs in any process; what it
returns is plain and free of the patient."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from uploader.diagnostics import contained
from uploader.domain.errors import Held, UnreadableFile
from uploader.domain.finding import Finding, Severity
from uploader.domain.manifest import Entry, Manifest
from uploader.domain.trial import Protocol
from uploader.engine.out import flush_tree
from uploader.engine.plan import Job
from uploader.looks import look
from uploader.recipes import Kitchen, permit_of, recipe_of, some_of
from uploader.stages.anonymise import Box, Recipe, Work
from uploader.stages.verify import verify


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is held, or must be looked at.

    where: a file of the session by our name with a tag, or what else it is about; never a value
    """

    where: str
    code: str
    says: str
    remedy: str = ""


@dataclass(slots=True)
class Made:
    """What became of some files of a session: entries before and after of those that were made, which nobody has
    measured, and the rest; and the boxes that were made black in images, by entry."""

    before: list[Entry] = field(default_factory=list)
    after: list[Entry] = field(default_factory=list)
    held: list[Reason] = field(default_factory=list)
    boxes: dict[str, tuple[Box, ...]] = field(default_factory=dict)

    def add(self, other: Made) -> None:
        self.before += other.before
        self.after += other.after
        self.held += other.held
        self.boxes |= other.boxes


@dataclass(frozen=True, slots=True)
class Judged:
    """What the verifier made of a session.

    files: those that may go on, as the verifier measured them; none when the whole session is held
    held: why files, or all of them, are held
    questions: what a person was asked and nobody looked at, where that was accepted
    verified: the verifier's own report, of what was looked for and where
    """

    files: Manifest
    held: tuple[Reason, ...]
    questions: tuple[Reason, ...] = ()
    verified: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where sessions are made, and by which rules.

    kitchen, protocol, policy: what recipes are made from; no policy means the protocol's
    staging: folder in OUT's file system, one folder a session
    despite_questions: what only a person can decide does not hold a file
    """

    kitchen: Kitchen
    protocol: Protocol
    policy: str | None
    staging: Path
    diagnostics: Path
    despite_questions: bool

    def staged(self, job: Job) -> Path:
        return self.staging / job.label

    def recipe(self, job: Job) -> tuple[Recipe, Mapping[str, Any]]:
        """How the session is anonymised, and the facts about it for the report. Raises BadScript, BadPolicy."""
        subject = job.pseudonym.subject
        return recipe_of(self.kitchen, self.protocol, job.identity, subject, job.label, _some(job), self.policy)


def make(bench: Bench, job: Job, names: Sequence[str]) -> Made:
    """Anonymise these files of the session. One that cannot be made is held, and the others go on."""
    made = Made()
    try:
        work = contained(bench.diagnostics, _work_on, bench, job)
    except Held as error:
        made.held += [Reason(name, error.code, str(error)) for name in names]
        return made
    for folder in {name.rpartition("/")[0] for name in names}:
        (bench.staged(job) / folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        try:
            before, after, boxes = contained(bench.diagnostics, _one, bench, job, work, name)
        except Held as error:
            _clear(bench.staged(job) / name)
            made.held.append(Reason(name, error.code, str(error)))
        else:
            made.before.append(before)
            made.after.append(after)
            if boxes:
                made.boxes[name] = boxes
    return made


def prove(bench: Bench, job: Job, made: Made, pool: Executor | None = None) -> Judged:
    """Verify what was made of the session, while the disk takes it in.

    pool: processes that run already, for a session that is worth several
    """
    if not made.after:
        return Judged(Manifest(frozenset()), ())
    verified: dict[str, Any] = {}
    measured: list[Manifest] = []
    with ThreadPoolExecutor(1) as disk:
        flushed = disk.submit(flush_tree, bench.staged(job))
        try:
            findings = contained(bench.diagnostics, _findings, bench, job, made, pool, verified.update, measured.append)
        except Held as error:
            return Judged(Manifest(frozenset()), (Reason("session", error.code, str(error)),))
        finally:
            flushed.result()
    return replace(judged(findings, measured[0], bench.despite_questions), verified=verified)


_latest: list[tuple[Job, Work]] = []
"""What this process worked on last: the next files are mostly of the same session."""


def _some(job: Job) -> Iterator[Path]:
    """Originals to learn from, as far as they are still there; those that are not are held when their turn comes."""
    for name in some_of(job.names):
        with suppress(UnreadableFile):
            yield job.original(name)


def _work_on(bench: Bench, job: Job) -> Work:
    if not _latest or _latest[0][0] is not job:
        _latest[:] = [(job, Work(bench.recipe(job)[0]))]
    return _latest[0][1]


def _one(bench: Bench, job: Job, work: Work, name: str) -> tuple[Entry, Entry, tuple[Box, ...]]:
    """The file before and after, and what was made black in it. The original is not measured, for nobody will ask what
    it was, and the other is by the verifier. Raises UnreadableFile, ScriptRejected, ScriptFailed, CannotBeSafe."""
    source, target = job.original(name), bench.staged(job) / name
    try:
        boxes = work.file(source, target)
        size = source.stat().st_size
    except FileNotFoundError:
        raise UnreadableFile("the file is gone") from None
    return Entry(name, size, "", ""), Entry(name, target.stat().st_size, "", ""), boxes


def _clear(target: Path) -> None:
    """Nothing that was begun of a file stays: it would be foreign to the session."""
    for left in target.parent.glob(f"{target.name}*"):
        left.unlink()


def _findings(
    bench: Bench,
    job: Job,
    made: Made,
    pool: Executor | None,
    tell: Callable[[dict[str, Any]], object],
    measured: Callable[[Manifest], object],
) -> list[Finding]:
    names, trial = frozenset({job.pseudonym.subject, job.label}), bench.protocol
    findings = verify(
        job.original,
        bench.staged(job),
        Manifest(frozenset(made.before)),
        Manifest(frozenset(made.after)),
        keep=names | {trial.trial, trial.sponsor, trial.title, bench.kitchen.site},
        named=names,
        permit=permit_of(bench.kitchen, trial, bench.policy),
        jobs=len(os.sched_getaffinity(0)) if pool else 1,
        pool=pool,
        tell=tell,
        measured=measured,
        boxes=made.boxes,
    )
    return [*findings, *look(job.original, bench.staged(job), [entry.name for entry in made.after])]


def judged(findings: Sequence[Finding], files: Manifest, despite_questions: bool) -> Judged:
    """A refusal holds the session, except one about what is seen in an image, which holds that; a question holds the
    file that it is about, for there is nobody to answer it."""
    refusals = [f for f in findings if f.severity is Severity.REFUSAL]
    questions = [f for f in findings if f.severity is Severity.QUESTION]
    if any(not f.code.startswith("pixels.") for f in refusals):
        return Judged(Manifest(frozenset()), _reasons(refusals))
    if refusals or (questions and not despite_questions):
        return _without([*refusals, *(() if despite_questions else questions)], files)
    return Judged(files, (), _reasons(questions))


def _without(questions: Sequence[Finding], files: Manifest) -> Judged:
    """The session without the files that these findings are about."""
    asked = {f.where.split(" ")[0] for f in questions}
    if asked - {e.name for e in files}:  # about the whole session, or about more files than are listed
        return Judged(Manifest(frozenset()), _reasons(questions))
    return Judged(Manifest(frozenset(e for e in files if e.name not in asked)), _reasons(questions))


def _reasons(findings: Iterable[Finding]) -> tuple[Reason, ...]:
    return tuple(Reason(f.where, f.code, f.says, f.remedy) for f in findings)

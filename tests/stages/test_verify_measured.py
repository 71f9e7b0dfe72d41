"""Files that nobody has measured are measured by the verifier, as it read them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from tests.stages import sabotage
from tests.stages.sabotage import SLICES, Session, edit
from uploader.domain.finding import Severity
from uploader.domain.manifest import Entry, Manifest
from uploader.stages.verify import verify


def judged(session: Session, after: Manifest) -> tuple[list[tuple[str, Severity]], Manifest]:
    """What the verifier finds, and what it measured."""
    told: list[Manifest] = []
    findings = verify(
        session.original.joinpath, session.anonymised, session.before, after, keep=sabotage.KEEP, measured=told.append
    )
    (measured,) = told
    return [(f.code, f.severity) for f in findings], measured


def unmeasured(entries: Iterable[Entry]) -> Manifest:
    return Manifest(frozenset(replace(entry, size=0, sha256="", md5="") for entry in entries))


def digests(session: Session) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of what lies in the folder now, by name."""
    files = {path: path.read_bytes() for path in session.anonymised.rglob("*.dcm")}
    return {
        path.relative_to(session.anonymised).as_posix(): (len(data), hashlib.sha256(data).hexdigest())
        for path, data in files.items()
    }


def test_files_that_nobody_measured_are_measured(session: Session) -> None:
    findings, measured = judged(session, unmeasured(session.before))
    assert (findings, {e.name: (e.size, e.sha256) for e in measured}) == ([], digests(session))


def test_a_file_that_is_not_held_in_memory_is_measured_too(session: Session) -> None:
    edit(session.file("0001"), lambda d: d.add_new(0x00283006, "OW", bytes(5 << 20)))
    findings, measured = judged(session, unmeasured(session.before))
    assert (findings, {e.name: (e.size, e.sha256) for e in measured}) == ([], digests(session))


def test_a_file_that_was_measured_must_be_what_it_was_then(session: Session) -> None:
    first, *others = sabotage.manifest(session.anonymised)
    edit(session.file(SLICES[0]), lambda d: setattr(d, "SeriesDescription", "harmless"))
    findings, measured = judged(session, Manifest(unmeasured(others).entries | {first}))
    assert findings == [("verify.changed", Severity.REFUSAL)]
    assert first in measured.entries
    assert all(entry.sha256 for entry in measured)


def test_what_cannot_be_measured_has_no_digest_and_is_refused(session: Session) -> None:
    session.file("0002").unlink()
    findings, measured = judged(session, unmeasured(session.before))
    assert ("verify.missing", Severity.REFUSAL) in findings
    assert [entry.name for entry in measured if not entry.sha256] == [sabotage.entry_name("0002")]

"""What is kept about a submission besides its state: manifests, verdicts, receipts, provenance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, insert, select

from uploader.domain.errors import NotFound
from uploader.domain.evidence import Receipt, SignOff
from uploader.domain.finding import Finding, Outcome, Ruling, Severity, Verdict
from uploader.domain.manifest import Entry, Manifest
from uploader.domain.submission import State
from uploader.domain.waiver import Waiver
from uploader.records.audit import Change, canonical
from uploader.records.tables import acquired, manifests, provenances, receipts, signoffs, verdicts

PLACES = ("identifiable", "anonymised")
KINDS = ("protocol", "anonymised", "verification")


def keep_manifest(change: Change, submission: str, place: str, manifest: Manifest) -> None:
    if place not in PLACES:
        raise ValueError(f"no place of a manifest: {place}")
    entries = [[e.name, e.size, e.sha256, e.md5] for e in manifest]
    kept = change.connection.execute(_rows(manifests, submission, place=place)).first()
    if kept is not None and kept.entries == entries:
        return
    _replace(change, manifests, submission, {"place": place}, digest=manifest.digest, entries=entries)
    facts = {"place": place, "digest": manifest.digest, "files": len(manifest), "bytes": manifest.size}
    change.note("line", "manifest-kept", submission, **facts)


def manifest_of(connection: Connection, submission: str, place: str) -> Manifest:
    row = connection.execute(_rows(manifests, submission, place=place)).first()
    if row is None:
        raise NotFound(f"no manifest of the {place} files is kept for this submission")
    return Manifest(frozenset(Entry(*entry) for entry in row.entries))


def keep_verdict(change: Change, submission: str, kind: str, verdict: Verdict) -> None:
    if kind not in KINDS:
        raise ValueError(f"no kind of verdict: {kind}")
    if verdict_of(change.connection, submission, kind) == _bare(verdict):
        return
    findings = [_row_of(f) for f in verdict.findings]
    rulings = [[r.line, str(r.outcome), r.says] for r in verdict.rulings]
    waived = [asdict(w) for w in verdict.waivers]
    given = {"protocol": verdict.protocol, "protocol_digest": verdict.protocol_digest}
    values = {"findings": findings, "rulings": rulings, "waivers": waived, **given}
    _replace(change, verdicts, submission, {"kind": kind}, **values)
    counts = {s.name.lower(): sum(f.severity is s for f in verdict.findings) for s in Severity}
    facts = {"refused": verdict.refused, "findings": counts, "waived": len(waived), **given}
    change.note("line", "verdict-kept", submission, kind=kind, **facts)


def verdict_of(connection: Connection, submission: str, kind: str) -> Verdict | None:
    row = connection.execute(_rows(verdicts, submission, kind=kind)).first()
    if row is None:
        return None
    rulings = (Ruling(line, Outcome(outcome), says) for line, outcome, says in row.rulings)
    waived = map(Waiver.kept, row.waivers)
    found = map(_finding, row.findings)
    return Verdict(row.protocol, row.protocol_digest, tuple(found), tuple(rulings), tuple(waived))


def _row_of(f: Finding) -> list[str | int]:
    return [f.code, int(f.severity), f.where, f.says, f.remedy, f.line, f.found, f.expected, f.follows]


def _finding(row: Sequence[Any]) -> Finding:
    code, severity, where, says, remedy, *rule = row
    return Finding(code, Severity(severity), where, says, remedy, None, *rule)


def _bare(verdict: Verdict) -> Verdict:
    return replace(verdict, findings=tuple(found.bare for found in verdict.findings))


def keep_acquired(change: Change, submission: str, facts: Mapping[str, Any]) -> None:
    text = canonical(facts)
    if canonical(acquired_of(change.connection, submission)) != text:
        _replace(change, acquired, submission, {}, facts=json.loads(text))
        change.note("line", "acquisition-kept", submission, digest=hashlib.sha256(text.encode()).hexdigest())


def acquired_of(connection: Connection, submission: str) -> Mapping[str, Any]:
    row = connection.execute(_rows(acquired, submission)).first()
    return {} if row is None else dict(row.facts)


def keep_signoff(change: Change, submission: str, signoff: SignOff, missing: Sequence[str], state: State) -> None:
    """missing: the roles in which somebody must still sign; state: that of the submission from now on"""
    row = asdict(signoff)
    change.execute(insert(signoffs).values(submission=submission, **row))
    told = {name: value for name, value in row.items() if name not in ("person", "at")}
    facts = {"signed_at": signoff.at.isoformat(), "missing": list(missing), "state": state}
    change.note(signoff.person, "signed", submission, **told, **facts)


def signoffs_of(connection: Connection, submission: str) -> list[SignOff]:
    rows = connection.execute(_rows(signoffs, submission).order_by(signoffs.c.at, signoffs.c.role))
    return [SignOff(r.person, r.digest, r.protocol_digest, r.at, r.meaning, r.role, r.seen) for r in rows]


def keep_receipt(change: Change, submission: str, receipt: Receipt) -> None:
    key = {"place": receipt.place, "digest": receipt.digest}
    if change.connection.execute(_rows(receipts, submission, **key)).first() is None:
        row = {"submission": submission, **key, "files": receipt.files, "at": receipt.at}
        change.execute(insert(receipts).values(row))
        change.note("line", "receipt-kept", submission, files=receipt.files, **key)


def receipts_of(connection: Connection, submission: str) -> list[Receipt]:
    rows = connection.execute(_rows(receipts, submission).order_by(receipts.c.at, receipts.c.place))
    return [Receipt(row.place, row.digest, row.files, row.at) for row in rows]


def keep_provenance(change: Change, submission: str, facts: Mapping[str, Any]) -> None:
    text = canonical(facts)
    if canonical(provenance_of(change.connection, submission)) != text:
        _replace(change, provenances, submission, {}, facts=json.loads(text))
        digest = hashlib.sha256(text.encode()).hexdigest()
        change.note("line", "provenance-kept", submission, digest=digest)


def provenance_of(connection: Connection, submission: str) -> Mapping[str, Any]:
    row = connection.execute(_rows(provenances, submission)).first()
    return {} if row is None else dict(row.facts)


def forget_signoffs(change: Change, submission: str) -> None:
    change.execute(delete(signoffs).where(signoffs.c.submission == submission))


def forget_what_followed(change: Change, submission: str) -> None:
    """All that an earlier choice of trial and subject led to. What proves the arrival stays."""
    arrived = select(manifests.c.digest).where(_is(manifests, submission, place="identifiable"))
    later = receipts.c.digest.not_in(arrived)
    change.execute(delete(receipts).where(receipts.c.submission == submission, later))
    change.execute(delete(manifests).where(_is(manifests, submission, place="anonymised")))
    for table in (verdicts, acquired, signoffs, provenances):
        change.execute(delete(table).where(_is(table, submission)))


def _replace(change: Change, table: Table, submission: str, key: Mapping[str, str], **values: Any) -> None:
    change.execute(delete(table).where(_is(table, submission, **key)))
    change.execute(insert(table).values(submission=submission, **key, **values))


def _rows(table: Table, submission: str, **key: str) -> Select[Any]:
    return select(table).where(_is(table, submission, **key))


def _is(table: Table, submission: str, **key: str) -> ColumnElement[bool]:
    return and_(table.c.submission == submission, *(table.c[name] == value for name, value in key.items()))

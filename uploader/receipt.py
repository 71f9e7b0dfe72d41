"""The receipt: one JSON document that names everything about a released session, and nobody who was imaged."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from uploader import __version__
from uploader.domain.consignment import files_of, manifest_of
from uploader.domain.errors import BadSeal, WrongState
from uploader.domain.finding import Finding, Severity, Verdict
from uploader.domain.manifest import Manifest
from uploader.domain.override import overrides
from uploader.domain.session import Address
from uploader.domain.submission import State, Submission
from uploader.domain.trial import Protocol
from uploader.domain.waiver import Waiver
from uploader.ports import Records

KIND, VERSION = "uploader-receipt", 3
"""Version 1 was not signed, and said no site; version 2 named one person who signed, and no role."""
READABLE = frozenset({2, VERSION})
KEPT = "receipt"
"""Under which provenance keeps the signed receipt of a release, as text: so its fields stay in their order."""
FIELDS = frozenset({"kind", "version", "uploader", "site", "submission", "state", "central", "shared_into", "protocol"})
FIELDS |= {"anonymised_by", "signed", "places", "verdict", "verification", "verified", "overruled", "digest", "files"}


def receipt(
    records: Records, protocol: Callable[[str, str], Protocol], site: str, central_project: str, submission: str
) -> Mapping[str, Any]:
    """The receipt of a released session, as the release signed it; unsigned when it went before receipts were signed.
    Raises WrongState."""
    about = records.get(submission)
    if about.state not in (State.RELEASED, State.RECALLED):
        raise WrongState(f"submission {submission} is {about.state}; only what is released has a receipt")
    if kept := records.provenance(submission).get(KEPT):
        signed: dict[str, Any] = json.loads(kept)
        return signed
    project = protocol(about.trial, about.protocol_version).project
    return document(records, about, site, central_project, project)


def document(records: Records, about: Submission, site: str, central_project: str, shared_into: str) -> dict[str, Any]:
    """What was released, under which rules, who signed it, and what each place held when it was read back.

    shared_into: project of the trial; empty where the centre shares by itself
    """
    manifest = records.manifest(about.id, "anonymised")
    facts = {name: fact for name, fact in records.provenance(about.id).items() if name != KEPT}
    verified = facts.pop("verified", None)
    return {
        "kind": KIND,
        "version": VERSION,
        "uploader": __version__,
        "site": site,
        "submission": about.id,
        "state": str(State.RELEASED),
        "central": {"project": central_project, "subject": about.subject, "session": about.label},
        "shared_into": shared_into,
        "protocol": {
            "trial": about.trial,
            "version": about.protocol_version,
            "digest": about.protocol_digest,
            **about.chosen,
        },
        "anonymised_by": facts,
        "signed": [
            {"by": s.person, "role": s.role, "at": s.at.isoformat(), "meaning": s.meaning, "digest": s.digest}
            for s in records.signoffs(about.id)
        ],
        "places": [
            {"place": r.place, "digest": r.digest, "files": r.files, "at": r.at.isoformat()}
            for r in records.receipts(about.id)
        ],
        "verdict": _counts(records.verdict(about.id, "protocol")),
        "verification": _counts(records.verdict(about.id, "verification")),
        "verified": verified,
        "overruled": [
            {"by": each.person, "code": each.code, "where": each.where, "reason": each.reason}
            for each in overrides(records.history(about.id), manifest.digest)
        ],
        "digest": manifest.digest,
        "files": files_of(manifest),
    }


def read(receipt: Mapping[str, Any]) -> tuple[Address, Manifest]:
    """Where the centre keeps the session, and its files, of a receipt whose seal was opened. Raises BadSeal for one of
    another version, with other fields, or whose digests do not agree with each other."""
    if receipt.get("kind") != KIND or type(receipt.get("version")) is not int or receipt["version"] not in READABLE:
        raise BadSeal(f"it is no {KIND} of version {VERSION}, or of one before it that was signed")
    if receipt.keys() != FIELDS:
        raise BadSeal(f"the fields are not those of a {KIND}")
    manifest = manifest_of(receipt["files"])
    try:
        central = [p["digest"] for p in receipt["places"] if p["place"] == "central"]
        signed = [receipt["signed"]] if receipt["version"] == 2 else receipt["signed"]
        agreed = central and {receipt["digest"], central[-1]} | {s["digest"] for s in signed} == {manifest.digest}
        address = Address(*(str(receipt["central"][name]) for name in ("project", "subject", "session")))
    except (KeyError, TypeError):
        raise BadSeal(f"a field is not what a {KIND} has there") from None
    if not agreed or not signed:
        raise BadSeal("the digests of the files, the signature and the centre are not one and the same")
    return address, manifest


def findings(verdict: Verdict, name: Callable[[str], str]) -> list[dict[str, Any]]:
    """The findings as plain JSON, without evidence; one whose rule somebody let pass says who.

    name: line of a rule -> what waivers call it
    """
    return [_plain(f, name(f.line), verdict.waiver(f.line, f.code)) for f in verdict.findings]


def _plain(f: Finding, name: str, waiver: Waiver | None) -> dict[str, Any]:
    rule = {"rule": name, "line": f.line, "found": f.found, "expected": f.expected} if f.line else {}
    told = {"code": f.code, "severity": f.severity.name.lower(), "where": f.where, "says": f.says, "remedy": f.remedy}
    return {**told, **rule, **({"waived": _waived(waiver)} if waiver else {})}


def rulings(verdict: Verdict) -> list[dict[str, str]]:
    """What became of each rule of the protocol, as plain JSON."""
    return [{"line": r.line, "outcome": str(r.outcome), "says": r.says} for r in verdict.rulings]


def _waived(waiver: Waiver) -> dict[str, str]:
    told = {"by": waiver.person, "role": waiver.role, "at": waiver.at, "rule": waiver.check, "line": waiver.line}
    return {**told, "code": waiver.code}


def _counts(verdict: Verdict | None) -> dict[str, Any] | None:
    """By severity, of what stands; and what somebody let pass."""
    if verdict is None:
        return None
    counts = {s.name.lower(): sum(f.severity is s for f in verdict.standing) for s in Severity}
    return {**counts, "waived": [_waived(w) for w in verdict.waivers]} if verdict.waivers else counts

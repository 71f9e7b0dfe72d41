"""Reads trial protocols, and takes none that is not right from end to end."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from uploader.domain.automatic import automatic_subjects, parsed
from uploader.domain.errors import BadProtocol, NotFound, Refused, UnknownTrial, UnknownValidator
from uploader.domain.identity import Identity
from uploader.domain.private import Private
from uploader.domain.trial import LABEL, Check, Protocol
from uploader.linear import compiled
from uploader.protocols.consistency import contradictions, readable_contradictions
from uploader.protocols.document import Fault, read
from uploader.protocols.faults import Wrong, as_far_as_read, placed, unfitting
from uploader.protocols.privacy import Policy, contradicting
from uploader.protocols.rules import rules

SCHEMA = "schema.json"
VERSION = re.compile(r"v([1-9][0-9]*)")
MOST_FAULTS = 5
"""Faults of one protocol that an error tells; `uploader protocol check` tells all."""


class Protocols:
    """The protocols of the trials this site takes part in, all versions, read once."""

    def __init__(self, folder: Path, trials: Iterable[str]) -> None:
        """`folder` holds schema.json and ``<trial>/v<N>.json``; `trials` are those the settings name.

        Raises BadProtocol, UnknownTrial for a trial without a protocol.
        """
        schema = _json(folder / SCHEMA)
        self._folder = folder
        self._versions = {trial: _versions(folder, trial, schema) for trial in sorted(set(trials))}

    @property
    def trials(self) -> tuple[str, ...]:
        """Names of the trials, sorted."""
        return tuple(self._versions)

    def newest(self, trial: str, on: date | None = None) -> Protocol:
        """The version with the highest number of those that can be chosen on that day, by default today.

        Raises UnknownTrial, and Refused when there is none, with the reason of the highest number.
        """
        versions, day = self._of(trial), on or date.today()
        if still_open := open_on(versions, day):
            return still_open[-1]
        why = versions[-1].not_open(day)
        raise Refused(f"nothing can be sent to trial {trial}: its protocol {versions[-1].version} {why}")

    def open(self, on: date | None = None) -> Sequence[Protocol]:
        """Of each trial to which a session can be sent on that day, by default today, the version to choose."""
        day = on or date.today()
        trials = [trial for trial, versions in self._versions.items() if open_on(versions, day)]
        return [self.newest(trial, day) for trial in trials]

    def version(self, trial: str, version: str) -> Protocol:
        """One version, e.g. ``v2``. Raises UnknownTrial, NotFound."""
        for protocol in self._of(trial):
            if protocol.version == version:
                return protocol
        raise NotFound(f"trial {trial} has no protocol of that version; it has {_names(self._of(trial))}")

    def all(self) -> Sequence[Protocol]:
        """Every version of every trial, by trial and then by number."""
        return [protocol for versions in self._versions.values() for protocol in versions]

    def _of(self, trial: str) -> Sequence[Protocol]:
        if trial not in self._versions:
            raise UnknownTrial(self._absent(trial))
        return self._versions[trial]

    def _absent(self, trial: str) -> str:
        """Why there is no such trial here."""
        named = ", ".join(self.trials) or "none"
        if LABEL.fullmatch(trial) and any((self._folder / trial).glob("v*.json")):
            return f"trial {trial} has a protocol, but the setting `trials` does not name it; it names: {named}"
        return f"no protocol of that trial is installed; installed are: {named}"


def open_on(versions: Sequence[Protocol], day: date) -> Sequence[Protocol]:
    """Of the versions of a trial those that can be chosen on that day: none that another one superseded, though that
    one be suspended or over."""
    superseded = {version for protocol in versions if protocol.has_begun(day) for version in protocol.supersedes}
    return [p for p in versions if not p.not_open(day) and p.version not in superseded]


def load(path: Path, schema: Mapping[str, Any]) -> Protocol:
    """The protocol in `path`, which is ``<trial>/v<N>.json``.

    Raises BadProtocol, which names the file and for each of the first faults the line, the place as a JSON pointer
    (RFC 6901), and what was expected.
    """
    raw = _bytes(path)
    content, wrong = examined(path, raw, schema)
    if wrong:
        raise _bad(path, wrong)
    return _protocol(content, hashlib.sha256(raw).hexdigest(), schema)


def examined(path: Path, raw: bytes, schema: Mapping[str, Any]) -> tuple[Any, Sequence[Fault]]:
    """What the file `path` says, with all that is wrong in it, as far as what does not fit the schema can be read.

    Raises BadProtocol for what is not JSON.
    """
    content = _parsed(path, raw)
    wrong = list(unfitting(content, schema))
    if wrong:
        wrong += as_far_as_read(_misplaced(path, content))
        wrong += readable_contradictions(content, schema, {place for place, _ in wrong})
    else:
        wrong = [*_misplaced(path, content), *contradictions(content, schema)]
    subjects = _makes_subjects(content)
    return content, placed(raw, [*wrong, *(as_far_as_read(subjects) if wrong else subjects)])


def check(
    protocol: Protocol,
    validators: Collection[str],
    scripts: Path,
    policies: Path,
    read_policy: Callable[[Path], Policy] | None = None,
) -> None:
    """Raises UnknownValidator or BadProtocol when the protocol asks for a validator that is not among `validators`,
    for a script or a policy that is not a file below its folder, or for privacy that its policy does not give.

    Of a draft nothing is asked: no session can be under it.
    """
    where = f"protocol {protocol.trial} {protocol.version}"
    if protocol.status == "draft":
        return
    unknown = [name for name in protocol.validators if name not in validators]
    if unknown:
        raise UnknownValidator(
            f"{where} asks for validators that are not installed or not allowed: {', '.join(unknown)}; "
            f"allowed are: {', '.join(sorted(validators)) or 'none'}"
        )
    for pointer, says in unserved(protocol.content, scripts, policies, read_policy):
        raise BadProtocol(f"{where}: at {pointer}: {says}")


def unserved(
    content: Mapping[str, Any], scripts: Path, policies: Path, read_policy: Callable[[Path], Policy] | None = None
) -> Iterator[Wrong]:
    """What the document of a protocol asks of scripts and privacy policy, and does not get."""
    missing = [name for name in content["scripts"] if not (scripts / name).is_file()]
    if missing:
        yield "/scripts", f"not in the folder of DicomEdit scripts: {', '.join(missing)}"
    name = content.get("policy", "basic")
    policy = policies / f"{name}.json"
    if not policy.is_file():
        yield "/policy", f"not in the folder of privacy policies: {name}"
    elif read_policy is not None and "privacy" in content:
        yield from contradicting(content, read_policy(policy))


def _versions(folder: Path, trial: str, schema: Mapping[str, Any]) -> Sequence[Protocol]:
    if not LABEL.fullmatch(trial) or not (folder / trial).is_dir():
        known = sorted(p.parent.name for p in folder.glob("*/v*.json"))
        raise UnknownTrial(
            f"the settings name a trial without a protocol: {trial!r}; "
            f"there are protocols of: {', '.join(dict.fromkeys(known)) or 'none'}"
        )
    found = [load(path, schema) for path in (folder / trial).glob("*.json")]
    if not found:
        raise UnknownTrial(f"trial {trial} has no protocol: expected {trial}/v1.json in the folder of protocols")
    return sorted(found, key=lambda protocol: int(protocol.version[1:]))


def _protocol(content: Mapping[str, Any], digest: str, schema: Mapping[str, Any]) -> Protocol:
    """The protocol of a document that fits the schema."""
    return Protocol(
        trial=content["trial"],
        version=content["version"],
        digest=digest,
        title=content["title"],
        sponsor=content["sponsor"],
        subject_pattern=content["subject_id"]["pattern"],
        subject_example=content["subject_id"]["example"],
        session_label=content["session_label"],
        checks=tuple(Check(c["validator"], c.get("params", {})) for c in content.get("checks", ())),
        scripts=tuple(content["scripts"]),
        max_shift_days=content["dates"]["max_shift_days"],
        project=content["project"],
        policy=content.get("policy", "basic"),
        institution_is_site=content.get("institution_is_site", False),
        subject_check=content["subject_id"].get("check_digit", ""),
        subject_automatic=content["subject_id"].get("automatic", ""),
        content=content,
        rules=tuple(rules(content, schema)),
        status=content.get("status", "active"),
        valid_from=date.fromisoformat(content.get("valid_from", str(date.min))),
        valid_to=date.fromisoformat(content.get("valid_to", str(date.max))),
        subject_fits=compiled(content["subject_id"]["pattern"]).fullmatch,
    )


def _misplaced(path: Path, content: Mapping[str, Any]) -> Iterator[Wrong]:
    if content["trial"] != path.absolute().parent.name:
        yield "/trial", "is not the name of the folder"
    if content["version"] != path.stem or not VERSION.fullmatch(path.stem):
        yield "/version", "is not the name of the file without .json"


def _makes_subjects(content: Mapping[str, Any]) -> Iterator[Wrong]:
    """A template that makes no ID of the trial."""
    place = "/subject_id/automatic"
    if "automatic" not in content["subject_id"]:
        return
    protocol = _protocol(content, "", {})  # of its rules none is needed
    if ("{check}" in protocol.subject_automatic) != bool(protocol.subject_check):
        yield place, "must end with {check} if there is /subject_id/check_digit, and only then"
        return
    nobody = Private(Identity("nobody", "", ""))
    try:
        parsed(protocol.subject_automatic)
        next(automatic_subjects(b"", nobody, protocol))
    except ValueError as error:
        yield place, str(error)
    except Refused:
        yield place, "makes no ID that matches /subject_id/pattern"


def _json(path: Path) -> Mapping[str, Any]:
    content = _parsed(path, _bytes(path))
    if not isinstance(content, dict):
        raise _bad(path, [Fault(1, "", "is not a JSON object")])
    return content


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadProtocol(f"{path.parent.name}/{path.name}: cannot be read: {error.strerror}") from None


def _parsed(path: Path, raw: bytes) -> Any:
    try:
        return read(raw)
    except ValueError as error:
        raise BadProtocol(f"{path.parent.name}/{path.name}: {error}") from None


def _bad(path: Path, wrong: Sequence[Fault]) -> BadProtocol:
    shown = "; ".join(str(fault) for fault in wrong[:MOST_FAULTS])
    more = f"; and {len(wrong) - MOST_FAULTS} more" if len(wrong) > MOST_FAULTS else ""
    return BadProtocol(f"{path.parent.name}/{path.name}: {shown}{more}")


def _names(protocols: Sequence[Protocol]) -> str:
    return ", ".join(protocol.version for protocol in protocols)

"""Reads trial protocols, and takes none that is not right from end to end."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from uploader.domain.automatic import automatic_subjects, parsed
from uploader.domain.errors import BadProtocol, NotFound, Refused, UnknownTrial, UnknownValidator
from uploader.domain.identity import Identity
from uploader.domain.private import Private
from uploader.domain.trial import LABEL, Check, Protocol
from uploader.protocols.rules import escaped, rules
from uploader.schema import fault

SCHEMA = "schema.json"
VERSION = re.compile(r"v([1-9][0-9]*)")


class Protocols:
    """The protocols of the trials this site takes part in, all versions, read once."""

    def __init__(self, folder: Path, trials: Iterable[str]) -> None:
        """`folder` holds schema.json and ``<trial>/v<N>.json``; `trials` are those the settings name.

        Raises BadProtocol, UnknownTrial for a trial without a protocol.
        """
        schema = _json(folder / SCHEMA)
        self._versions = {trial: _versions(folder, trial, schema) for trial in sorted(set(trials))}

    @property
    def trials(self) -> tuple[str, ...]:
        """Names of the trials, sorted."""
        return tuple(self._versions)

    def newest(self, trial: str) -> Protocol:
        """The version with the highest number. Raises UnknownTrial."""
        return self._of(trial)[-1]

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
            raise UnknownTrial(
                f"no protocol of that trial is installed; installed are: {', '.join(self.trials) or 'none'}"
            )
        return self._versions[trial]


def load(path: Path, schema: Mapping[str, Any]) -> Protocol:
    """The protocol in `path`, which is ``<trial>/v<N>.json``.

    Raises BadProtocol, which names the file, the place in it as a JSON pointer (RFC 6901), and what was expected.
    """
    raw = _bytes(path)
    content = _parsed(path, raw)
    if (wrong := fault(content, schema)) is not None:
        raise _bad(path, _pointer(wrong.absolute_path), wrong.message)
    protocol = _protocol(content, hashlib.sha256(raw).hexdigest(), schema)
    _consistent(path, protocol)
    return protocol


def check(protocol: Protocol, validators: Collection[str], scripts: Path, policies: Path) -> None:
    """Raises UnknownValidator or BadProtocol when the protocol asks for a validator that is not among `validators`
    or for a script or a policy that is not a file below its folder."""
    where = f"protocol {protocol.trial} {protocol.version}"
    asked = [*(c.validator for c in protocol.checks), *(rule.validator for rule in protocol.rules)]
    unknown = [name for name in dict.fromkeys(asked) if name not in validators]
    if unknown:
        raise UnknownValidator(
            f"{where} asks for validators that are not installed or not allowed: {', '.join(unknown)}; "
            f"allowed are: {', '.join(sorted(validators)) or 'none'}"
        )
    missing = [name for name in protocol.scripts if not (scripts / name).is_file()]
    if missing:
        raise BadProtocol(f"{where}: at /scripts: not in the folder of DicomEdit scripts: {', '.join(missing)}")
    if not (policies / f"{protocol.policy}.json").is_file():
        raise BadProtocol(f"{where}: at /policy: not in the folder of privacy policies: {protocol.policy}")


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
    )


def _consistent(path: Path, protocol: Protocol) -> None:
    """What a schema cannot say. Raises BadProtocol."""
    if protocol.trial != path.parent.name:
        raise _bad(path, "/trial", "is not the name of the folder")
    if protocol.version != path.stem or not VERSION.fullmatch(path.stem):
        raise _bad(path, "/version", "is not the name of the file without .json")
    names = [c.validator for c in protocol.checks]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise _bad(path, f"/checks/{index}/validator", f"{name} is asked for a second time")
    try:
        pattern = re.compile(protocol.subject_pattern)
    except re.error as error:
        raise _bad(path, "/subject_id/pattern", f"is not a regular expression: {error}") from None
    if not pattern.fullmatch(protocol.subject_example):
        raise _bad(path, "/subject_id/example", "does not match /subject_id/pattern")
    if not protocol.takes(protocol.subject_example):
        raise _bad(path, "/subject_id/example", "does not end with the character that /subject_id/check_digit makes")
    if protocol.subject_automatic:
        _makes_subjects(path, protocol)


def _makes_subjects(path: Path, protocol: Protocol) -> None:
    """Raises BadProtocol for a template that makes no ID of the trial."""
    place = "/subject_id/automatic"
    if ("{check}" in protocol.subject_automatic) != bool(protocol.subject_check):
        raise _bad(path, place, "must end with {check} if there is /subject_id/check_digit, and only then")
    nobody = Private(Identity("nobody", "", ""))
    try:
        parsed(protocol.subject_automatic)
        next(automatic_subjects(b"", nobody, protocol))
    except ValueError as error:
        raise _bad(path, place, str(error)) from None
    except Refused:
        raise _bad(path, place, "makes no ID that matches /subject_id/pattern") from None


def _json(path: Path) -> Mapping[str, Any]:
    content = _parsed(path, _bytes(path))
    if not isinstance(content, dict):
        raise _bad(path, "", "is not a JSON object")
    return content


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _bad(path, "", f"cannot be read: {error.strerror}") from None


def _parsed(path: Path, raw: bytes) -> Any:
    try:
        return json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise _bad(path, "", "is not UTF-8") from None
    except ValueError as error:
        raise _bad(path, "", f"is not JSON: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ: of two equal ones, JSON would keep the last in silence."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"the name {next(n for n in names if names.count(n) > 1)!r} occurs twice in one object")
    return dict(pairs)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _pointer(place: Iterable[str | int]) -> str:
    """RFC 6901."""
    return "".join("/" + escaped(str(part)) for part in place)


def _bad(path: Path, pointer: str, what: str) -> BadProtocol:
    return BadProtocol(f"{path.parent.name}/{path.name}: at {pointer or 'the top'}: {what}")


def _names(protocols: Sequence[Protocol]) -> str:
    return ", ".join(protocol.version for protocol in protocols)

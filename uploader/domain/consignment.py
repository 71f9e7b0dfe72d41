"""What a site says, signed, of a session it sent. Both documents lie beside the session at the centre:

consignment   which files left the site, under which trial, and that people signed them off
recall        that the site takes the session back

They name labels, digests and versions that this program made; no patient, no member of staff, no free text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from uploader.domain.canonical import canonical
from uploader.domain.errors import BadSeal
from uploader.domain.evidence import SignOff
from uploader.domain.manifest import Entry, Manifest

VERSION = 1
"""Of both documents; another is not believed."""
FOLDER = "UPLOADER"
"""Resource of the session that holds them."""
_PAPER = re.compile(rf"resources/{FOLDER}/files/(consignment|recall)-[0-9a-z]{{1,32}}\.json")
_NAME = re.compile(r"scans/[0-9A-Za-z_-]+/[0-9A-Za-z_-]+/[0-9A-Za-z._-]+")
_HEX64, _HEX32 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{32}")


def is_paper(name: str) -> bool:
    """Whether a file of a session, named as `Held` names it, is one of these documents and not of the session."""
    return _PAPER.fullmatch(name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """One session as its site sent it."""

    site: str
    """Short name of the hospital."""
    project: str
    """The site's own project at the centre."""
    submission: str
    trial: str
    """Clinical Trial Protocol ID (0012,0020) of every file."""
    protocol: str
    """Version, e.g. ``v1``."""
    protocol_digest: str
    subject: str
    session: str
    """Label under which it was sent; the centre may have given it another since."""
    signoff: str
    """SHA-256 of the sign-off that the site keeps, see `signoff_digest`."""
    manifest: Manifest

    @property
    def name(self) -> str:
        return f"consignment-{self.submission}.json"

    def document(self) -> dict[str, Any]:
        """Plain JSON, to be signed."""
        return {
            "kind": "uploader-consignment",
            "version": VERSION,
            "site": self.site,
            "project": self.project,
            "submission": self.submission,
            "trial": self.trial,
            "protocol": self.protocol,
            "protocol_digest": self.protocol_digest,
            "subject": self.subject,
            "session": self.session,
            "signoff": self.signoff,
            "digest": self.manifest.digest,
            "files": files_of(self.manifest),
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Consignment:
        """Of a document whose seal was opened. Raises BadSeal for anything that `document` would not write."""
        _check(document, "uploader-consignment", (*_WORDS, *_DIGESTS, "files"))
        manifest = manifest_of(document["files"])
        if manifest.digest != document["digest"]:
            raise BadSeal("the consignment's digest is not that of its files")
        return cls(manifest=manifest, **{name: document[name] for name in (*_WORDS, "protocol_digest", "signoff")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """A site takes back a session that it sent."""

    site: str
    project: str
    submission: str
    trial: str
    subject: str
    session: str
    digest: str
    """Of the manifest that was sent."""

    @property
    def name(self) -> str:
        return f"recall-{self.submission}.json"

    def concerns(self, consignment: Consignment) -> bool:
        """Whether it takes back what was consigned with this."""
        return (self.submission, self.digest) == (consignment.submission, consignment.manifest.digest)

    def document(self) -> dict[str, Any]:
        """Plain JSON, to be signed."""
        facts = {name: getattr(self, name) for name in (*_RECALLED, "digest")}
        return {"kind": "uploader-recall", "version": VERSION, **facts}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Recall:
        """As `Consignment.read`."""
        _check(document, "uploader-recall", (*_RECALLED, "digest"))
        return cls(**{name: document[name] for name in (*_RECALLED, "digest")})


_RECALLED = ("site", "project", "submission", "trial", "subject", "session")
_WORDS = (*_RECALLED, "protocol")
_DIGESTS = ("protocol_digest", "signoff", "digest")


def recall_of(consignment: Consignment) -> Recall:
    """What takes `consignment` back."""
    facts = {name: getattr(consignment, name) for name in _RECALLED}
    return Recall(**facts, digest=consignment.manifest.digest)


def signoff_digest(signoffs: Sequence[SignOff]) -> str:
    """SHA-256 over who signed what, when and as what: proves at an audit which sign-off was meant, and names nobody."""
    facts = [_facts(signoff) for signoff in signoffs]
    document = {"signoffs": facts} if any(signoff.role for signoff in signoffs) else facts[0]
    return sha256(canonical(document)).hexdigest()


def _facts(signoff: SignOff) -> dict[str, str]:
    """One of before there were roles as it was told then, so that its consignment stays the same to the byte."""
    names = ("person", "digest", "protocol_digest", "meaning") + (("role", "seen") if signoff.role else ())
    return {name: getattr(signoff, name) for name in names} | {"at": signoff.at.isoformat()}


def files_of(manifest: Manifest) -> list[dict[str, Any]]:
    """The entries as plain JSON."""
    return [{"name": e.name, "size": e.size, "sha256": e.sha256, "md5": e.md5} for e in manifest]


def manifest_of(files: object) -> Manifest:
    """What `files_of` wrote. Raises BadSeal for anything else."""
    if not isinstance(files, list) or not files or not all(_is_file(file) for file in files):
        raise BadSeal("the list of files is not one that this program writes")
    entries = [Entry(**file) for file in files]
    if len({entry.name for entry in entries}) != len(entries):
        raise BadSeal("the list of files names a file twice")
    return Manifest(frozenset(entries))


def _is_file(file: object) -> bool:
    if not isinstance(file, dict) or file.keys() != {"name", "size", "sha256", "md5"}:
        return False
    name, size, sha, md5 = (file[key] for key in ("name", "size", "sha256", "md5"))
    texts = all(isinstance(text, str) for text in (name, sha, md5))
    if not texts or type(size) is not int or size < 0:
        return False
    return bool(_NAME.fullmatch(name) and _HEX64.fullmatch(sha) and _HEX32.fullmatch(md5))


def _check(document: Mapping[str, Any], kind: str, fields: tuple[str, ...]) -> None:
    if document.get("kind") != kind:
        raise BadSeal(f"it is no {kind}")
    if type(document.get("version")) is not int or document["version"] != VERSION:
        raise BadSeal(f"it is a {kind} of another version than {VERSION}; update this program, or the site's")
    if document.keys() != {"kind", "version", *fields}:
        raise BadSeal(f"the fields are not those of a {kind}")
    if not all(isinstance(document[name], str) and document[name] for name in fields if name != "files"):
        raise BadSeal("a field is empty, or not text")
    if not all(_HEX64.fullmatch(document[name]) for name in fields if name in _DIGESTS):
        raise BadSeal("a digest is not one")

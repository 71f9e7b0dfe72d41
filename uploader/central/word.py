"""Which of the documents beside a session are believed. Pure: the same bytes and keys, the same word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from uploader.domain.consignment import Consignment, Recall
from uploader.domain.errors import BadSeal
from uploader.seal import PublicKey, opened, unsealed

Said = TypeVar("Said", Consignment, Recall)


class Reason(StrEnum):
    """Why a session waits. Permanent; docs/central.md says what to do about each."""

    NO_CONSIGNMENT = "no-consignment"
    SEVERAL_CONSIGNMENTS = "several-consignments"
    BAD_SEAL = "bad-seal"
    OTHER_SITE = "other-site"
    BAD_RECALL = "bad-recall"
    TWICE = "twice"
    OTHER_SUBJECT = "other-subject"
    MANIFEST_DIFFERS = "manifest-differs"
    NO_TRIAL = "no-trial"
    TRIAL_DIFFERS = "trial-differs"
    UNKNOWN_TRIAL = "unknown-trial"
    UNREADABLE = "unreadable"
    LABEL_TAKEN = "label-taken"
    ARCHIVE_REFUSED = "archive-refused"
    ARCHIVE_UNAVAILABLE = "archive-unavailable"


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why something is not as it must be, in a sentence."""

    reason: Reason
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site as the centre knows it."""

    name: str
    project: str
    keys: Sequence[PublicKey]
    """The key it signs with now, then former ones that are still believed."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a site says of one session."""

    consignment: Consignment | Wrong
    recall: Recall | Wrong | None


def word_of(papers: Mapping[str, bytes], site: Site) -> Word:
    """What the documents beside a session in the project of `site` say.

    papers: name -> bytes
    """
    consignment = _consignment(_called(papers, "consignment-"), site)
    return Word(consignment, _recall(_called(papers, "recall-"), site, consignment))


def _called(papers: Mapping[str, bytes], start: str) -> list[tuple[str, bytes]]:
    return [(name, data) for name, data in sorted(papers.items()) if name.startswith(start)]


def _consignment(found: Sequence[tuple[str, bytes]], site: Site) -> Consignment | Wrong:
    if not found:
        return Wrong(Reason.NO_CONSIGNMENT, "there is no word of the site beside it")
    if len(found) > 1:
        return Wrong(Reason.SEVERAL_CONSIGNMENTS, f"there are {len(found)} consignments beside it, where one belongs")
    return _believed(found[0], Consignment, site)


def _recall(found: Sequence[tuple[str, bytes]], site: Site, consignment: Consignment | Wrong) -> Recall | Wrong | None:
    """The one that is believed and takes back what was consigned, else the first that is believed: one is enough,
    whatever lies beside it."""
    read = [_believed(one, Recall, site) for one in found]
    believed = [one for one in read if isinstance(one, Recall)]
    meant = [one for one in believed if isinstance(consignment, Consignment) and one.concerns(consignment)]
    return next(iter(meant + believed), read[0] if read else None)


def _believed(found: tuple[str, bytes], kind: type[Said], site: Site) -> Said | Wrong:
    """The document, or why it is not believed."""
    name, data = found
    try:
        said = kind.read(_opened(data, site.keys))
    except BadSeal as error:
        return Wrong(Reason.BAD_SEAL, f"{name} is not believed: {error}")
    if (said.site, said.project) != (site.name, site.project):
        return Wrong(Reason.OTHER_SITE, f"{name} speaks of site {said.site} and project {said.project}")
    if said.name != name:
        return Wrong(Reason.BAD_SEAL, f"{name} is not believed: it speaks of submission {said.submission}")
    return said


def _opened(data: bytes, keys: Sequence[PublicKey]) -> dict[str, Any]:
    """Raises BadSeal unless one of `keys` signed it."""
    named = unsealed(data)["key"]
    return opened(data, next((key for key in keys if key.fingerprint == named), keys[0]))

"""What XNAT's answers say: tables, items and the files in them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from uploader.archives.xnat.client import Answer
from uploader.domain.errors import ArchiveRefused, ArchiveUnavailable

MADE_BY_XNAT = frozenset({"SNAPSHOTS"})
"""Resources that XNAT itself adds to a scan when somebody looks at the session. They are no part of it."""

_DUPLICATES = re.compile(r'\{\s*"duplicates"\s*:\s*(\[[^\]]*\])\s*\}')


@dataclass(frozen=True, slots=True)
class Item:
    """One subject or session. `subject` is the accession ID of a session's subject, empty for a subject."""

    id: str
    label: str
    project: str
    subject: str


@dataclass(frozen=True, slots=True)
class File:
    """One row of a file listing.

    scan: empty when the file belongs to no scan
    digest: MD5, lower case; empty on sites that keep none
    """

    scan: str
    resource: str
    path: str
    size: int
    digest: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The path below the session's URL."""
        scan = ("scans", self.scan) if self.scan else ()
        return (*scan, "resources", self.resource, "files", *self.path.split("/"))

    @property
    def name(self) -> str:
        """The name an Entry would have: ``scans/3/DICOM/0001.dcm``."""
        return "/".join(("scans", self.scan, self.resource, self.path) if self.scan else self.parts)


def item(name: str, answer: Answer) -> Item:
    """Raises ArchiveRefused when the answer is no item."""
    try:
        fields = _parsed(name, answer)["items"][0]["data_fields"]
        return Item(fields["ID"], fields["label"], fields["project"], fields.get("subject_ID", ""))
    except (KeyError, IndexError, TypeError, AttributeError):
        raise _unexpected(name, "one object") from None


def table(name: str, answer: Answer) -> list[dict[str, str]]:
    """The rows. Raises ArchiveRefused for anything else: XNAT ignores the tail of a path that it does not know,
    and answers with what stands before it."""
    try:
        rows = _parsed(name, answer)["ResultSet"]["Result"]
        return [{str(k): str(v) for k, v in row.items()} for row in rows]
    except (KeyError, TypeError, AttributeError):
        raise _unexpected(name, "a listing") from None


def files(name: str, answer: Answer) -> Iterator[File]:
    """The files of a listing, without those that XNAT makes itself."""
    for row in table(name, answer):
        try:
            file = _file(row)
        except (KeyError, ValueError):
            raise _unexpected(name, "a listing of files") from None
        if not (file.scan and file.resource in MADE_BY_XNAT):
            yield file


def duplicates(answer: Answer) -> frozenset[str]:
    """The names that an upload says were there already: XNAT with status 200 and JSON called HTML,
    the embedded archive with status 409 and the same JSON inside a page."""
    found = _DUPLICATES.search(html.unescape(answer.body.decode("utf-8", "replace")))
    try:
        return frozenset(map(str, json.loads(found[1]))) if found else frozenset()
    except (ValueError, TypeError):
        return frozenset()


def _file(row: dict[str, str]) -> File:
    above, separator, below = row["URI"].partition("/files/")
    if not separator or not below:
        raise ValueError("not a file's address")
    _, _, scan = above.partition("/scans/")
    scan = unquote(scan.split("/")[0])
    resource = row.get("collection") or unquote(above.rsplit("/resources/", 1)[-1])
    if scan == "ALL" or "," in scan:
        raise ValueError("the scan is not named")
    return File(scan, resource, unquote(below), int(row["Size"]), row.get("digest", "").lower())


def _parsed(name: str, answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        raise ArchiveUnavailable(f"{name}: the answer to a question is not JSON") from None


def _unexpected(name: str, wanted: str) -> ArchiveRefused:
    return ArchiveRefused(f"{name}: the archive answered with something else than {wanted}; is it an XNAT?")

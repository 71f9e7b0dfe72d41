"""A study on its way in: staged files, sorted by series."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field

from werkzeug.exceptions import BadRequest

from uploader.archives.embedded import headers
from uploader.archives.embedded.routing import ANYWHERE, Routing, completed
from uploader.archives.embedded.store import Store
from uploader.archives.embedded.unpack import Member
from uploader.archives.embedded.vault import Staged
from uploader.domain.errors import UnreadableFile

DICOMDIR = "1.2.840.10008.1.3.10"
"""SOP Class of a DICOMDIR, which is a table of contents and not an image."""
_UID = re.compile(r"[0-9.]{1,64}")


@dataclass(slots=True)
class Series:
    """One series. `files`: name in the scan's resource -> staged file."""

    uid: str
    number: str
    modality: str
    type: str
    fields: dict[str, str]
    files: dict[str, Staged] = field(default_factory=dict)


@dataclass(slots=True)
class Study:
    """One study. `project`, `subject`, `label`: where it belongs, see `routing`; `series` by UID."""

    uid: str
    project: str
    subject: str
    label: str
    fields: dict[str, str]
    series: dict[str, Series] = field(default_factory=dict)

    @property
    def types(self) -> set[str]:
        """xsiTypes of its scans."""
        return {series.type for series in self.series.values()}


def gather(
    store: Store, members: Iterable[Member], undo: ExitStack, skip_foreign: bool, routing: Routing = ANYWHERE
) -> Study:
    """The study in an upload. What is staged is removed by `undo` unless it is put in its place.

    skip_foreign: leave out what is not DICOM instead of refusing all
    routing: where the study belongs, as far as its sender says; its first file's header says the rest
    Raises BadRequest for a file that is not DICOM, for two studies in one upload, and for an upload without images.
    """
    study: Study | None = None
    place = routing
    for number, (_, data) in enumerate(members, 1):
        staged = store.vault.stage(data)
        undo.callback(staged.path.unlink, missing_ok=True)
        try:
            head = headers.read(staged.path)
        except UnreadableFile:
            if skip_foreign:
                continue
            raise BadRequest(
                f"unable to read DICOM object (file {number} of the upload); nothing was stored."
            ) from None
        if headers.text(head, "SOPClassUID") != DICOMDIR:
            place = completed(place, head)
            study = _with(study, place, head, staged, number)
    if study is None:
        raise BadRequest("The upload did not include parseable files.")
    return study


def _with(study: Study | None, place: Routing, head: headers.Header, staged: Staged, number: int) -> Study:
    uids = [headers.text(head, k) for k in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")]
    if not all(_UID.fullmatch(uid) for uid in uids):
        raise BadRequest(f"unable to read DICOM object (file {number} of the upload): a UID is missing or malformed.")
    if study is None:
        study = Study(uids[0], place.project, place.subject, place.session, headers.session_fields(head))
    if study.uid != uids[0]:
        raise BadRequest("Upload included files for multiple imaging sessions.")
    series = study.series.get(uids[1])
    if series is None:
        series = study.series[uids[1]] = _series(head)
    name = f"{uids[2]}.dcm"
    if name in series.files and series.files[name].md5 != staged.md5:
        raise BadRequest(f"File {number} of the upload has the SOP Instance UID of another one, but not its bytes.")
    series.files[name] = staged
    return study


def _series(head: headers.Header) -> Series:
    return Series(
        headers.text(head, "SeriesInstanceUID"),
        headers.text(head, "SeriesNumber"),
        headers.text(head, "Modality"),
        headers.scan_type(head),
        headers.scan_fields(head),
    )

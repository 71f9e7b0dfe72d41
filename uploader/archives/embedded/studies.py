"""A study on its way in: staged files, run through the scripts that are due, sorted by series."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field

from werkzeug.exceptions import BadRequest, Conflict

from uploader.archives.embedded import headers, scripting
from uploader.archives.embedded.routing import ANYWHERE, Routing, completed
from uploader.archives.embedded.scripting import Rejected, Script
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

    @property
    def files(self) -> list[Staged]:
        """All its files."""
        return [staged for series in self.series.values() for staged in series.files.values()]


def gather(
    store: Store,
    members: Iterable[Member],
    undo: ExitStack,
    skip_foreign: bool,
    routing: Routing = ANYWHERE,
    *,
    skip_previews: bool = False,
) -> Study:
    """The study in an upload, as the scripts that run at receipt make it: nothing of it is kept as it came.

    What is staged is removed by `undo` unless it is put in its place.
    skip_foreign: leave out what is not DICOM, and what a script rejects, instead of refusing all
    skip_previews: leave out what is not DICOM and lies below a folder ``SNAPSHOTS``: pictures that an XNAT makes of
        scans, and puts into its zips
    routing: where the study belongs, as far as its sender says; its first file's header, as it came, says the rest
    Raises BadRequest for a file that is not DICOM or that a script rejects, for two studies in one upload, and for an
    upload without images.
    """
    study: Study | None = None
    place = routing
    scripts = scripting.at_receipt(store, routing.anonymise, routing.script)
    for number, (name, data) in enumerate(members, 1):
        staged = store.vault.stage(data)
        undo.callback(staged.path.unlink, missing_ok=True)
        which = f"file {number} of the upload"
        try:
            head = headers.read(staged.path)
            if headers.text(head, "SOPClassUID") == DICOMDIR:
                continue
            place = completed(place, head)
            if scripts:
                staged, head = _edited(store, scripts, staged, place.variables, undo, which)
        except (UnreadableFile, Rejected) as error:
            preview = skip_previews and isinstance(error, UnreadableFile) and "SNAPSHOTS" in name.split("/")
            if skip_foreign or preview:
                continue
            raise _refusal(error, which) from None
        study = _with(study, place, head, staged, which)
    if study is None:
        raise BadRequest("The upload did not include parseable files.")
    return study


def edited(store: Store, study: Study, scripts: list[Script], undo: ExitStack, skip_rejected: bool) -> Study:
    """The study as scripts make it that run when it goes into the archive. Its staged files are used up.

    skip_rejected: leave out what a script rejects, instead of refusing all
    Raises Conflict when a script rejects a file, rejects all, or cannot be carried out.
    """
    made: Study | None = None
    place = Routing(study.project, study.subject, study.label)
    for number, staged in enumerate(study.files, 1):
        which = f"file {number} of the session"
        try:
            kept, head = _edited(store, scripts, staged, place.variables, undo, which)
        except Rejected as error:
            if skip_rejected:
                continue
            raise Conflict(f"{error}; nothing was archived. Ignore-Unparsable=true leaves such files out.") from None
        except UnreadableFile as error:
            raise Conflict(f"Anonymization failed; nothing was archived. {which}: {error}") from None
        made = _with(made, place, head, kept, which)
    if made is None:
        raise Conflict("Empty sessions cannot be archived: the project's script rejects every file.")
    return made


def _edited(
    store: Store, scripts: list[Script], staged: Staged, variables: dict[str, str], undo: ExitStack, which: str
) -> tuple[Staged, headers.Header]:
    for script in scripts:
        staged = script.run(store, staged, variables, undo, which)
    return staged, headers.read(staged.path)


def _refusal(error: UnreadableFile | Rejected, which: str) -> BadRequest:
    if isinstance(error, Rejected):
        return BadRequest(f"{error}; nothing was stored. Ignore-Unparsable=true leaves such files out.")
    return BadRequest(f"unable to read DICOM object ({which}); nothing was stored.")


def _with(study: Study | None, place: Routing, head: headers.Header, staged: Staged, which: str) -> Study:
    uids = [headers.text(head, k) for k in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")]
    if not all(_UID.fullmatch(uid) for uid in uids):
        raise BadRequest(f"unable to read DICOM object ({which}): a UID is missing or malformed.")
    if study is None:
        study = Study(uids[0], place.project, place.subject, place.session, headers.session_fields(head))
    if study.uid != uids[0]:
        raise BadRequest("Upload included files for multiple imaging sessions.")
    series = study.series.get(uids[1])
    if series is None:
        series = study.series[uids[1]] = _series(head)
    name = f"{uids[2]}.dcm"
    if name in series.files and series.files[name].md5 != staged.md5:
        raise BadRequest(f"There is another file with the SOP Instance UID of {which}, and other bytes.")
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

"""What a session's row takes from the headers of its stored DICOM files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from uploader import dicom
from uploader.archives.embedded import dicomtypes, find, resources, scans
from uploader.archives.embedded.database import Row, fields
from uploader.archives.embedded.store import Store
from uploader.domain.errors import UnreadableFile

Header = Mapping[str, Any]


def pull(store: Store, session: Row) -> None:
    """Read date, UIDs, modalities, descriptions and frames anew from the stored files.

    Of each scan, the header of its first readable DICOM file speaks for all. Names of the patient are not taken.
    """
    with store.lock(f"session:{session['id']}"):
        found = [(row, files) for row in scans.of(store, session) if (files := _files(store, session, row))]
        heads = [(row, files, head) for row, files in found if (head := _first_header(files)) is not None]
        with store.database.write() as c:
            for row, files, head in heads:
                known = fields(row) | scan_fields(head) | {"frames": str(_frames(files, head))}
                sql = "UPDATE scans SET uid = ?, fields = ? WHERE pk = ?"
                c.execute(sql, (known.get("UID", row["uid"]), json.dumps(known), row["pk"]))
            if heads:
                known = fields(session) | session_fields(heads[0][2])
                c.execute("UPDATE experiments SET fields = ? WHERE id = ?", (json.dumps(known), session["id"]))


def scan_fields(head: Header) -> dict[str, str]:
    """A scan's fields, of the header of one of its files."""
    kept = {
        "UID": text(head, "SeriesInstanceUID"),
        "modality": text(head, "Modality"),
        "series_description": text(head, "SeriesDescription"),
        "type": text(head, "SeriesDescription") or text(head, "Modality"),
        "start_date": _date(text(head, "SeriesDate")),
    }
    return {name: value for name, value in kept.items() if value}


def session_fields(head: Header) -> dict[str, str]:
    """A session's fields, of the header of one of its files."""
    kept = {
        "UID": text(head, "StudyInstanceUID"),
        "date": _date(text(head, "StudyDate")),
        "time": _time(text(head, "StudyTime")),
        "modality": text(head, "Modality"),
    }
    return {name: value for name, value in kept.items() if value}


def read(path: Path) -> Header:
    """Header of a DICOM file, without its sequences. Raises UnreadableFile."""
    with path.open("rb") as stream:
        return dicom.header(dicom.read_header(stream), sequences=False)


def text(head: Header, keyword: str) -> str:
    """The attribute as text; empty when it is missing, or not a single value."""
    value = head.get(keyword)
    return "" if value is None or isinstance(value, list) else str(value).strip()


def scan_type(head: Header) -> str:
    """The xsiType that a series with this header becomes."""
    return dicomtypes.scan_type(text(head, "Modality"), text(head, "SOPClassUID"))


def _files(store: Store, session: Row, row: Row) -> list[Path]:
    with store.database.read() as c:
        holder = find.scan_holder(c, session, row)
        folders = [resources.folder(holder, r) for r in resources.of(c, holder) if r["label"] in ("DICOM", "secondary")]
    root = store.vault.root
    return [root / folder / found.path for folder in folders for found in store.vault.look(folder)]


def _first_header(files: list[Path]) -> Header | None:
    for path in files:
        try:
            return read(path)
        except UnreadableFile:
            continue
    return None


def _frames(files: list[Path], head: Header) -> int:
    """Images in the scan: frames of a single multi-frame file, else as many as files."""
    frames = text(head, "NumberOfFrames")
    return int(frames) if len(files) == 1 and frames.isdigit() else len(files)


def _date(value: str) -> str:
    """DA ``20260131`` -> ``2026-01-31``; empty when it is not a date."""
    return f"{value[:4]}-{value[4:6]}-{value[6:8]}" if len(value) == 8 and value.isdigit() else ""


def _time(value: str) -> str:
    """TM ``101530.5`` -> ``10:15:30``; empty when it is not a time."""
    return f"{value[:2]}:{value[2:4]}:{value[4:6]}" if len(value) >= 6 and value[:6].isdigit() else ""

"""Which series lies in which resource: what a listing of studies needs, one header a resource.

A scan's resource holds one series; the first file that can be read speaks for all. What is remembered is believed
while no folder of the resource has changed, so that a project of many sessions is listed without opening its files.
Nothing of the patient is remembered here.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable, Set
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from sqlite3 import Connection

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from uploader import dicom
from uploader.archives.embedded import find, headers
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.store import Store
from uploader.domain.errors import UnreadableFile

UID = re.compile(r"[0-9.]{1,64}")
"""What a UID looks like, in files and in addresses."""
LABELS = ("DICOM", "secondary")
"""Resources of a scan that hold its images."""
BATCH = 500
"""Resources that are remembered in one transaction."""
_TOLD = frozenset(map(Tag, ("StudyInstanceUID", "SeriesInstanceUID", "Modality")))
SETTLED_SECONDS = 2
"""A folder changed less than this ago may change again without a new time: file systems count in ticks."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One resource with images.

    folder: below the archive's root
    first: the file that speaks for it, inside the folder; empty when none can be read
    count: files
    """

    resource: int
    session: str
    folder: str
    stamp: str = ""
    study: str = ""
    series: str = ""
    modality: str = ""
    first: str = ""
    count: int = 0


def of_project(store: Store, project: str) -> list[Shelf]:
    """The resources with images of all sessions that are visible in the project, by session and scan."""
    with store.database.read() as c:
        known = _known(c, project)
    root = store.vault.root
    changed = (shelf for shelf in known if not unchanged(root / shelf.folder, shelf.stamp))
    fresh: dict[int, Shelf] = {}
    while batch := [_look(store, shelf) for shelf in islice(changed, BATCH)]:
        _remember(store, batch)
        fresh |= {shelf.resource: shelf for shelf in batch}
    return [fresh.get(shelf.resource, shelf) for shelf in known]


def unchanged(folder: Path, stamp: str) -> bool:
    """Whether no folder of the resource has changed since it was stamped."""
    seen: dict[str, str] = json.loads(stamp) if stamp else {}
    try:
        return bool(seen) and all(_stamp((folder / name).stat()) == was for name, was in seen.items())
    except FileNotFoundError:
        return False


def stamped(folder: Path) -> str:
    """The stamp of a resource's folders as they are now; empty when one is too fresh to tell."""
    seen = {str(Path(place).relative_to(folder)): Path(place).stat() for place, _, _ in os.walk(folder)}
    if any(stat.st_mtime > time.time() - SETTLED_SECONDS for stat in seen.values()):
        return ""
    return json.dumps({name: _stamp(stat) for name, stat in seen.items()}) if seen else ""


def _known(c: Connection, project: str) -> list[Shelf]:
    sql = (
        "SELECT r.pk, r.label, s.id AS scan, e.id AS session, e.project, e.label AS folder, h.* "
        "FROM experiments e JOIN scans s ON s.session = e.id JOIN resources r ON r.holder = 'scan:' || s.pk "
        "LEFT JOIN shelves h ON h.resource = r.pk WHERE r.label IN (?, ?) AND (e.project = ? OR e.id IN "
        "(SELECT id FROM shares WHERE kind = 'experiment' AND project = ?)) ORDER BY e.id, s.pk, r.pk"
    )
    rows = c.execute(sql, (*LABELS, project, project)).fetchall()
    return [_shelf(row) for row in rows]


def _folder(row: Row) -> str:
    return f"{find.session_folder(row['project'], row['folder'])}/SCANS/{row['scan']}/{row['label']}"


def _shelf(row: Row) -> Shelf:
    shelf = Shelf(row["pk"], row["session"], _folder(row))
    if row["resource"] is None:
        return shelf
    known = {name: row[name] for name in ("stamp", "study", "series", "modality", "first", "count")}
    return replace(shelf, **known)


def _look(store: Store, shelf: Shelf) -> Shelf:
    """The shelf as it is on the disk now."""
    stamp = stamped(store.vault.root / shelf.folder)  # before the files: what changes meanwhile is seen next time
    names = [found.path for found in store.vault.look(shelf.folder)]
    study, series, modality, first = _speaker(store.vault.root / shelf.folder, names)
    return Shelf(shelf.resource, shelf.session, shelf.folder, stamp, study, series, modality, first, len(names))


def _remember(store: Store, seen: list[Shelf]) -> None:
    """Keep what was seen of resources that are still there."""
    sql = (
        "INSERT OR REPLACE INTO shelves SELECT :resource, :stamp, :study, :series, :modality, :first, :count "
        "WHERE EXISTS (SELECT 1 FROM resources WHERE pk = :resource)"
    )
    with store.database.write() as c:
        c.executemany(sql, [asdict(shelf) for shelf in seen])


def _speaker(folder: Path, names: Iterable[str]) -> tuple[str, str, str, str]:
    """(study, series, modality, name) of the first file that is an image; four empty texts when none is."""
    for name in names:
        try:
            head, _ = header(folder / name, _TOLD)
        except (UnreadableFile, FileNotFoundError):
            continue
        uids = [headers.text(head, keyword) for keyword in ("StudyInstanceUID", "SeriesInstanceUID")]
        if all(map(UID.fullmatch, uids)):
            return uids[0], uids[1], headers.text(head, "Modality"), name
    return "", "", "", ""


def header(path: Path, wanted: Set[BaseTag]) -> tuple[headers.Header, str]:
    """(attributes, transfer syntax) of a file; only what is wanted is decoded. Raises UnreadableFile."""
    with path.open("rb") as stream:
        dataset = dicom.read_header(stream)
    kept = Dataset()
    for tag in wanted & dataset.keys():
        kept[tag] = dataset.get_item(tag)
    return dicom.header(kept), str(dataset.file_meta.TransferSyntaxUID)


def _stamp(stat: os.stat_result) -> str:
    return f"{stat.st_mtime_ns}.{stat.st_ino}"

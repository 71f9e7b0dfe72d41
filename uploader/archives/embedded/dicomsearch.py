"""What QIDO-RS looks through: studies, series and instances, with as few files opened as a question allows.

Source: PS3.18 10.6.3.3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from uploader import dicom
from uploader.archives.embedded import dicomjson, instances, rights, shelves
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.dicomjson import Json
from uploader.archives.embedded.instances import FACTS, Instance
from uploader.archives.embedded.qido import tag
from uploader.archives.embedded.shelves import Shelf
from uploader.archives.embedded.store import Store
from uploader.domain.errors import UnreadableFile


def _tags(*keywords: str) -> frozenset[str]:
    return frozenset(found for keyword in keywords if (found := tag(keyword)))


_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
STUDY = _tags(
    *("SpecificCharacterSet", "StudyDate", "StudyTime", "AccessionNumber", "ModalitiesInStudy"),
    *("ReferringPhysicianName", "TimezoneOffsetFromUTC", "StudyDescription", "StudyInstanceUID", "StudyID"),
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"),
)
SERIES = _tags(
    *("SpecificCharacterSet", "Modality", "TimezoneOffsetFromUTC", "SeriesDescription", "SeriesDate", "SeriesTime"),
    *("StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "NumberOfSeriesRelatedInstances"),
    *("PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime"),
)
INSTANCE = _tags(*_UIDS, "SOPClassUID", "Modality", *FACTS)
_KEPT = STUDY | SERIES


@dataclass(frozen=True, slots=True)
class Hit:
    """One study, series or instance.

    uids: Study, Series and SOP Instance UID, as far down as it goes
    known: attributes that are known without opening a file
    decided: tags of which `known` tells all, also that they are missing
    usual: tags of an answer
    path, stamp: a file that speaks for it
    """

    uids: tuple[str, ...]
    known: Json
    decided: frozenset[str]
    usual: frozenset[str]
    path: Path
    stamp: str

    def about(self, tags: Collection[str]) -> Json:
        """Attributes, those of these tags among them where there are any."""
        if self.decided.issuperset(tags):
            return self.known
        return (_common(self.path, self.stamp) if _KEPT.issuperset(tags) else everything(self.path)) | self.known


def studies(store: Store, user: User, project: str) -> list[Hit]:
    """The studies of the project, shared ones among them. Raises NotFound, Forbidden."""
    found = sorted(_all(store, user, project), key=lambda s: s.study)  # stable: the first session speaks
    return [_study(store, study, list(group)) for study, group in groupby(found, lambda s: s.study)]


def series(store: Store, user: User, project: str, study: str = "") -> list[Hit]:
    """The series of the study, or of all. Raises NotFound, also for an unknown study."""
    if not study:
        found = sorted(_all(store, user, project), key=lambda s: (s.study, s.series))
        return [_shelved(store, list(group)) for _, group in groupby(found, lambda s: (s.study, s.series))]
    objects = instances.of_study(store, user, project, study)
    return [_series(list(group)) for _, group in groupby(objects, lambda i: i.series)]


def objects(store: Store, user: User, project: str, study: str = "", series: str = "") -> list[Hit]:
    """The instances of the series, of the study, or of all. Raises NotFound, also for an unknown study."""
    if study:
        return [_instance(i) for i in instances.of_study(store, user, project, study, series)]
    return [_instance(i) for i in instances.within(store, _all(store, user, project))]


def everything(path: Path) -> Json:
    """All attributes of the file's header; large values are left out."""
    try:
        with path.open("rb") as stream:
            found = dicomjson.attributes(dicom.read_header(stream), lambda trail: "")
    except (UnreadableFile, FileNotFoundError):
        return {}
    return {tag: element for tag, element in found.items() if "BulkDataURI" not in element}


@lru_cache(8192)
def _common(path: Path, stamp: str) -> Json:
    """What a study or a series is described by, of the file as it was at `stamp`; in memory only."""
    return {tag: element for tag, element in everything(path).items() if tag in _KEPT}


def _all(store: Store, user: User, project: str) -> Iterable[Shelf]:
    with store.database.read() as c:
        rights.require(c, user, "read", project)
    return [shelf for shelf in shelves.of_project(store, project) if shelf.study]


def _study(store: Store, uid: str, group: list[Shelf]) -> Hit:
    known = _known(
        StudyInstanceUID=uid,
        ModalitiesInStudy=sorted({shelf.modality for shelf in group if shelf.modality}),
        NumberOfStudyRelatedSeries=len({shelf.series for shelf in group}),
        NumberOfStudyRelatedInstances=sum(shelf.count for shelf in group),
    )
    return _hit((uid,), known, STUDY, store.vault.root / group[0].folder / group[0].first, group[0].stamp)


def _shelved(store: Store, group: list[Shelf]) -> Hit:
    first, path = group[0], store.vault.root / group[0].folder / group[0].first
    known = _of_series(first.study, first.series, first.modality, sum(shelf.count for shelf in group))
    return _hit((first.study, first.series), known, STUDY | SERIES, path, first.stamp)


def _series(group: list[Instance]) -> Hit:
    first = group[0]
    known = _of_series(first.study, first.series, first.modality, len(group))
    return _hit((first.study, first.series), known, SERIES, first.path, first.stamp)


def _of_series(study: str, series: str, modality: str, count: int) -> Json:
    return _known(
        StudyInstanceUID=study, SeriesInstanceUID=series, Modality=modality, NumberOfSeriesRelatedInstances=count
    )


def _instance(found: Instance) -> Hit:
    uids = (found.study, found.series, found.uid)
    named = dict(zip(_UIDS, uids, strict=True)) | {"SOPClassUID": found.kind, "Modality": found.modality}
    return Hit(uids, _known(**named, **found.facts), INSTANCE, INSTANCE, found.path, found.stamp)


def _hit(uids: tuple[str, ...], known: Json, usual: frozenset[str], path: Path, stamp: str) -> Hit:
    return Hit(uids, known, frozenset(known), usual, path, stamp)


def _known(**values: object) -> Json:
    """Attributes by keyword -> by tag, empty ones left out."""
    found: Json = {}
    for keyword, value in values.items():
        if (number := tag(keyword)) and value not in ("", []):
            found[number] = {"vr": _VRS.get(keyword, "IS"), "Value": value if isinstance(value, list) else [value]}
    return found


_VRS = {
    **dict.fromkeys((*_UIDS, "SOPClassUID"), "UI"),
    **dict.fromkeys(("Modality", "ModalitiesInStudy"), "CS"),
    **dict.fromkeys(("Rows", "Columns", "BitsAllocated"), "US"),
}

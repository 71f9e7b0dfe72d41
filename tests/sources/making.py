"""Small DICOM files and zips, made to be sorted."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, RTDoseStorage, RTPlanStorage, RTStructureSetStorage

from uploader.domain.arrival import Arrival
from uploader.sources.folder import FolderSource, Limits
from uploader.stages.ingest.intake import Intake

LIMITS = Limits(max_files=100, max_bytes=10_000_000, max_ratio=200, max_depth=2)


class Clock:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Site:
    """A watched folder, its intake, and a clock that tests move."""

    def __init__(self, root: Path, known: frozenset[str] = frozenset()) -> None:
        self.root = root
        self.drop = root / "drop"
        self.drop.mkdir(exist_ok=True)
        self.known = set(known)
        self.clock = Clock()
        self.restart()

    def restart(self) -> None:
        self.source = FolderSource(self.drop, 10, LIMITS, self.clock)
        self.intake = Intake(self.source, self.root / "spool", self.root / "quarantine", self.known.issuperset)

    def later(self, seconds: float = 11) -> list[Arrival]:
        """Look, let time pass, look again; every arrival once."""
        first = self.intake.poll()
        self.clock.now += seconds
        return list({a.submission: a for a in (*first, *self.intake.poll())}.values())

    def codes(self) -> list[str]:
        return [q.code for q in self.intake.quarantined()]

    def left(self) -> list[str]:
        return sorted(str(p.relative_to(self.drop)) for p in self.drop.rglob("*"))


def ct(uid: str = "1.2.3.1", study: str = "1.2.3", **attributes: object) -> bytes:
    """A CT slice of 4 x 4 pixels, explicit little endian."""
    values: dict[str, object] = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": uid,
        "StudyInstanceUID": study,
        "SeriesInstanceUID": study + ".77",
        "SeriesNumber": "3",
        "InstanceNumber": uid.rsplit(".", 1)[-1],
        "Modality": "CT",
        "PatientID": "MRN-0815",
        "PatientName": "Quill^Ottoline",
        "FrameOfReferenceUID": study + ".88",
        "Rows": 4,
        "Columns": 4,
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "PixelData": bytes(range(32)),
    }
    return encoded(values | attributes)


def rtstruct(images: list[str], uid: str = "1.2.3.900", study: str = "1.2.3", **attributes: object) -> bytes:
    contour = item(ContourImageSequence=[item(ReferencedSOPInstanceUID=image) for image in images])
    return _rt(RTStructureSetStorage, "RTSTRUCT", uid, study, {
        "ROIContourSequence": [item(ContourSequence=[contour])], **attributes,
    })  # fmt: skip


def rtplan(structures: str, uid: str = "1.2.3.901", study: str = "1.2.3", **attributes: object) -> bytes:
    return _rt(RTPlanStorage, "RTPLAN", uid, study, {
        "ReferencedStructureSetSequence": [item(ReferencedSOPInstanceUID=structures)], **attributes,
    })  # fmt: skip


def rtdose(plan: str, uid: str = "1.2.3.902", study: str = "1.2.3", **attributes: object) -> bytes:
    return _rt(RTDoseStorage, "RTDOSE", uid, study, {
        "ReferencedRTPlanSequence": [item(ReferencedSOPInstanceUID=plan)], **attributes,
    })  # fmt: skip


def _rt(kind: str, modality: str, uid: str, study: str, attributes: Mapping[str, object]) -> bytes:
    return encoded({
        "SOPClassUID": kind, "SOPInstanceUID": uid, "StudyInstanceUID": study, "SeriesInstanceUID": uid + ".1",
        "SeriesNumber": "9", "Modality": modality, "PatientID": "MRN-0815", "PatientName": "Quill^Ottoline",
        **attributes,
    })  # fmt: skip


def item(**attributes: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def encoded(attributes: Mapping[str, object], syntax: UID = ExplicitVRLittleEndian) -> bytes:
    dataset = item(**{k: v for k, v in attributes.items() if v is not None})
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = UID(str(attributes.get("SOPClassUID") or CTImageStorage))
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(str(attributes.get("SOPInstanceUID") or "1.2.3"))
    out = io.BytesIO()
    dcmwrite(out, dataset, enforce_file_format=True)
    return out.getvalue()


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()

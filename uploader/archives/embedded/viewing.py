"""A session's images as the OHIF plugin of XNAT tells them to its viewer, by keyword."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from uploader import dicom
from uploader.archives.embedded import find, instances, shelves
from uploader.archives.embedded.database import Row
from uploader.archives.embedded.instances import Instance
from uploader.archives.embedded.names import uri
from uploader.archives.embedded.store import Store

_STUDY = ("StudyInstanceUID", "StudyDate", "StudyTime", "StudyDescription", "PatientName", "PatientID", "StudyID")
_SERIES = ("SeriesInstanceUID", "SeriesDescription", "SeriesNumber", "Modality", "SeriesDate", "SeriesTime")
_IMAGE = (
    *("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "AcquisitionNumber", "ImageType", "Modality"),
    *("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "NumberOfFrames", "FrameTime"),
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelSpacing", "PixelAspectRatio"),
    *("SliceThickness", "SliceLocation", "ImageOrientationPatient", "ImagePositionPatient"),
    *("RescaleIntercept", "RescaleSlope", "RescaleType", "WindowCenter", "WindowWidth"),
)


def images(store: Store, session: Row) -> list[Instance]:
    """The session's images, by series. The user's right to read it is the caller's affair."""
    known = shelves.of_project(store, session["project"])
    return instances.within(store, [shelf for shelf in known if shelf.session == session["id"]])


def about_study(found: Instance) -> dict[str, Any]:
    """Attributes of its study, as this file has them."""
    return _attributes(found, _STUDY)


def about_series(found: Instance) -> dict[str, Any]:
    """Attributes of its series, as this file has them."""
    return _attributes(found, _SERIES)


def about_image(root: Path, project: str, session: Row, found: Instance) -> dict[str, Any]:
    """Attributes of the image, and where its file is. `root`: folder of the archive."""
    home = root / find.session_folder(session["project"], session["label"]) / "SCANS"
    scan, resource, *path = found.path.relative_to(home).parts
    where = ("projects", project, "experiments", session["id"], "scans", scan, "resources", resource, "files", *path)
    return {"metadata": _attributes(found, _IMAGE), "url": f"dicomweb:{uri(*where)}"}


def _attributes(found: Instance, wanted: tuple[str, ...]) -> dict[str, Any]:
    with found.path.open("rb") as stream:
        head = dicom.header(dicom.read_header(stream), sequences=False)
    return {keyword: head[keyword] for keyword in wanted if keyword in head}

"""The structures that a protocol expects, as an RT Structure Set without contours that planning systems can load before
anybody draws: names, interpreted types, colours and codes are then right from the start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from colorsys import hsv_to_rgb
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

from uploader.domain.trial import Protocol
from uploader.protocols.sentences import roi_name
from uploader.when import in_words, parsed

Said = Mapping[str, Any]
_LONGEST_LABEL = 16
_GOLDEN = 0.618034
"""By this share of the circle of hues colours that follow one another differ most."""
_HUES = {"GTV": 0.0, "CTV": 0.92, "PTV": 0.05, "EXTERNAL": 0.33}
"""Interpreted type -> hue; what is to be treated looks alike in all templates."""

_EMPTY = (
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientBirthDate",
    "PatientSex",
    "OperatorsName",
    "PositionReferenceIndicator",
    "StructureSetDate",
    "StructureSetTime",
)
"""What must be there and may be empty (type 2)."""


def template(protocol: Protocol) -> Dataset:
    """An RTSTRUCT of nobody, the same for the same protocol. PS3.3 A.19."""
    dataset = _head(protocol)
    frame = dataset.FrameOfReferenceUID
    said = list(_expected(protocol.content))
    dataset.StructureSetROISequence = [_roi(n, name, each, frame) for n, (name, each) in enumerate(said, 1)]
    dataset.ROIContourSequence = [
        _item(ROIDisplayColor=_colour(n, each), ReferencedROINumber=n) for n, (_, each) in enumerate(said, 1)
    ]
    dataset.RTROIObservationsSequence = [_observation(n, name, each) for n, (name, each) in enumerate(said, 1)]
    return dataset


def left_out(content: Said) -> list[str]:
    """Structures of the protocol that have no one name, so that the template has none for them."""
    return [roi_name(said) for said in content.get("rois", ()) if said["need"] != "forbidden" and not _names(said)]


def _expected(content: Said) -> Iterator[tuple[str, Said]]:
    """Names, and what the protocol says of each. Of a wildcard the shortest name; targets of prescriptions too."""
    found: dict[str, Said] = {}
    for said in content.get("rois", ()):
        if said["need"] != "forbidden":
            for name in _names(said):
                found.setdefault(name, said)
    yield from found.items()


def _names(said: Said) -> list[str]:
    named = [said["name"]] if "name" in said else list(said.get("any_of", ()))[:1]
    return [bare for name in named if (bare := name.replace("*", "").strip("_ "))]


def _head(protocol: Protocol) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = RTStructureSetStorage
    dataset.SOPInstanceUID = _uid(protocol, "instance")
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = _uid(protocol, "study"), _uid(protocol, "series")
    dataset.Modality = "RTSTRUCT"
    dataset.PatientName, dataset.PatientID = "TEMPLATE^PROTOCOL", "TEMPLATE"
    dataset.Manufacturer = "Secure DICOM Uploader"
    dataset.StructureSetLabel, dataset.StructureSetName = "TEMPLATE", f"{protocol.trial} {protocol.version}"[:64]
    dataset.StructureSetDescription = "Structures that the trial expects; draw none here: load it on your own images."
    dataset.SeriesNumber = dataset.InstanceNumber = 1
    dataset.FrameOfReferenceUID = _uid(protocol, "frame")
    for keyword in _EMPTY:
        setattr(dataset, keyword, "")
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def _roi(number: int, name: str, said: Said, frame: str) -> Dataset:
    item = _item(ROINumber=number, ReferencedFrameOfReferenceUID=frame, ROIName=name, ROIGenerationAlgorithm="")
    item.ROIDescription = _need(said)
    return item


def _observation(number: int, name: str, said: Said) -> Dataset:
    kind = next(iter(said.get("interpreted_type", ())), "")
    item = _item(ObservationNumber=number, ReferencedROINumber=number, RTROIInterpretedType=kind, ROIInterpreter="")
    if len(name) <= _LONGEST_LABEL:
        item.ROIObservationLabel = name
    if "code" in said:
        code = said["code"]
        item.RTROIIdentificationCodeSequence = [
            _item(CodeValue=code["value"], CodingSchemeDesignator=code["scheme"], CodeMeaning=code["meaning"])
        ]
    return item


def _need(said: Said) -> str:
    if said["need"] == "optional":
        return "permitted"
    return f"required if {in_words(parsed(said['when']))}" if "when" in said else "required"


def _colour(number: int, said: Said) -> list[int]:
    """Red, green, blue, 0 to 255."""
    types: Iterable[str] = said.get("interpreted_type", ())
    hue = next((_HUES[kind] for kind in types if kind in _HUES), number * _GOLDEN % 1)
    return [round(255 * share) for share in hsv_to_rgb(hue, 0.5 + number % 3 / 4, 1.0)]


def _uid(protocol: Protocol, what: str) -> str:
    return str(generate_uid(entropy_srcs=[protocol.trial, protocol.version, protocol.digest, what]))


def _item(**attributes: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset

"""Sessions for tests: the synthetic one, its headers, and headers with one fault in them."""

from __future__ import annotations

import copy
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pydicom

from uploader import dicom
from uploader.domain.finding import Finding
from uploader.phantom import write_session
from uploader.ports import Case, Validator

Session = dict[str, dict[str, Any]]
"""Entry name -> header, both open to change."""


def headers_of(folder: Path) -> Session:
    """The headers of all DICOM files below a folder, under names of ours."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".xz")
    return {f"scans/1/DICOM/{n:04}.dcm": dict(dicom.header(dicom.read(p).dataset)) for n, p in enumerate(files, 1)}


def changed(session: Mapping[str, Mapping[str, Any]], change: Callable[[Session], object]) -> Session:
    """A copy of the session with `change` made to it."""
    other = copy.deepcopy({name: dict(header) for name, header in session.items()})
    change(other)
    return other


def only(session: Session, modality: str) -> dict[str, Any]:
    """The header of the one object of this modality."""
    (header,) = [header for header in session.values() if header["Modality"] == modality]
    return header


def two_phases(folder: Path, share: float) -> None:
    """Write a session of two phases: a plan and its dose, and a boost with this share of the dose, whose file begins
    with the uppermost plane."""
    write_session(folder, slices=12, size=16)
    plan, dose = (pydicom.dcmread(folder / name) for name in ("RP0001.dcm", "RD0001.dcm"))
    _save_as(plan, BOOST["plan"], folder / "RP0002.dcm")
    offsets = [float(offset) for offset in dose.GridFrameOffsetVector]
    dose.ImagePositionPatient[2] += offsets[-1]
    dose.GridFrameOffsetVector = [offset - offsets[-1] for offset in reversed(offsets)]
    dose.PixelData = dose.pixel_array[::-1].tobytes()
    dose.DoseGridScaling = f"{float(dose.DoseGridScaling) * share:.10g}"
    dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = BOOST["plan"]
    _save_as(dose, BOOST["dose"], folder / "RD0002.dcm")


def _save_as(dataset: pydicom.Dataset, uid: str, path: Path) -> None:
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID(uid)
    dataset.save_as(path, enforce_file_format=True)


BOOST = {"plan": "1.2.826.1.1", "dose": "1.2.826.1.2", "total": "1.2.826.1.3"}
"""SOP Instance UIDs of what `boosted` adds to a session."""


def boosted(session: Session, **attributes: Any) -> None:
    """Let a second phase follow the first: a copy of plan and dose, with plan and dose of their own UIDs.

    attributes: of the second dose
    """
    plan, dose = only(session, "RTPLAN"), only(session, "RTDOSE")
    session["scans/4/DICOM/boost.dcm"] = copy.deepcopy(plan) | {"SOPInstanceUID": BOOST["plan"]}
    of_boost = {"SOPInstanceUID": BOOST["dose"], "ReferencedRTPlanSequence": [_reference(BOOST["plan"])]}
    session["scans/5/DICOM/boost.dcm"] = copy.deepcopy(dose) | of_boost | attributes


def totalled(session: Session, **attributes: Any) -> None:
    """Add a dose that sums up all plans of the session."""
    plans = [_reference(session[name]["SOPInstanceUID"]) for name in names_of(session, "RTPLAN")]
    of_all = {"SOPInstanceUID": BOOST["total"], "DoseSummationType": "MULTI_PLAN", "ReferencedRTPlanSequence": plans}
    dose = session[names_of(session, "RTDOSE")[0]]
    session["scans/5/DICOM/total.dcm"] = copy.deepcopy(dose) | of_all | attributes


def by_beams(session: Session, *parts: Mapping[int, int], beams: int = 2) -> None:
    """Take the dose apart: the plan gets so many beams that treat and one for setup, and for each part there is a dose
    of the beams {number: fraction group} in the place of that of the plan."""
    plan, name = only(session, "RTPLAN"), names_of(session, "RTDOSE")[0]
    first, dose = plan["BeamSequence"][0], session.pop(name)
    numbers = range(1, beams + 1)
    plan["BeamSequence"] = [first | {"BeamNumber": number} for number in numbers]
    plan["BeamSequence"].append(first | {"BeamNumber": 99, "TreatmentDeliveryType": "SETUP"})
    plan["FractionGroupSequence"][0]["ReferencedBeamSequence"] = [
        {"ReferencedBeamNumber": number, "BeamDose": 1.8 / beams, "BeamMeterset": 90.0} for number in (*numbers, 99)
    ]
    for index, part in enumerate(parts):
        of_beams = _reference(plan["SOPInstanceUID"]) | {"ReferencedFractionGroupSequence": _groups(part)}
        session[f"scans/5/DICOM/beam{index}.dcm"] = copy.deepcopy(dose) | {
            "SOPInstanceUID": f"{BOOST['dose']}.{index}",
            "DoseSummationType": "BEAM",
            "ReferencedRTPlanSequence": [of_beams],
        }


def _groups(part: Mapping[int, int]) -> list[dict[str, Any]]:
    return [
        {"ReferencedFractionGroupNumber": group, "ReferencedBeamSequence": [{"ReferencedBeamNumber": beam}]}
        for beam, group in part.items()
    ]


def _reference(uid: str) -> dict[str, Any]:
    return {"ReferencedSOPClassUID": "1.2.840.10008.5.1.4.1.1.481.5", "ReferencedSOPInstanceUID": uid}


def names_of(session: Session, modality: str) -> list[str]:
    """Entry names of the objects of this modality, in order."""
    return [name for name, header in session.items() if header["Modality"] == modality]


def found(validator: Validator, session: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Finding]:
    """The findings by code, the first of each."""
    findings: dict[str, Finding] = {}
    for said in validator(Case(session), params):
        if isinstance(said, Finding):
            findings.setdefault(said.code, said)
    return findings


def unpacked(archive: Path, folder: Path) -> Path:
    """Unpack a tar.xz of the sample data into `folder`."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


def spine_phantom(samples: Path, folder: Path) -> Path:
    """Unpack the real phantom, 190 CT and an RTSTRUCT, into `folder`."""
    return unpacked(samples / "rt_spine_phantom" / "spine_phantom_CT190_RTSTRUCT.tar.xz", folder)

"""Sessions for tests: the synthetic one, its headers, and headers with one fault in them."""

from __future__ import annotations

import copy
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from uploader import dicom
from uploader.domain.finding import Finding
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

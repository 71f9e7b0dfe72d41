"""What a source hands over: files that belong together, in a folder of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from uploader.domain.identity import PrivateIdentity
from uploader.domain.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Arrival:
    """One study, complete, durable in `folder`, its files already under our own names.

    folder: holds exactly the files of `manifest`
    scans: scan ID -> modality
    identity: the one patient of the study
    """

    submission: str
    folder: Path
    manifest: Manifest
    scans: Mapping[str, str]
    identity: PrivateIdentity


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One thing that could not be taken, kept with its reason.

    reference: our name of it in the quarantine folder
    code: dotted, in docs/findings.md, e.g. ``quarantine.not-dicom``
    says: one sentence for a person; never the file's name, which may be a patient
    """

    reference: str
    code: str
    says: str

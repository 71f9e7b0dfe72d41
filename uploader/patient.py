"""Who a session is of, as it arrived: for the person who must say under which subject ID it goes into a trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.tag import Tag

from uploader.dicom import decoded
from uploader.domain.private import Private
from uploader.review import Review
from uploader.views import dataset_of, text_of

ASKED = {
    "PatientName": "Name",
    "PatientID": "Patient ID",
    "PatientBirthDate": "Birth date",
    "PatientSex": "Sex",
    "StudyDate": "Study date",
    "StudyDescription": "Study description",
    "AccessionNumber": "Accession number",
}
"""Attribute -> what people call it, in the order in which they want to read it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One attribute as it arrived.

    values: each once, in the order of the series; several where these do not agree, none where no series has it
    """

    name: str
    values: tuple[Private[str], ...]


def patient(review: Review, submission: str, person: str) -> tuple[Told, ...]:
    """What the first file of every series says of the patient and the study. Audited before anything is read.

    Raises NotFound where nothing was kept yet, and what the archive raises.
    """
    about = review.records.get(submission)
    manifest = review.records.manifest(submission, "identifiable")
    archive, address = review.looking(about, person)
    datasets = [dataset_of(archive, address, entry) for entry in manifest.first_of_scans().values()]
    return tuple(Told(name, tuple(_values(datasets, keyword))) for keyword, name in ASKED.items())


def _values(datasets: list[Dataset], keyword: str) -> Iterator[Private[str]]:
    said = (text_of(decoded(each, Tag(keyword)).value) for each in datasets if keyword in each)
    yield from map(Private, dict.fromkeys(filter(None, said)))

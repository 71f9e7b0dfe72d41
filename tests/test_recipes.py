"""What a recipe knows of the session that it is made for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from tests.passes.treated import PROTOCOL
from uploader.domain.identity import Identity, PrivateIdentity
from uploader.home import shipped
from uploader.recipes import Kitchen, recipe_of
from uploader.stages.anonymise import Work

KITCHEN = Kitchen(
    *(shipped(name) for name in ("dicomedit_scripts", "privacy_policies", "blanking_rules")), "SITE-A", b"k" * 32
)
AGED = {"PatientBirthDate": "19600301", "StudyDate": "20210301", "PatientAge": "050Y"}


def anonymised(folder: Path, *objects: dict[str, object], policy: str = "trial") -> Sequence[Dataset]:
    """What becomes of a session of CT images with these attributes."""
    paths = [_written(folder / f"{number}.dcm", attributes) for number, attributes in enumerate(objects)]
    identity = PrivateIdentity(Identity("MRN-4471903", "", "Doe^Jane"))
    recipe, _ = recipe_of(KITCHEN, PROTOCOL, identity, "S-1", "S-1_1", paths, policy)
    work = Work(recipe)
    for path in paths:
        work.file(path, path.with_suffix(".out"))
    return [pydicom.dcmread(path.with_suffix(".out")) for path in paths]


def _written(path: Path, attributes: dict[str, object]) -> Path:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.Modality = CTImageStorage, f"1.2.3.{path.stem}", "CT"
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "MRN-4471903"
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    return path


DERIVED = "1.3.12.2.1107.5.2.33.4471"


def test_a_uid_in_a_text_is_the_one_that_stands_for_it_in_the_whole_trial(tmp_path: Path) -> None:
    said = {"StudyInstanceUID": DERIVED, "ImageComments": f"copy of {DERIVED}, not of 1.2.840.10008.5.1.4.1.1.2"}
    [after] = anonymised(tmp_path, said)
    assert after.ImageComments == f"copy of {after.StudyInstanceUID}, not of 1.2.840.10008.5.1.4.1.1.2"


def test_a_uid_in_a_text_too_short_for_the_new_one_goes(tmp_path: Path) -> None:
    said = {"SeriesDescription": f"copy of the reconstruction {DERIVED} B70f"}
    assert [after.SeriesDescription for after in anonymised(tmp_path, said)] == ["copy of the reconstruction"]


def ages(folder: Path, *objects: dict[str, object], policy: str = "trial") -> list[str | None]:
    return [after.get("PatientAge") for after in anonymised(folder, *objects, policy=policy)]


def test_an_age_that_contradicts_the_dates_of_birth_and_study_is_corrected(tmp_path: Path) -> None:
    assert ages(tmp_path, AGED) == ["061Y"]


def test_an_old_patient_whose_age_is_written_too_low_is_capped_all_the_same(tmp_path: Path) -> None:
    assert ages(tmp_path, {**AGED, "PatientBirthDate": "19250301"}) == ["090Y"]


@pytest.mark.parametrize("missing", ["PatientBirthDate", "StudyDate"])
def test_where_a_date_is_missing_the_age_that_is_written_stands_capped(tmp_path: Path, missing: str) -> None:
    assert ages(tmp_path, {**AGED, missing: ""}) == ["050Y"]
    assert ages(tmp_path, {**AGED, missing: "", "PatientAge": "097Y"}) == ["090Y"]


def test_an_age_that_is_none_is_corrected_where_dates_tell_it_and_emptied_where_they_do_not(tmp_path: Path) -> None:
    assert ages(tmp_path, {**AGED, "PatientAge": "61"}) == ["061Y"]
    assert ages(tmp_path, {**AGED, "PatientAge": "61", "StudyDate": ""}) == [""]


def test_of_studies_before_and_behind_a_birthday_each_keeps_the_age_that_is_true_for_it(tmp_path: Path) -> None:
    before = {**AGED, "StudyDate": "20210228", "PatientAge": "060Y"}
    assert ages(tmp_path, before, {**AGED, "PatientAge": "061Y"}) == ["060Y", "061Y"]


def test_no_age_is_worked_out_where_none_was_written_or_none_is_retained(tmp_path: Path) -> None:
    assert ages(tmp_path, {**AGED, "PatientAge": ""}) == [""]
    assert ages(tmp_path, AGED, policy="basic") == [None]


def test_the_date_of_birth_is_gone_all_the_same(tmp_path: Path) -> None:
    assert anonymised(tmp_path, AGED)[0].PatientBirthDate == ""

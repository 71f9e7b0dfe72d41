"""What a recipe knows of the session that it is made for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from tests.passes.treated import PROTOCOL
from uploader.domain.automatic import automatic_subjects
from uploader.domain.identity import Identity, PrivateIdentity
from uploader.home import shipped
from uploader.recipes import Kitchen, recipe_of
from uploader.stages.anonymise import Work

KITCHEN = Kitchen(
    *(shipped(name) for name in ("dicomedit_scripts", "privacy_policies", "blanking_rules")), "SITE-A", b"k" * 32
)
MRN = "MRN-4471903"
AGED = {"PatientBirthDate": "19600301", "StudyDate": "20210301", "PatientAge": "050Y"}


def anonymised(
    folder: Path,
    *objects: dict[str, object],
    policy: str = "trial",
    patient: str = MRN,
    trial: str = "TRIAL",
    n: int = 1,
) -> Sequence[Dataset]:
    """What becomes of the n-th session of a patient, CT images with these attributes."""
    paths = [_written(folder / f"{number}.dcm", attributes) for number, attributes in enumerate(objects)]
    identity = PrivateIdentity(Identity(patient, "", "Doe^Jane"))
    protocol = replace(PROTOCOL, trial=trial)
    recipe, _ = recipe_of(KITCHEN, protocol, identity, "S-1", f"S-1_{n}", paths, policy)
    work = Work(recipe)
    for path in paths:
        work.file(path, path.with_suffix(".out"))
    return [pydicom.dcmread(path.with_suffix(".out")) for path in paths]


def _written(path: Path, attributes: dict[str, object]) -> Path:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.Modality = CTImageStorage, f"1.2.3.{path.stem}", "CT"
    dataset.PatientName, dataset.PatientID = "Doe^Jane", MRN
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


days = st.dates(date(1950, 1, 1), date(2035, 1, 1))
IN_ONE_FOLDER = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # every example writes over the files of the one before


def moved(folder: Path, day: date, **session: object) -> dict[str, date]:
    """Where a day has gone to, wherever it stands in an object."""
    text = f"{day:%Y%m%d}"
    item = Dataset()
    item.ReferencedSOPInstanceUID, item.InstanceCreationDate = "1.2.3.9", text
    said = {"StudyDate": text, "AcquisitionDateTime": f"{text}235959.5+0100", "SeriesDescription": f"scan of {text}"}
    [after] = anonymised(folder, {**said, "SourceImageSequence": [item]}, **session)  # type: ignore[arg-type]
    places = {
        "date": after.StudyDate,
        "time": after.AcquisitionDateTime[:8],
        "text": after.SeriesDescription[-8:],
        "item": after.SourceImageSequence[0].InstanceCreationDate,
    }
    return {place: date.fromisoformat(text) for place, text in places.items()}


@IN_ONE_FOLDER
@given(days, days)
def test_the_days_between_the_visits_of_a_patient_are_the_same_to_the_day(
    tmp_path: Path, first: date, second: date
) -> None:
    before, after = moved(tmp_path, first, n=1), moved(tmp_path, second, n=2)
    assert {after[place] - before[place] for place in before} == {second - first}


@IN_ONE_FOLDER
@given(days, st.text("0123456789ABC-", min_size=1, max_size=12).filter(lambda text: text.strip("-")))
def test_no_day_stays_where_it_was_and_none_goes_further_than_the_trial_allows(
    tmp_path: Path, day: date, patient: str
) -> None:
    for gone_to in moved(tmp_path, day, patient=patient).values():
        assert timedelta(0) < day - gone_to <= timedelta(PROTOCOL.max_shift_days)


def test_patients_and_trials_share_no_offset(tmp_path: Path) -> None:
    day = date(2021, 3, 9)
    patients = {moved(tmp_path, day, patient=f"MRN{n}")["date"] for n in range(12)}
    trials = {moved(tmp_path, day, trial=f"TRIAL{n}")["date"] for n in range(12)}
    assert (len(patients) > 8, len(trials) > 8) == (True, True)


def test_one_patient_is_called_otherwise_in_every_trial_and_nobody_can_tell_without_the_key() -> None:
    patient = PrivateIdentity(Identity(MRN, "", "Doe^Jane"))
    coded = replace(PROTOCOL, subject_example="ABC123", subject_automatic="{code:6}")

    def called(kitchen: Kitchen, trial: str) -> str:
        return next(automatic_subjects(kitchen.key_of(trial), patient, coded))

    elsewhere = replace(KITCHEN, trial_key=b"o" * 32)
    said = [called(kitchen, f"TRIAL{n}") for kitchen in (KITCHEN, elsewhere) for n in range(50)]
    assert len(set(said)) == 100
    assert said == [called(kitchen, f"TRIAL{n}") for kitchen in (KITCHEN, elsewhere) for n in range(50)]


def test_uids_are_the_same_in_all_sessions_of_a_trial_and_others_in_another(tmp_path: Path) -> None:
    said = {"StudyInstanceUID": DERIVED, "FrameOfReferenceUID": "1.2.3.4.5.6"}
    first, second, other = (
        anonymised(tmp_path, said, patient=who, n=n, trial=trial)[0]
        for who, n, trial in ((MRN, 1, "TRIAL"), ("MRN2", 2, "TRIAL"), (MRN, 1, "OTHER"))
    )
    assert (first.StudyInstanceUID, first.FrameOfReferenceUID) == (second.StudyInstanceUID, second.FrameOfReferenceUID)
    assert {first.StudyInstanceUID, first.FrameOfReferenceUID} & {
        other.StudyInstanceUID,
        other.FrameOfReferenceUID,
    } == set()

"""The anonymise stage: every file under its name, the same bytes every time, and nothing passed unchanged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.passes import treated
from tests.scripted import Untouched, Whole
from uploader import phantom
from uploader.domain.errors import ResidueFound, ScriptRejected, UnreadableFile
from uploader.domain.manifest import Manifest, measure
from uploader.rules import Note
from uploader.stages.anonymise import WORTH_PROCESSES, Recipe, Work, anonymise


def name_beam_data(dataset: Dataset) -> Dataset:
    """A script."""
    dataset.Manufacturer = "PLANNING"
    return dataset


def reject_plans(dataset: Dataset) -> Dataset:
    if dataset.Modality == "RTPLAN":
        raise ScriptRejected("plans are not wanted")
    return dataset


def break_on_doses(dataset: Dataset) -> Dataset:
    if dataset.Modality == "RTDOSE":
        raise ZeroDivisionError
    return dataset


def recipe(*scripts: Callable[[Dataset], Dataset]) -> Recipe:
    return Recipe(tuple(map(Whole, scripts)), treated.session())


def listed(folder: Path) -> Manifest:
    entries = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as stream:
            entries.append(measure(path.relative_to(folder).as_posix(), stream))
    return Manifest(frozenset(entries))


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planning session under our own names: more files than one process would take alone."""
    folder = tmp_path_factory.mktemp("session")
    phantom.write_session(folder / "made", slices=WORTH_PROCESSES, size=64)
    for number, path in enumerate(sorted((folder / "made").iterdir())):
        target = folder / "scans" / ("1" if path.name.startswith("CT") else path.name[:2]) / "DICOM"
        target.mkdir(parents=True, exist_ok=True)
        path.rename(target / f"{number:04}.dcm")
    (folder / "made").rmdir()
    return folder


@pytest.fixture(scope="module")
def done(session: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    target = tmp_path_factory.mktemp("anonymised") / "files"
    return target, anonymise(session, target, listed(session), recipe(name_beam_data))


def test_every_entry_keeps_its_name(session: Path, done: tuple[Path, Manifest]) -> None:
    assert [e.name for e in done[1]] == [e.name for e in listed(session)]


def test_the_manifest_is_what_lies_on_the_disk(done: tuple[Path, Manifest]) -> None:
    assert done[1] == listed(done[0])


def test_scripts_act_before_passes(done: tuple[Path, Manifest]) -> None:
    dataset = pydicom.dcmread(next(done[0].rglob("*.dcm")))
    assert (dataset.Manufacturer, dataset.PatientID) == ("PLANNING", "S-1")


def test_structures_still_point_at_their_images(done: tuple[Path, Manifest]) -> None:
    structures = pydicom.dcmread(next((done[0] / "scans/RS/DICOM").iterdir()))
    images = {pydicom.dcmread(p).SOPInstanceUID for p in (done[0] / "scans/1/DICOM").iterdir()}
    study = structures.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    referenced = study.RTReferencedSeriesSequence[0].ContourImageSequence
    assert {item.ReferencedSOPInstanceUID for item in referenced} == images


def test_the_same_session_becomes_the_same_bytes_in_any_number_of_processes(
    session: Path, done: tuple[Path, Manifest], tmp_path: Path
) -> None:
    again = anonymise(session, tmp_path / "again", listed(session), recipe(name_beam_data), jobs=2)
    assert again == done[1]


def test_what_lay_in_the_target_folder_is_gone(session: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (target / "scans").mkdir(parents=True)
    (target / "scans" / "old.dcm").write_text("left over")
    plan = few(session)
    assert anonymise(session, target, plan, recipe()) == listed(target)


def few(session: Path) -> Manifest:
    """The three RT objects."""
    return Manifest(frozenset(e for e in listed(session) if e.scan != "1"))


def test_progress_counts_every_file(session: Path, tmp_path: Path) -> None:
    counted: list[int] = []
    anonymise(session, tmp_path / "out", few(session), recipe(), progress=counted.append)
    assert counted == [1, 2, 3]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_rejection_arrives_as_itself(session: Path, tmp_path: Path, jobs: int) -> None:
    with pytest.raises(ScriptRejected, match="plans are not wanted"):
        anonymise(session, tmp_path / "out", listed(session), recipe(reject_plans), jobs)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_a_script_is_not_hidden(session: Path, tmp_path: Path, jobs: int) -> None:
    with pytest.raises(ZeroDivisionError):
        anonymise(session, tmp_path / "out", listed(session), recipe(break_on_doses), jobs)


def test_a_file_that_comes_out_as_it_went_in_holds_the_session(
    session: Path, done: tuple[Path, Manifest], tmp_path: Path
) -> None:
    with pytest.raises(ResidueFound, match="changed nothing"):
        anonymise(done[0], tmp_path / "out", done[1], Recipe((), Untouched()))


def test_a_broken_file_holds_the_session(session: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    shutil.copytree(session / "scans/RP", folder / "scans/RP")
    path = next(folder.rglob("*.dcm"))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(UnreadableFile):
        anonymise(folder, tmp_path / "out", listed(folder), recipe())


def test_a_file_that_fails_leaves_no_file_of_its_name(session: Path, tmp_path: Path) -> None:
    source, target = next((session / "scans/RP/DICOM").iterdir()), tmp_path / "0001.dcm"
    with pytest.raises(ScriptRejected):
        Work(recipe(reject_plans)).file(source, target)
    assert not target.exists()


def test_name_id_and_study_of_the_invented_patient_are_in_no_file(session: Path, tmp_path: Path) -> None:
    plan = pydicom.dcmread(next((session / "scans/RP/DICOM").iterdir()))
    anonymise(session, tmp_path / "out", few(session), recipe())
    after = b"".join(p.read_bytes() for p in (tmp_path / "out").rglob("*.dcm"))
    told = str(plan.PatientName), plan.PatientID, plan.StudyInstanceUID
    assert [value for value in told if value.encode() in after] == []


def without_prescription(text: str) -> str:
    return text.replace("PTV5040", "")


def test_what_was_taken_out_of_texts_is_noted_by_element_and_kind(session: Path, tmp_path: Path) -> None:
    passes = treated.session("trial", clean=without_prescription)
    for jobs in (1, 2):
        notes: set[Note] = set()
        anonymise(session, tmp_path / "out", listed(session), Recipe((), passes), jobs, notes=notes)
        assert notes == {(0x300A0002, "id")}

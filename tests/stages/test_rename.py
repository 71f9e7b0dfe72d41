"""Structures get new names in a copy, and nothing else changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from uploader import dicom
from uploader.domain.errors import NotRenamed
from uploader.domain.manifest import Manifest, measure
from uploader.phantom import write_session
from uploader.stages.rename import fault, prove, rename

STRUCTURES, PLAN, IMAGE = "scans/2/DICOM/0001.dcm", "scans/3/DICOM/0001.dcm", "scans/1/DICOM/0001.dcm"


def measured(folder: Path) -> Manifest:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())

    def entry(path: Path):
        with path.open("rb") as stream:
            return measure(path.relative_to(folder).as_posix(), stream)

    return Manifest(frozenset(map(entry, paths)))


@pytest.fixture
def originals(tmp_path) -> Path:
    """A session with one image, a structure set and its plan, under names of the program."""
    made = tmp_path / "made"
    write_session(made, slices=2, size=8)
    by_modality = {dicom.read(p).dataset.Modality: p for p in sorted(made.rglob("*.dcm"), reverse=True)}
    folder = tmp_path / "original"
    for entry, modality in ((IMAGE, "CT"), (STRUCTURES, "RTSTRUCT"), (PLAN, "RTPLAN")):
        (folder / entry).parent.mkdir(parents=True)
        shutil.copyfile(by_modality[modality], folder / entry)
    return folder


def edited(path: Path, change) -> None:
    """Change a file of the session in place."""
    made = path.with_suffix(".new")
    dicom.edit(path, made, lambda dataset: change(dataset) or dataset)
    made.replace(path)


def renamed(folder: Path, names: dict[int, str], target: Path | None = None) -> Path:
    target = target or folder.parent / "named"
    rename(folder, measured(folder), {STRUCTURES: names}, [PLAN], target)
    return target


def rois(path: Path) -> dict[int, str]:
    return {int(item.ROINumber): item.ROIName for item in dicom.read(path).dataset.StructureSetROISequence}


def labels(path: Path) -> dict[int, str | None]:
    observed = dicom.read(path).dataset.RTROIObservationsSequence
    return {int(item.ReferencedROINumber): item.get("ROIObservationLabel") for item in observed}


def number_of(folder: Path, name: str) -> int:
    return next(number for number, called in rois(folder / STRUCTURES).items() if called == name)


def test_the_named_roi_has_its_new_name_and_the_others_theirs(originals):
    before = rois(originals / STRUCTURES)
    number = number_of(originals, "PTV_5040")
    target = renamed(originals, {number: "PTV_High"})
    assert rois(target / STRUCTURES) == {**before, number: "PTV_High"}


def test_what_arrived_stays_as_it_is_to_the_byte(originals):
    before = measured(originals)
    renamed(originals, {number_of(originals, "PTV_5040"): "PTV_High"})
    assert measured(originals) == before


def test_files_that_name_no_structure_are_the_same_files(originals):
    target = renamed(originals, {number_of(originals, "PTV_5040"): "PTV_High"})
    assert (target / IMAGE).samefile(originals / IMAGE)
    assert not (target / STRUCTURES).samefile(originals / STRUCTURES)
    assert {entry.name for entry in measured(target)} == {entry.name for entry in measured(originals)}


def test_every_place_about_the_roi_that_repeats_the_name_has_the_new_one(originals):
    number = number_of(originals, "PTV_5040")

    def repeat(dataset):
        for item in dataset.RTROIObservationsSequence:
            if item.ReferencedROINumber == number:
                item.ROIObservationLabel = "PTV_5040"
        for item in dataset.StructureSetROISequence:
            item.ROIDescription = "PTV_5040" if item.ROINumber == number else "not PTV_5040"
        dataset.StructureSetLabel = "PTV_5040"

    edited(originals / STRUCTURES, repeat)
    made = dicom.read(renamed(originals, {number: "PTV_High"}) / STRUCTURES).dataset
    described = {int(item.ROINumber): item.ROIDescription for item in made.StructureSetROISequence}
    assert labels(originals.parent / "named" / STRUCTURES)[number] == "PTV_High"
    assert described.pop(number) == "PTV_High"
    assert set(described.values()) == {"not PTV_5040"}
    assert made.StructureSetLabel == "PTV_5040"  # the set's, not the structure's


def test_a_plan_of_these_structures_calls_its_target_by_the_new_name(originals):
    number = number_of(originals, "PTV_5040")

    def prescribe(dataset):
        reference = dataset.DoseReferenceSequence[0]
        reference.ReferencedROINumber, reference.DoseReferenceDescription = number, "PTV_5040"

    edited(originals / PLAN, prescribe)
    made = dicom.read(renamed(originals, {number: "PTV_High"}) / PLAN).dataset
    assert made.DoseReferenceSequence[0].DoseReferenceDescription == "PTV_High"


def test_a_plan_of_other_structures_keeps_its_names(originals):
    number = number_of(originals, "PTV_5040")

    def prescribe(dataset):
        reference = dataset.DoseReferenceSequence[0]
        reference.ReferencedROINumber, reference.DoseReferenceDescription = number, "PTV_5040"
        dataset.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID = "1.2.3.4"

    edited(originals / PLAN, prescribe)
    assert (renamed(originals, {number: "PTV_High"}) / PLAN).samefile(originals / PLAN)


def test_a_label_has_no_room_for_a_long_name_and_is_emptied(originals):
    number = number_of(originals, "PTV_5040")

    def label(dataset):
        for item in dataset.RTROIObservationsSequence:
            item.ROIObservationLabel = "PTV_5040"

    edited(originals / STRUCTURES, label)
    target = renamed(originals, {number: "PTV_of_the_trials_own"})
    assert rois(target / STRUCTURES)[number] == "PTV_of_the_trials_own"
    assert not labels(target / STRUCTURES)[number]


def test_two_names_may_be_exchanged(originals):
    before = rois(originals / STRUCTURES)
    (one, first), (other, second) = list(before.items())[:2]
    target = renamed(originals, {one: second, other: first})
    assert rois(target / STRUCTURES) == {**before, one: second, other: first}


def test_a_second_time_gives_the_same_bytes(originals):
    names = {number_of(originals, "PTV_5040"): "PTV_High"}
    first = measured(renamed(originals, names))
    assert measured(renamed(originals, names)) == first


def test_a_name_that_another_roi_has_is_refused_whatever_its_case(originals):
    with pytest.raises(NotRenamed, match="another ROI"):
        renamed(
            originals, {number_of(originals, "PTV_5040"): next(iter(rois(originals / STRUCTURES).values())).upper()}
        )


def test_a_number_that_no_roi_has_is_refused(originals):
    with pytest.raises(NotRenamed, match="no ROIs with the number 99"):
        renamed(originals, {99: "Heart"})


def test_a_number_that_two_rois_have_is_refused(originals):
    edited(originals / STRUCTURES, lambda d: d.StructureSetROISequence.append(d.StructureSetROISequence[0]))
    with pytest.raises(NotRenamed, match="2 ROIs with the number"):
        renamed(
            originals, {int(dicom.read(originals / STRUCTURES).dataset.StructureSetROISequence[0].ROINumber): "Heart"}
        )


@pytest.mark.parametrize("name", ["", "  ", "x" * 65])
def test_an_empty_or_endless_name_is_refused(name):
    assert fault([(1, "PTV")], {1: name})


def test_a_fault_never_quotes_a_name():
    assert "Smith" not in fault([(1, "Smith"), (2, "Smith")], {1: "Smith"})


def test_a_name_that_another_roi_has_with_its_accents_put_together_otherwise_is_taken():
    assert "that of another ROI" in fault([(1, "Hu\u0308ftkopf"), (2, "x")], {2: "H\u00fcftkopf"})


def test_only_names_differ_in_the_real_structure_set(samples, tmp_path):
    folder, path = tmp_path / "original", samples / "rt_spine_phantom" / "RS.zzsabrSPINE.dcm"
    (folder / STRUCTURES).parent.mkdir(parents=True)
    shutil.copyfile(path, folder / STRUCTURES)
    rename(folder, measured(folder), {STRUCTURES: {15: "SpinalCord_PRV", 12: "Body"}}, [], tmp_path / "named")
    before, after = (dicom.read(f / STRUCTURES).dataset for f in (folder, tmp_path / "named"))
    was, now = before.to_json_dict(), after.to_json_dict()
    differing = {tag for tag in was.keys() | now.keys() if was.get(tag) != now.get(tag)}
    assert differing == {"30060020", "30060080"}
    assert {15: "SpinalCord_PRV", 12: "Body"}.items() <= rois(tmp_path / "named" / STRUCTURES).items()
    assert labels(tmp_path / "named" / STRUCTURES)[15] == "SpinalCord_PRV"


@pytest.mark.parametrize(
    "change",
    [
        lambda d: setattr(d, "StructureSetLabel", "other"),
        lambda d: setattr(d.ROIContourSequence[0].ContourSequence[0], "ContourData", [0, 0, 0]),
        lambda d: d.StructureSetROISequence.pop(),
        lambda d: setattr(d.StructureSetROISequence[0], "ROINumber", 77),
    ],
)
def test_a_copy_in_which_more_than_names_changed_is_not_used(originals, tmp_path, change):
    made = tmp_path / "made.dcm"
    shutil.copyfile(originals / STRUCTURES, made)
    edited(made, lambda dataset: (change(dataset), None)[1])
    with pytest.raises(NotRenamed, match="more than names"):
        prove(originals / STRUCTURES, made, {})


def test_a_name_that_cannot_be_read_back_is_an_error(originals):
    path = originals / STRUCTURES
    with pytest.raises(NotRenamed, match="read back"):
        prove(path, path, {(0x30060020, 0, 0x30060026): "Heart"})

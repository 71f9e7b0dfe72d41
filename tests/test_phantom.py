import shutil
import subprocess
from itertools import combinations

import pydicom
import pytest

from uploader import dicom
from uploader.phantom import ct_series, large_multiframe, write_session
from uploader.phantom.anatomy import ORGANS


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    return folder, write_session(folder)


def read(folder, name):
    return pydicom.dcmread(folder / name)


def images(folder):
    return {ct.SOPInstanceUID: ct for ct in (read(folder, p.name) for p in folder.glob("CT*.dcm"))}


def test_the_session_has_sixty_slices_and_three_radiotherapy_objects(phantom):
    folder, _ = phantom
    modalities = [pydicom.dcmread(p, stop_before_pixels=True).Modality for p in folder.iterdir()]
    assert {m: modalities.count(m) for m in set(modalities)} == {"CT": 60, "RTSTRUCT": 1, "RTPLAN": 1, "RTDOSE": 1}


def test_the_same_seed_makes_the_same_bytes(tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    assert write_session(first, 5, 4, 32) == write_session(again, 5, 4, 32)
    assert {p.name: p.read_bytes() for p in first.iterdir()} == {p.name: p.read_bytes() for p in again.iterdir()}


def test_other_seeds_make_other_people_and_other_uids(tmp_path):
    people = [write_session(tmp_path / str(seed), seed, 1, 16) for seed in (1, 2, 11, 12)]
    for one, other in combinations(people, 2):
        assert one.name != other.name
        assert one.patient_id != other.patient_id
        assert not set(one.uids) & set(other.uids)


def test_the_umlaut_of_the_name_survives_its_character_set(phantom):
    folder, identity = phantom
    assert str(read(folder, "CT0001.dcm").PatientName) == identity.name
    assert "Ö" in identity.name


@pytest.mark.parametrize("name", ["CT0001.dcm", "CT0060.dcm", "RS0001.dcm", "RP0001.dcm", "RD0001.dcm"])
def test_dcmtk_reads_it_without_complaint(phantom, name):
    if shutil.which("dcmdump") is None:
        pytest.skip("dcmtk is not installed")
    folder, _ = phantom
    run = subprocess.run(["dcmdump", folder / name], capture_output=True, check=False)
    assert (run.returncode, run.stderr) == (0, b"")


def test_every_planted_value_is_in_the_files(phantom):
    folder, identity = phantom
    together = b"".join((folder / n).read_bytes() for n in ("CT0001.dcm", "RS0001.dcm", "RP0001.dcm", "RD0001.dcm"))
    assert [value for value in identity.values if value.encode() not in together] == []


def test_every_uid_of_the_session_is_listed(phantom):
    folder, identity = phantom
    written = set()
    for path in folder.iterdir():
        for item in dicom.walk(dicom.read(path).dataset):
            written |= {str(e.value) for e in item if e.VR == "UI" and not str(e.value).startswith("1.2.840.10008.")}
    assert written == set(identity.uids)


def test_the_identity_is_nested_private_and_in_the_file_meta_too(phantom):
    folder, identity = phantom
    ct = read(folder, "CT0001.dcm")
    assert ct.OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientID == identity.patient_id
    assert str(ct.private_block(0x0029, "PHANTOM WORKS HEADER")[2].value[0].PatientName) == identity.name
    assert ct.file_meta.SourceApplicationEntityTitle in identity.values
    assert identity.patient_id.encode() in ct.preamble


def test_every_contour_lies_on_the_slice_it_references(phantom):
    folder, _ = phantom
    slices = images(folder)
    for roi in read(folder, "RS0001.dcm").ROIContourSequence:
        for contour in roi.ContourSequence:
            (image,) = contour.ContourImageSequence
            z = slices[image.ReferencedSOPInstanceUID].ImagePositionPatient[2]
            assert set(contour.ContourData[2::3]) == {z}


def test_eight_structures_reference_every_slice(phantom):
    folder, _ = phantom
    structures = read(folder, "RS0001.dcm")
    study = structures.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    referenced = study.RTReferencedSeriesSequence[0].ContourImageSequence
    assert len(structures.StructureSetROISequence) == len(ORGANS) == 8
    assert {image.ReferencedSOPInstanceUID for image in referenced} == images(folder).keys()


def test_the_plan_and_the_dose_reference_the_others(phantom):
    folder, _ = phantom
    structures, plan, dose = (read(folder, n) for n in ("RS0001.dcm", "RP0001.dcm", "RD0001.dcm"))
    assert plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structures.SOPInstanceUID
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    assert dose.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structures.SOPInstanceUID


def test_the_images_look_like_a_body(phantom):
    folder, _ = phantom
    ct = read(folder, "CT0030.dcm")
    hounsfield = ct.pixel_array * float(ct.RescaleSlope) + float(ct.RescaleIntercept)
    middle = hounsfield.shape[0] // 2
    assert hounsfield[0].mean() < -900, "air above"
    assert hounsfield[middle, 60:90].mean() < -600, "lung at the side"
    assert hounsfield[168:172, middle].mean() > 200, "spine behind"


def test_the_dose_is_highest_in_the_target(phantom):
    folder, _ = phantom
    dose = read(folder, "RD0001.dcm")
    assert dose.pixel_array.shape == (dose.NumberOfFrames, dose.Rows, dose.Columns)
    assert 49 < dose.pixel_array.max() * float(dose.DoseGridScaling) <= 50.4


def test_a_large_multiframe_takes_no_disk(tmp_path):
    path = tmp_path / "large.dcm"
    large_multiframe(path, 1 << 30)
    assert path.stat().st_size > 1 << 30
    assert path.stat().st_blocks * 512 < 1 << 20
    assert dicom.read(path).pixels[1] == (1 << 30) + 12


def test_a_ct_series_has_as_many_different_instances_as_asked_for(tmp_path):
    ct_series(tmp_path, 5, size=32)
    assert len(images(tmp_path)) == 5

"""The passes in their order, on real files of every kind."""

from __future__ import annotations

import pickle
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.passes.treated import session, treated, work
from tests.test_dicom import REFUSED, has_identity, pixel_bytes, sample_files
from uploader import dicom
from uploader.domain.errors import CannotBeSafe, UnreadableFile
from uploader.elements import EXPLICIT
from uploader.passes.trial import plain

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


@pytest.fixture(scope="module")
def pairs(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Path]]:
    """Every sample that can be read, and what became of it."""
    folder, made, one = tmp_path_factory.mktemp("out"), [], work()
    for number, path in enumerate(sample_files(samples)):
        if str(path.relative_to(samples)) not in REFUSED and has_identity(dicom.read(path).dataset):
            target = folder / f"{number}.dcm"
            with suppress(CannotBeSafe):
                one.file(path, target)
                made.append((path, target))
    return made


def levels(path: Path) -> list[Dataset]:
    return list(dicom.walk(pydicom.dcmread(path)))


def test_no_private_unknown_or_overlay_element_is_left_at_any_depth(pairs: list[tuple[Path, Path]]) -> None:
    left = [
        (path.name, str(element.tag))
        for path, target in pairs
        for level in levels(target)
        for element in level
        if element.tag.is_private or element.VR == "UN" or element.tag.group & 0xFF00 in (0x5000, 0x6000)
    ]
    assert left == []


def test_pixels_are_the_same_to_the_byte(pairs: list[tuple[Path, Path]]) -> None:
    assert [path.name for path, target in pairs if pixel_bytes(path) != pixel_bytes(target)] == []


def test_no_date_and_no_instance_uid_of_the_original_is_left(pairs: list[tuple[Path, Path]]) -> None:
    left = []
    for path, target in pairs:
        before = identifying(path)
        left += [(path.name, value) for value in identifying(target) & before]
    assert left == []


def identifying(path: Path) -> set[str]:
    """Values of DA and DT, and of UI where no class is named."""
    found = set()
    for level in levels(path):
        for element in (level[tag] for tag, _ in level.items() if not tag.is_private):
            classes = "Class" in element.keyword or element.keyword in {"CodingSchemeUID", "ContextUID"}
            if element.VR in {"DA", "DT"} or (element.VR == "UI" and not classes):
                values = element.value if element.VM > 1 else [element.value]
                found |= {str(v) for v in values if v and str(v) not in pydicom.uid.UID_dictionary}
    return found


def test_every_file_says_whose_it_is_now(pairs: list[tuple[Path, Path]]) -> None:
    said = {
        (str(d.PatientName), d.PatientID, d.PatientBirthDate, d.PatientIdentityRemoved, d.ClinicalTrialSubjectID)
        for d in (pydicom.dcmread(target, stop_before_pixels=True) for _, target in pairs)
    }
    assert said == {("S-1", "S-1", "", "YES", "S-1")}


def test_the_same_file_becomes_the_same_bytes(pairs: list[tuple[Path, Path]], tmp_path: Path) -> None:
    again = tmp_path / "again.dcm"
    for path, target in pairs[::10]:
        work().file(path, again)
        assert again.read_bytes() == target.read_bytes()


def test_a_nesting_too_deep_is_refused_not_passed() -> None:
    dataset = Dataset()
    for _ in range(40):
        outer = Dataset()
        outer.ReferencedImageSequence = [dataset]
        dataset = outer
    with pytest.raises(UnreadableFile, match="nested"):
        treated(dataset)


def test_the_passes_travel_to_another_process(tmp_path: Path, samples: Path) -> None:
    source = samples / "mr_siemens_mosaic/mr_0003_epi_pe_ap-00001.dcm"
    here, there = tmp_path / "here.dcm", tmp_path / "there.dcm"
    work().file(source, here)
    pickle.loads(pickle.dumps(work())).file(source, there)
    assert here.read_bytes() == there.read_bytes()


def test_the_passes_tell_a_reviewer_what_they_do_without_telling_secrets() -> None:
    told = "\n".join(session(days=4711).describe())
    assert len(told) > 400
    assert "4711" not in told


def test_an_object_that_cannot_be_made_safe_is_not_made() -> None:
    with pytest.raises(CannotBeSafe, match="PDF"):
        session().rules("1.2.840.10008.5.1.4.1.1.104.1", set())


@pytest.mark.parametrize(
    ("policy", "code", "dates"),
    [("basic", "113107", "MODIFIED"), ("trial", "113105", "MODIFIED"), ("no_dates", "113100", "REMOVED")],
)
def test_the_statement_of_method_names_what_was_done(policy: str, code: str, dates: str) -> None:
    after = treated(Dataset(), policy)
    assert code in [item.CodeValue for item in after.DeidentificationMethodCodeSequence]
    assert after.LongitudinalTemporalInformationModified == dates


def test_trial_attributes_name_trial_site_subject_and_time_point() -> None:
    d = treated(Dataset())
    said = d.ClinicalTrialProtocolID, d.ClinicalTrialSiteID, d.ClinicalTrialSubjectID, d.ClinicalTrialTimePointID
    assert said == ("TRIAL", "SITE-A", "S-1", "S-1_1")


def test_the_institution_is_the_site_where_the_trial_says_so() -> None:
    passes = session()
    named = replace(passes, trial=replace(passes.trial, institution=True))
    assert [b"SITE-A" in element for tag, element in named.stated(EXPLICIT) if tag == 0x00080080] == [True]


def test_a_sponsor_with_umlauts_fits_every_character_set() -> None:
    assert treated(Dataset()).ClinicalTrialSponsorName == "Universitatsklinikum"


def test_a_text_for_the_header_is_one_value_of_at_most_64_characters() -> None:
    assert plain("a\\b\nc" + "x" * 100) == "abc" + "x" * 61


def test_trial_attributes_replace_elements_of_a_foreign_vr() -> None:
    dataset = Dataset()
    dataset.add_new("PatientIdentityRemoved", "OB", b"NO")
    after = treated(dataset)
    assert (after["PatientIdentityRemoved"].VR, after.PatientIdentityRemoved) == ("CS", "YES")


def test_a_text_that_is_kept_is_cleaned_in_its_own_character_set() -> None:
    dataset = Dataset()
    dataset.SpecificCharacterSet, dataset.SeriesDescription = "ISO_IR 192", "Schädel Müller axial"
    after = treated(dataset, "trial", clean=lambda text: text.replace("Müller ", ""))
    assert after.SeriesDescription == "Schädel axial"

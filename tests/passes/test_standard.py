"""The passes in their order, on real files of every kind."""

from __future__ import annotations

import pickle
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.test_dicom import REFUSED, has_identity, pixel_bytes, sample_files
from uploader import dicom, passes
from uploader.domain.errors import UnreadableFile
from uploader.domain.trial import Protocol
from uploader.passes.trial import TrialAttributes, plain

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

PROTOCOL = Protocol(
    "TRIAL",
    "v1",
    "0" * 64,
    "Étude pilote",
    "Universitätsklinikum",
    ".*",
    "S-1",
    "{subject}_{n}",
    (),
    ("base/basic.das",),
    365,
    "TRIAL",
)


def standard(days: int = 40) -> tuple[passes.Pass, ...]:
    return passes.standard(key=b"k" * 32, days=days, protocol=PROTOCOL, subject="S-1", label="S-1_1", site="SITE-A")


def anonymised(dataset: Dataset) -> Dataset:
    for each in standard():
        each.apply(dataset)
    return dataset


@pytest.fixture(scope="module")
def pairs(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Path]]:
    """Every sample that can be read, and what became of it."""
    folder, made = tmp_path_factory.mktemp("out"), []
    for number, path in enumerate(sample_files(samples)):
        if str(path.relative_to(samples)) not in REFUSED and has_identity(dicom.read(path).dataset):
            target = folder / f"{number}.dcm"
            dicom.edit(path, target, anonymised)
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
        dicom.edit(path, again, anonymised)
        assert again.read_bytes() == target.read_bytes()


def test_a_nesting_too_deep_is_refused_not_passed() -> None:
    dataset = Dataset()
    for _ in range(40):
        outer = Dataset()
        outer.ReferencedStudySequence = [dataset]
        dataset = outer
    with pytest.raises(UnreadableFile, match="nested"):
        anonymised(dataset)


def test_the_passes_travel_to_another_process() -> None:
    dataset = Dataset()
    for each in pickle.loads(pickle.dumps(standard())):
        each.apply(dataset)
    assert dataset.PatientID == "S-1"


def test_every_pass_tells_a_reviewer_what_it_does_without_telling_secrets() -> None:
    told = "\n".join(each.describe() for each in standard(days=4711))
    assert len(told) > 400
    assert "4711" not in told


def test_the_statement_of_method_names_the_dates_option_and_the_profile() -> None:
    codes = [item.CodeValue for item in anonymised(Dataset()).DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113107"]


def test_without_a_base_script_the_basic_profile_is_not_claimed() -> None:
    dataset = Dataset()
    TrialAttributes("T", "v1", "", "", "S", "S_1", "A", basic_profile=False).apply(dataset)
    assert [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence] == ["113107"]


def test_trial_attributes_name_trial_site_subject_and_time_point() -> None:
    d = anonymised(Dataset())
    said = d.ClinicalTrialProtocolID, d.ClinicalTrialSiteID, d.ClinicalTrialSubjectID, d.ClinicalTrialTimePointID
    assert said == ("TRIAL", "SITE-A", "S-1", "S-1_1")


def test_a_sponsor_with_umlauts_fits_every_character_set() -> None:
    assert anonymised(Dataset()).ClinicalTrialSponsorName == "Universitatsklinikum"


def test_a_text_for_the_header_is_one_value_of_at_most_64_characters() -> None:
    assert plain("a\\b\nc" + "x" * 100) == "abc" + "x" * 61


def test_a_study_description_set_by_a_script_is_left() -> None:
    dataset = Dataset()
    dataset.StudyDescription = "PLANNING CT"
    assert anonymised(dataset).StudyDescription == "PLANNING CT"


def test_trial_attributes_replace_elements_of_a_foreign_vr() -> None:
    dataset = Dataset()
    dataset.add_new("PatientIdentityRemoved", "OB", b"NO")
    assert (anonymised(dataset)["PatientIdentityRemoved"].VR, dataset.PatientIdentityRemoved) == ("CS", "YES")

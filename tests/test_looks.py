"""Images with text drawn into them, through the anonymiser and the verifier: blanked, proved, or held."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.passes.treated import session
from tests.pixels import pictures
from tests.stages.sabotage import manifest
from uploader.dicomedit import parse
from uploader.domain.finding import Finding, Severity
from uploader.home import shipped
from uploader.looks import look
from uploader.pixels.device import DeviceRules
from uploader.pixels.rules import load
from uploader.recipes import Scripted
from uploader.stages.anonymise import Box, Recipe, anonymise
from uploader.stages.verify import verify

NAME = "scans/1/DICOM/0001.dcm"
RULES = DeviceRules(load(shipped("blanking_rules")))


def ultrasound(folder: Path, *, said: str = "YES", more: str = "", **attributes: object) -> Path:
    """A session of one image, with the patient's name drawn into its first rows, and `more` further down.
    said: of burned in annotation."""
    picture = pictures.drawn(pictures.speckle(), "RIVERA ANA 4471903")
    if more:
        picture = pictures.drawn(picture, more, at=(8, 120))
    made: Dataset = pictures.dataset(picture[None], Modality="US", Manufacturer="Phantom Works", **attributes)
    made.PatientName, made.PatientID = "Rivera^Ana", "MRN4471903"
    made.BurnedInAnnotation = said
    (folder / NAME).parent.mkdir(parents=True)
    pictures.saved(made, folder / NAME)
    return folder


def methods(target: Path) -> list[str]:
    """What the image says was done to it, as codes of CID 7050."""
    after = pydicom.dcmread(target / NAME)
    return [item.CodeValue for item in after.DeidentificationMethodCodeSequence]


def anonymised(source: Path, target: Path, recipe: Recipe) -> dict[str, tuple[Box, ...]]:
    boxes: dict[str, tuple[Box, ...]] = {}
    anonymise(source, target, manifest(source), recipe, boxes=boxes)
    return boxes


def verified(source: Path, target: Path, boxes: dict[str, tuple[Box, ...]]) -> list[str]:
    keep = frozenset({"S-1", "S-1_1", "TRIAL", "Étude pilote", "Universitätsklinikum", "SITE-A"})
    findings = verify(source.joinpath, target, manifest(source), manifest(target), keep=keep, boxes=boxes)
    return sorted({finding.code for finding in findings if finding.severity is Severity.REFUSAL})


def seen(source: Path, target: Path) -> list[Finding]:
    return list(look(source.joinpath, target, [NAME]))


@pytest.fixture(scope="module")
def banner(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, tuple[Box, ...]]]:
    """An image of a device for which there is a rule: the original, what was made of it, and the boxes."""
    folder = tmp_path_factory.mktemp("banner")
    source = ultrasound(folder / "in", ManufacturerModelName="Ellipse 8")
    return source, folder / "out", anonymised(source, folder / "out", Recipe((), session(), RULES))


def test_what_a_device_draws_is_blanked_by_its_rule(banner: tuple[Path, Path, dict[str, tuple[Box, ...]]]) -> None:
    _, target, boxes = banner
    assert boxes == {NAME: ((0, 0, 320, 48),)}
    after = pydicom.dcmread(target / NAME)
    assert (after.pixel_array[:48].max(), after.BurnedInAnnotation) == (0, "NO")


def test_an_image_that_was_blanked_says_so(banner: tuple[Path, Path, dict[str, tuple[Box, ...]]]) -> None:
    assert methods(banner[1]) == ["113100", "113101", "113107"]


def test_an_image_that_nobody_blanked_does_not_say_so_whatever_it_said_before(tmp_path: Path) -> None:
    source = ultrasound(tmp_path / "in", said="NO", ManufacturerModelName="Unknown 1")
    anonymised(source, tmp_path / "out", Recipe((), session(), RULES))
    assert methods(tmp_path / "out") == ["113100", "113107"]


def test_an_image_in_which_text_is_left_behind_does_not_say_that_it_is_clean(tmp_path: Path) -> None:
    source = ultrasound(tmp_path / "in", said="NO", more="RIVERA ANA", ManufacturerModelName="Ellipse 8")
    assert anonymised(source, tmp_path / "out", Recipe((), session(), RULES)) == {NAME: ((0, 0, 320, 48),)}
    assert methods(tmp_path / "out") == ["113100", "113107"]
    assert pydicom.dcmread(tmp_path / "out" / NAME).BurnedInAnnotation == "YES"


def test_a_blanked_image_passes_the_verifier_that_is_told_the_boxes(
    banner: tuple[Path, Path, dict[str, tuple[Box, ...]]],
) -> None:
    source, target, boxes = banner
    assert (verified(source, target, boxes), seen(source, target)) == ([], [])


def test_a_blanked_image_does_not_pass_a_verifier_that_was_told_nothing(
    banner: tuple[Path, Path, dict[str, tuple[Box, ...]]],
) -> None:
    source, target, _ = banner
    assert verified(source, target, {}) == ["verify.pixels"]


def test_a_name_in_an_image_without_a_rule_is_seen_and_refused(tmp_path: Path) -> None:
    source = ultrasound(tmp_path / "in", ManufacturerModelName="Unknown 1")
    assert anonymised(source, tmp_path / "out", Recipe((), session(), RULES)) == {}
    assert {(f.code, f.severity) for f in seen(source, tmp_path / "out")} == {("pixels.identity", Severity.REFUSAL)}


def test_a_script_that_blanks_is_proved_box_by_box(tmp_path: Path) -> None:
    source = ultrasound(tmp_path / "in", ManufacturerModelName="Unknown 1")
    text = 'version "6.6"\nalterPixels["rectangle", "l=0, t=0, r=320, b=40", "solid", "v=0"]'
    recipe = Recipe((Scripted(parse(text, "script"), {}),), session())
    boxes = anonymised(source, tmp_path / "out", recipe)
    assert boxes == {NAME: ((0, 0, 320, 40),)}
    assert "113101" in methods(tmp_path / "out")
    assert verified(source, tmp_path / "out", boxes) == []


def test_a_script_that_blanks_too_little_leaves_what_is_seen(tmp_path: Path) -> None:
    source = ultrasound(tmp_path / "in", ManufacturerModelName="Unknown 1")
    text = 'version "6.6"\nalterPixels["rectangle", "l=0, t=100, r=320, b=140", "solid", "v=0"]'
    boxes = anonymised(source, tmp_path / "out", Recipe((Scripted(parse(text, "script"), {}),), session()))
    assert verified(source, tmp_path / "out", boxes) == []
    assert "pixels.identity" in {f.code for f in seen(source, tmp_path / "out")}

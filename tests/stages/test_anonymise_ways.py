"""The usual way, which decodes only what scripts reach, does what decoding everything would do."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.passes.treated import session
from tests.scripted import Whole
from tests.test_dicom import REFUSED, sample_files
from uploader import dicom, phantom
from uploader.dicomedit import parse
from uploader.domain.errors import CannotBeSafe, ScriptRejected, UnreadableFile
from uploader.home import shipped
from uploader.recipes import Scripted
from uploader.stages.anonymise import Recipe, Work

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

SCRIPTS = shipped("dicomedit_scripts")
VARIABLES = {"project": "TRIAL", "subject": "S-1", "session": "S-1_1"}
SHIPPED = ("base/no_screenshots.das", "base/basic_profile.das", "trial/research.das")


def read(name: str) -> str:
    return (SCRIPTS / name).read_text()


def scripts(*texts: str) -> list[Scripted]:
    return [Scripted(parse(text, "script", read=read), VARIABLES) for text in texts]


def both_ways(source: Path, folder: Path, written: Sequence[Scripted], policy: str = "trial") -> tuple[bytes, bytes]:
    usual, whole = folder / "usual.dcm", folder / "whole.dcm"
    passes = session(policy)
    Work(Recipe(tuple(Whole(each) for each in written), passes)).file(source, whole)
    Work(Recipe(tuple(written), passes)).file(source, usual)
    return usual.read_bytes(), whole.read_bytes()


def said(data: bytes, folder: Path) -> Dataset:
    (folder / "one.dcm").write_bytes(data)
    return pydicom.dcmread(folder / "one.dcm")


def test_the_shipped_scripts_reach_little() -> None:
    assert [each.reach is None for each in scripts(*map(read, SHIPPED))] == [False, False, False]


def test_both_ways_make_the_same_of_every_sample(samples: Path, tmp_path: Path) -> None:
    differing, compared = [], 0
    for path in sample_files(samples):
        with suppress(ScriptRejected, CannotBeSafe, UnreadableFile):
            if str(path.relative_to(samples)) not in REFUSED:
                usual, whole = both_ways(path, tmp_path, scripts(*map(read, SHIPPED)))
                compared += 1
                differing += [] if said(usual, tmp_path) == said(whole, tmp_path) else [path.name]
    assert (differing, compared > 50) == ([], True)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan")
    phantom.write_session(folder, slices=3, size=16)
    return next(p for p in sorted(folder.iterdir()) if pydicom.dcmread(p).Modality == "RTPLAN")


@pytest.mark.parametrize(
    "text",
    [
        '(0008,0070) := "ACME"',
        '(0008,0070) ?= "ACME"',
        "-(0008,0070)",
        '-*/(0008,1155)\n(0008,0070) := "ACME"',
        '(0008,0060) = "RTPLAN" ? (0008,0070) := "ACME" : (0008,0070) := "OTHER"',
        "(0010,0010) := subject\n(0008,0018) := hashUID[(0008,0018)]",
        '(0008,0022) := shiftDateByIncrement[(0008,0020), "-14", "days"]',
        '(0018,1020) := "A\\\\B"\n(0020,0013) ?= "7"\n(0020,0052) := "1.2.3"',
        '-(0008,009X)\n(0008,0070) := uppercase["odd"]',
        'x := (0008,0070)\n(0008,1090) := format["{0}-{1}", x, subject]',
        '*/(300A,00C2) ?= "BEAM"',
        '(300A,00B0)[0]/(300A,00C2) := "FIRST"',
        'removeTags["(300A,0002)", "*/(300A,00C3)"]',
        'set["(0008,0070)", "ACME"]',
        "if (isPresent[(300A,0070)]) { -(300A,0070) }",
        "removeAllPrivateTags",
        '(0009,{ACME}01) := "private"',
        "hashUIDList[*/(0008,1155)]",
        "blankValues[(0008,0070)]",
        '(0008,0005) := "ISO_IR 192"',
    ],
)
def test_both_ways_do_what_a_script_says(plan: Path, tmp_path: Path, text: str) -> None:
    usual, whole = both_ways(plan, tmp_path, scripts(f'version "6.6"\n{text}'))
    assert usual == whole


def test_what_is_remembered_of_one_file_is_not_told_of_the_next(tmp_path: Path) -> None:
    phantom.write_session(tmp_path / "in", slices=6, size=16)
    recipe = Recipe(tuple(scripts(*map(read, SHIPPED))), session("trial"))
    together = Work(recipe)
    for path in sorted((tmp_path / "in").iterdir()):
        together.file(path, tmp_path / "one.dcm")
        Work(recipe).file(path, tmp_path / "other.dcm")
        assert (tmp_path / "one.dcm").read_bytes() == (tmp_path / "other.dcm").read_bytes()


def test_a_script_that_gives_something_new_every_time_is_run_every_time(tmp_path: Path) -> None:
    phantom.write_session(tmp_path / "in", slices=2, size=16)
    work = Work(Recipe(tuple(scripts('version "6.6"\n(0008,0070) := newUID[]')), session("trial")))
    made = []
    for path in sorted((tmp_path / "in").iterdir())[:2]:
        work.file(path, tmp_path / "out.dcm")
        made.append(pydicom.dcmread(tmp_path / "out.dcm").Manufacturer)
    assert made[0] != made[1]


def test_pixels_are_neither_read_nor_changed(tmp_path: Path) -> None:
    phantom.write_session(tmp_path / "in", slices=1, size=64)
    source = next(p for p in (tmp_path / "in").iterdir() if p.name.startswith("CT"))
    Work(Recipe((), session())).file(source, tmp_path / "out.dcm")
    offsets = [dicom.read(path).pixels for path in (source, tmp_path / "out.dcm")]
    data = [
        p.read_bytes()[at : at + length]
        for p, (at, length) in zip((source, tmp_path / "out.dcm"), offsets, strict=True)
    ]
    assert data[0] == data[1] != b""

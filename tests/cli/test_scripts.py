"""`uploader script`: check, describe, run and diff, without a home."""

from __future__ import annotations

import json

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from tests.cli.calling import call
from uploader.cli import group

SCRIPT = 'version "6.6"\n-(0010,0010)\n(0010,0020) := subject\n(0010,0040) = "O" ? reject[]\n'


@pytest.fixture
def place(tmp_path):
    """A script, two files and a third that the script rejects."""
    (tmp_path / "site.das").write_text(SCRIPT)
    for name, sex in (("a", "F"), ("sub/b", "M"), ("c", "O")):
        made = Dataset()
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", f"1.2.{ord(name[-1])}"
        made.PatientName, made.PatientID, made.PatientSex = "Rivera^Ana", "MRN-77", sex
        made.Rows = made.Columns = 8
        made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
        made.BitsAllocated = made.BitsStored = 8
        made.HighBit, made.PixelRepresentation = 7, 0
        made.PixelData = bytes(range(1, 65))
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made.save_as(path, enforce_file_format=True)
    return tmp_path


def said(*arguments):
    """(exit code, stdout, stderr)."""
    result = CliRunner().invoke(group, ["script", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_a_right_script_is_said_to_be_right(place):
    assert said("check", place / "site.das") == (0, "site.das: right\n", "")


def test_a_wrong_script_is_shown_with_a_caret_and_exit_code_2(place):
    (place / "wrong.das").write_text(SCRIPT + "-(0010,0020) ;")
    code, out, err = said("check", place / "site.das", place / "wrong.das")
    assert code == 2
    assert out == "site.das: right\n"
    assert err.startswith("wrong.das, line 5, column 14: ")
    assert err.rstrip().endswith("^")


def test_a_script_is_checked_with_what_it_includes(place):
    (place / "base").mkdir()
    (place / "base" / "b.das").write_text(SCRIPT)
    (place / "whole.das").write_text('include "base/b.das"')
    assert said("check", place / "whole.das")[0] == 0
    (place / "base" / "beside.das").write_text('include "base/b.das"')
    assert said("check", place / "base" / "beside.das")[0] == 0
    assert said("check", place / "whole.das", "--scripts", place / "in")[0] == 2


def test_a_script_is_described_in_plain_words(place):
    code, out, _ = said("describe", place / "site.das")
    assert code == 0
    assert "variables that it needs: subject" in out
    assert "line 2: remove Patient's Name (0010,0010)" in out


def test_a_file_is_edited_into_a_new_one(place):
    code, out, _ = said("run", place / "site.das", place / "in" / "a", place / "out", "--var", "subject=S-1")
    assert (code, json.loads(out)) == (0, {"written": 1, "rejected": 0, "failed": 0})
    after = pydicom.dcmread(place / "out")
    assert (after.PatientID, "PatientName" in after) == ("S-1", False)
    assert after.PixelData == bytes(range(1, 65))


def test_what_is_rejected_is_not_in_the_new_tree_and_the_exit_code_says_so(place):
    code, out, err = said("run", place / "site.das", place / "in", place / "out", "--var", "subject=S-1")
    assert (code, json.loads(out)) == (4, {"written": 2, "rejected": 1, "failed": 0})
    assert sorted(str(p.relative_to(place / "out")) for p in (place / "out").rglob("*") if p.is_file()) == [
        "a",
        "sub/b",
    ]
    assert "Rivera" not in err


def test_what_is_no_dicom_file_fails_alone(place):
    (place / "in" / "notes").write_text("Rivera^Ana")
    code, out, err = said("run", place / "site.das", place / "in", place / "out", "--var", "subject=S-1")
    assert (code, json.loads(out)["failed"]) == (4, 1)
    assert "Rivera" not in err
    assert not (place / "out" / "notes").exists()


@pytest.mark.parametrize("target", ["in/a", "in/new"])
def test_nothing_is_overwritten_and_nothing_is_written_into_the_source(place, target):
    before = {p: p.read_bytes() for p in (place / "in").rglob("*") if p.is_file()}
    assert said("run", place / "site.das", place / "in", place / target, "--var", "subject=S-1")[0] == 2
    assert {p: p.read_bytes() for p in (place / "in").rglob("*") if p.is_file()} == before


def test_a_missing_variable_is_asked_for_before_anything_is_written(place):
    code, _, err = said("run", place / "site.das", place / "in", place / "out")
    assert code == 2
    assert "--var for subject" in err
    assert not (place / "out").exists()


def test_pixels_are_blanked(place):
    (place / "box.das").write_text('version "6.6"\nalterPixels["rectangle", "l=0,t=0,r=4,b=2", "solid", ""]')
    assert said("run", place / "box.das", place / "in" / "a", place / "out")[0] == 0
    after = pydicom.dcmread(place / "out").pixel_array
    assert not after[:2, :4].any()
    assert np.count_nonzero(after) == 64 - 8


def test_the_difference_is_shown_element_by_element_with_a_warning(place):
    code, out, err = said("diff", place / "site.das", place / "in" / "a", "--var", "subject=S-1")
    assert code == 0
    assert '- (0010,0010) Patient\'s Name: PN "Rivera^Ana"' in out
    assert '~ (0010,0020) Patient ID: LO "MRN-77"  ->  LO "S-1"' in out
    assert "identifiable" in err
    assert "PatientSex" not in out


def test_files_that_change_alike_are_shown_once(place):
    for name in ("d", "e"):
        (place / "in" / name).write_bytes((place / "in" / "a").read_bytes())
    (place / "in" / "c").unlink()
    out = said("diff", place / "site.das", place / "in", "--var", "subject=S-1")[1]
    assert out.count("Rivera^Ana") == 1
    assert out.rstrip().endswith(f"  ... and the same in 3 more, to {place / 'in' / 'sub' / 'b'}")


def test_a_file_that_does_not_change_is_said_not_to(place):
    (place / "nothing.das").write_text('version "6.6"\n-(0010,1010)')
    assert "  nothing changes\n" in said("diff", place / "nothing.das", place / "in" / "a")[1]


def test_the_difference_shows_that_pixels_change(place):
    (place / "box.das").write_text('version "6.6"\nalterPixels["rectangle", "l=0,t=0,r=4,b=2", "solid", ""]')
    out = said("diff", place / "box.das", place / "in" / "a")[1]
    assert "~ (7FE0,0010) Pixel Data: OB 64 bytes" in out


def test_a_difference_shows_no_commands_to_the_terminal(place):
    edited = pydicom.dcmread(place / "in" / "a")
    edited.PatientName = "A\x1b[2J\x07B"
    edited.save_as(place / "in" / "a")
    assert "\x1b" not in said("diff", place / "site.das", place / "in" / "a", "--var", "subject=S-1")[1]


def test_the_reference_can_be_matched(place):
    (place / "stray.das").write_text('version "6.6"\n-(0010,0010) ;')
    assert said("run", place / "stray.das", place / "in" / "a", place / "x")[0] != 0
    assert said("run", place / "stray.das", place / "in" / "a", place / "out", "--compatible")[0] == 0


def test_it_needs_no_home(place):
    answer = call(None, "script", "check", place / "site.das")
    assert (answer.returncode, answer.stdout) == (0, "site.das: right\n")

"""Lists of ROI names of DASHER become rules that say the same, or it is told why they cannot."""

from __future__ import annotations

import pytest

from uploader.nomenclature.folding import folding, matches
from uploader.protocols.labels import IGNORED, Lists, faults, read, rois, warnings


def lists(permitted, required=""):
    return Lists(read(permitted.encode()), read(required.encode()))


@pytest.mark.parametrize(
    "raw", [b"PTV*\r\nHeart\r\n", b"\xef\xbb\xbfPTV*\nHeart", b"\n  PTV*\t\n\n\nHeart\n\n", b"PTV*\rHeart"]
)
def test_line_ends_marks_and_blanks_do_not_count(raw):
    assert [name for _, name in read(raw)] == ["PTV*", "Heart"]


def test_a_list_in_another_encoding_is_refused_in_words():
    with pytest.raises(ValueError, match="not UTF-8"):
        read("Größe".encode("latin-1"))


@pytest.mark.parametrize(
    ("permitted", "required", "words"),
    [
        ("Heart", "Lung_L", "required, line 1: no permitted name covers Lung_L"),
        ("Heart\nLungs\nheart", "", "permitted, line 3: heart is the same as Heart in line 1"),
        ("Lung_L\nLung L", "", "permitted, line 2: Lung L is the same as Lung_L in line 1"),
        ("PTV*", "PTV_1\n\nptv 1", "required, line 3: ptv 1 is the same as PTV_1 in line 1"),
        ("", "", "permitted: the list is empty"),
        ("*", "A" * 65, "required, line 1: a name of 65 characters"),
    ],
)
def test_lists_that_contradict_themselves_are_refused(permitted, required, words):
    assert words in next(faults(lists(permitted, required)))


@pytest.mark.parametrize(
    ("permitted", "required"), [("PTV*\nHeart", "PTV_5040"), ("PTV*", "PTV_*"), ("heart", "Heart")]
)
def test_a_required_name_may_be_covered_by_a_wildcard_and_in_other_capitals(permitted, required):
    assert list(faults(lists(permitted, required))) == []


@pytest.mark.parametrize(
    ("permitted", "words"),
    [
        ("A" * 65, "left out: 65 characters, and ROI Name holds 64"),
        ("A" * 17, "17 characters; ROI Observation Label holds 16"),
        ("*", "permits every name"),
    ],
)
def test_what_is_odd_is_told_and_taken(permitted, words):
    (told,) = warnings(lists(permitted))
    assert words in told


def test_the_rules_say_what_the_lists_said():
    assert rois(lists("BODY\nSpinalCord\nCTV*\n" + "A" * 65, "SpinalCord")) == [
        {"name": "SpinalCord", "need": "required"},
        {"name": "BODY", "need": "optional"},
        {"name": "CTV*", "need": "optional"},
    ]


PHANTOM = (
    "Chamber-Spine,Chamber-Cord,SpinalCord,CTV-Spine,GTV-Lung3,GTV-Lung2,GTV-Lung1,Lung,BODY,Plan_PTV_Spine,"
    "SpinalCord_XX,PTV_Spine"
)
FIRST = "Body SpinalCord CTV* GTV* PTV* A_Femoral_L A_Femoral_R".replace(" ", "\n")
THIRD = "Chamber-Spine Chamber-Cord SpinalCord SpinalCord_PRV CTV-Spine Lung BODY".replace(" ", "\n")


@pytest.mark.parametrize(
    ("permitted", "not_permitted"),
    [
        (FIRST, {"Chamber-Spine", "Chamber-Cord", "Lung", "Plan_PTV_Spine", "SpinalCord_XX"}),
        (THIRD, {"GTV-Lung3", "GTV-Lung2", "GTV-Lung1", "Plan_PTV_Spine", "SpinalCord_XX", "PTV_Spine"}),
    ],
)
def test_the_names_of_the_spine_phantom_are_permitted_as_dasher_permits_them(permitted, not_permitted):
    fold, names = folding(IGNORED), [roi["name"] for roi in rois(lists(permitted))]
    assert {roi for roi in PHANTOM.split(",") if not any(matches(roi, name, fold) for name in names)} == not_permitted

"""What a clinic's label means; above all, that no suggestion changes the side."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.names import cases, is_wrong_side, side
from uploader.nomenclature import Side, Suggester
from uploader.nomenclature.table import names
from uploader.nomenclature.words import is_spoken, read

STANDARD = Suggester()
TRIAL = Suggester(
    [
        "Parotid_L",
        "Parotid_R",
        "SpinalCord",
        "SpinalCord_PRV",
        "PTV_6500",
        "PTV_5400",
        "CTV_6500",
        "Musc_Constrict",
        "CTV_*",
    ],
    {"Parotid_R": ["the right one", "OAR7"], "SpinalCord": ["OAR8"]},
)
SIDED = sorted(name[:-2] for name in names() if name.endswith("_L") and name != "VB_L")
LEFT = ["l", "lt", "left", "links", "li", "gauche", "izquierda", "sinistra", "sx", "esquerda"]
RIGHT = ["r", "rt", "right", "rechts", "re", "droite", "derecha", "destra", "dx", "direita"]


def first(suggester: Suggester, label: str, seen: Side = Side.UNKNOWN):
    return next(iter(suggester.suggest(label, seen)), None)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Lt Parotid", "Parotid_L"),
        ("RPAROTID", "Parotid_R"),
        ("SMG re", "Glnd_Submand_R"),
        ("Parotide_D", "Parotid_R"),
        ("Sehnerv li", "OpticNrv_L"),
        ("moelle", "SpinalCord"),
        ("Oesophagus", "Esophagus"),
        ("opitc nerve_R", "OpticNrv_R"),
        ("lungs minus GTV", "Lungs-GTV"),
        ("B/L lungs", "Lungs"),
        ("cord + 5mm", "SpinalCord_PRV05"),
        ("optic chiasm PRV 3", "OpticChiasm_PRV3"),
        ("Neck level IIa left", "LN_Neck_IIA_L"),
        ("T5", "VB_T05"),
        ("PTV 60 Gy", "PTV_6000"),
        ("R_Kidney", "Kidney_R"),
    ],
)
def test_a_label_of_a_clinic_is_understood(label, name):
    found = first(STANDARD, label)
    assert found is not None
    assert (found.name, found.undecided) == (name, False)
    assert found.reason


@pytest.mark.parametrize("own", [["Lungs", "Heart"], ["Lungs", "Lung_L", "Lung_R"]])
def test_one_side_is_never_taken_for_both_even_where_the_trial_lists_only_both(own):
    only_both = Suggester(own)
    for label in ("Lt Lung", "total lung left", "whole left lung", "left lungs"):
        assert "Lungs" not in {s.name for s in only_both.suggest(label, limit=9)}
    assert all(s.undecided for s in only_both.suggest("lung") if s.name == "Lungs")
    assert (first(only_both, "both lungs").name, first(only_both, "lungs").undecided) == ("Lungs", False)


def test_a_name_without_a_side_is_no_certain_answer_to_a_label_with_one():
    found = first(Suggester(["Chestwall"], standard=False), "chest wall left")
    assert (found.name, found.undecided) == ("Chestwall", True)
    assert "the label says left" in found.reason


def test_where_no_side_is_said_both_are_offered_and_neither_is_chosen():
    found = STANDARD.suggest("parotid")
    assert {s.name for s in found[:2]} == {"Parotid_L", "Parotid_R"}
    assert all(s.undecided and "which side" in s.reason for s in found[:2])


def test_contours_confirm_a_side_and_never_choose_one():
    assert "lie on the left" in first(STANDARD, "left parotid", Side.LEFT).reason
    found = STANDARD.suggest("parotid", Side.RIGHT)[:2]
    assert [s.name for s in found] == ["Parotid_R", "Parotid_L"]
    assert all(s.undecided for s in found)


def test_contours_on_the_other_side_are_a_contradiction_that_is_said():
    found = first(STANDARD, "left parotid", Side.RIGHT)
    assert (found.name, found.undecided) == ("Parotid_L", True)
    assert "but the contours lie on the right" in found.reason


def test_the_trials_own_names_come_first():
    found = TRIAL.suggest("parotid left")
    assert (found[0].name, found[0].own) == ("Parotid_L", True)
    assert first(TRIAL, "PTV65").name == "PTV_6500"
    assert first(TRIAL, "pharyngeal constrictor").name == "Musc_Constrict"


def test_a_synonym_of_the_trial_is_certain_but_for_the_side_it_does_not_say():
    assert (first(TRIAL, "oar 8").name, first(TRIAL, "oar 8").score) == ("SpinalCord", 1.0)
    assert first(TRIAL, "the right one").undecided is False
    assert first(TRIAL, "OAR7").undecided is True


def test_a_synonym_never_turns_a_label_to_the_other_side():
    wrong = Suggester(["Parotid_L", "Parotid_R"], {"Parotid_L": ["right parotid"]})
    assert first(wrong, "right parotid").name == "Parotid_R"


def test_an_organ_with_a_margin_is_not_taken_for_the_organ():
    assert first(TRIAL, "cord PRV").name == "SpinalCord_PRV"
    assert "SpinalCord" not in {s.name for s in TRIAL.suggest("cord PRV")}
    assert "SpinalCord_PRV" not in {s.name for s in TRIAL.suggest("cord")}


@pytest.mark.parametrize("label", ["PTV", "PTV 65"])
def test_a_target_is_never_another_type_of_target(label):
    assert not [s for s in TRIAL.suggest(label, limit=9) if not s.name.startswith("PTV")]


@pytest.mark.parametrize("label", ["", " ", "xyzzy", "Ring 3cm", "^", "_", "123"])
def test_what_means_nothing_gets_no_certain_suggestion(label):
    assert [s for s in STANDARD.suggest(label) if s.score > 0.8] == []


def test_no_label_of_the_benchmark_gets_the_wrong_side_first():
    slice_ = [case for case in cases() if side(case.meaning)][::6]
    offered = {case: first(STANDARD, case.label) for case in slice_}
    assert len(slice_) > 80
    assert [c.label for c, found in offered.items() if found and is_wrong_side(c, found.name)] == []


def test_three_of_four_labels_of_a_slice_of_the_benchmark_are_right_first():
    slice_ = [case for case in cases() if case.source != "reverse"][::12]
    right = [
        c for c in slice_ if (found := first(STANDARD, c.label)) and (found.name, found.undecided) == (c.meaning, False)
    ]
    assert len(right) / len(slice_) >= 0.75


@pytest.mark.parametrize(
    "name", ["PTV_High", "CTVn_Mid01", "PTV!_Low", "GTVp1", "PTV_5040", "CTV-Spine", "Lung_L", "VB_T05"]
)
def test_a_name_of_known_words_and_short_figures_is_nobodys(name):
    assert is_spoken(name)


@pytest.mark.parametrize("name", ["GTV_Smith", "GTVSmith", "PTV_1234567", "Muller", "CTV_Lung_Jones"])
def test_a_name_with_a_word_that_nobody_knows_could_be_somebodys(name):
    assert not is_spoken(name)


@pytest.mark.parametrize("label", ["L", "spinalcord", "a ", "\ud800", "+5mm", "+", "(", "5", "prv_", " _"])
def test_an_endless_label_is_read_too(label):
    assert STANDARD.suggest(label * 5000) is not None


spelt = st.sampled_from(["{side} {organ}", "{organ} {side}", "{organ}_{side}", "{side}-{organ}", "{organ}({side})"])
cased = st.sampled_from([str.lower, str.upper, str.title])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SIDED), spelt, cased, st.data())
def test_whatever_way_a_side_is_written_no_name_of_the_other_is_offered(organ, spelling, case, data):
    words, other = data.draw(st.sampled_from([(LEFT, "R"), (RIGHT, "L")]))
    label = case(spelling.format(side=data.draw(st.sampled_from(words)), organ=organ.replace("_", " ")))
    assert [s.name for s in STANDARD.suggest(label, limit=20) if side(s.name) == other and not s.undecided] == []


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SIDED), st.sampled_from([str.lower, str.upper, str]))
def test_a_label_without_a_side_gets_no_side_that_a_person_did_not_decide(organ, case):
    found = STANDARD.suggest(case(organ), limit=20)
    assert [s.name for s in found if side(s.name) and not s.undecided] == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read(label):
    read(label)
    assert all(0 <= s.score <= 1 for s in STANDARD.suggest(label))

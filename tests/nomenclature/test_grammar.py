"""What obeys TG-263, and what a name is made of."""

from __future__ import annotations

import pytest

from uploader.nomenclature.grammar import ALLOWABLE, Parts, Rules, faults, parse
from uploader.nomenclature.table import names, reverses
from uploader.nomenclature.targets import Target, target

EVERYTHING = Rules(allow=frozenset(ALLOWABLE))


def test_every_name_of_the_table_obeys():
    assert [name for name in names() if faults(name, EVERYTHING)] == []


def test_every_reverse_name_obeys_where_the_trial_takes_that_order():
    rules = Rules(form="reverse", allow=frozenset(ALLOWABLE))
    assert [name for name in reverses() if faults(name, rules) and name not in ("Bag_Bowel",)] == []
    assert faults("Kidney_R", rules)
    assert faults("R_Kidney", EVERYTHING)


@pytest.mark.parametrize(
    "name",
    ["OpticNrv_PRV03_L", "SpinalCord_PRV", "Lung~_L", "Brain~", "Heart^Auto", "zSkin", "_Skin", "Lungs-GTV", "Skin-05"],
)
def test_a_form_of_the_report_obeys_where_the_trial_allows_it_and_only_there(name):
    assert faults(name, EVERYTHING) == []
    assert [fault for fault in faults(name, Rules(allow=frozenset())) if "does not allow" in fault] or name in names()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("Spinal Cord", "blank"),
        ("Parotid_Left", "no name"),
        ("parotid_L", "no name"),
        ("Kidney/R", "character"),
        ("BrachialPlexus_PRV05_L", "more than 16"),
        ("Heart!", "exclamation"),
        ("PTV-Lung", "no target's name"),
        ("", "no name"),
    ],
)
def test_a_fault_is_told_in_a_sentence_without_the_name(name, fault):
    said = " ".join(faults(name, EVERYTHING))
    assert fault in said
    assert not name or name not in said


def test_a_name_of_the_trials_own_obeys():
    assert faults("MyStructure", Rules(extra=frozenset({"MyStructure"}))) == []


def test_a_name_is_taken_apart():
    assert parse("zOpticNrv~_PRV03_L-05^AI") == Parts("OpticNrv_L", True, "03", True, "", "05", "AI", "z")
    assert parse("Kidney_L-GTV").base == "Kidney_L-GTV"  # the table has it
    assert parse("Heart-PTV") == Parts("Heart", minus="PTV")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("PTV", Target("PTV")),
        ("GTVp1", Target("GTV", "p", "1")),
        ("CTVsb", Target("CTV", "sb")),
        ("PTV!_High", Target("PTV!", dose="High")),
        ("PTV_Mid01", Target("PTV", dose="Mid01")),
        ("PTV_5040", Target("PTV", dose="5040")),
        ("PTV_50.4Gy", Target("PTV", dose="50.4Gy")),
        ("PTV_50p4Gy", Target("PTV", dose="50p4Gy")),
        ("PTV_2000x3", Target("PTV", dose="2000x3")),
        ("PTV_20Gyx3-08", Target("PTV", dose="20Gyx3", crop_mm="08")),
        ("GTVn2_CT1PT1_Low", None),
        ("GTVn2_CT1_PT1_Low", Target("GTV", "n", "2", "CT1_PT1", dose="Low")),
        ("CTV_Prostate_High", Target("CTV", structure="Prostate", dose="High")),
        ("PTV60", Target("PTV", number="60")),
        ("PTV 60", None),
        ("ptv", None),
    ],
)
def test_a_targets_name_is_taken_apart(name, parts):
    assert target(name) == parts


@pytest.mark.parametrize(
    ("name", "style", "cgy"), [("PTV_5040", "cGy", 5040), ("PTV_50.4Gy", "Gy", 5040), ("PTV_Low", "relative", None)]
)
def test_the_dose_of_a_target_is_read_in_each_style(name, style, cgy):
    found = target(name)
    assert found is not None
    assert (found.dose_style, found.dose_cgy) == (style, cgy)

"""What a protocol says of names decides which are taken, and which are suggested."""

from __future__ import annotations

import pytest

from uploader.ports import Case
from uploader.validators.naming import is_listed, is_name, own_names, stands_for, suggester

TG263 = {"standard": "TG-263"}


def asking(**said):
    return {"nomenclature": {**TG263, **said}, "rois": [{"name": "Cochlea_L", "need": "optional"}]}


def suggested(label, **said):
    return [each.name for each in suggester(asking(**said)).suggest(label)]


@pytest.mark.parametrize(
    ("label", "refuses", "takes"),
    [
        ("R_Kidney", {}, {"form": "reverse"}),
        ("Kidney_R", {"form": "reverse"}, {"form": "either"}),
        ("OpticNrv_PRV03_L", {}, {"allow": ["prv"]}),
        ("Lung~_L", {}, {"allow": ["partial_tilde"]}),
        ("Lungs^Old", {}, {"allow": ["custom_caret"]}),
        ("zKidney_R", {}, {"allow": ["z_prefix"]}),
        ("_Kidney_R", {}, {"allow": ["underscore_prefix"]}),
        ("Kidney_R-PTV", {}, {"allow": ["derived_minus"]}),
        ("PTV-03", {}, {"allow": ["crop_suffix"]}),
        ("GTV_MR01", {}, {"allow": ["imaging_suffix"]}),
        ("Musc_Made_Up", {}, {"extra_names": [{"name": "Musc_Made_Up", "meaning": "a muscle"}]}),
        ("Kidney_R", {"max_length": 7}, {"max_length": 8}),
    ],
)
def test_a_name_is_taken_where_the_protocol_permits_its_form(label, refuses, takes):
    assert not is_name(asking(**refuses), label)
    assert is_name(asking(**takes), label)


def test_a_name_of_the_trials_own_is_listed_and_offered():
    asked = asking(extra_names=[{"name": "Musc_Made_Up", "meaning": "a muscle"}])
    assert is_listed(asked, "Musc_Made_Up")
    assert own_names(asked) == ["Cochlea_L", "Musc_Made_Up"]


@pytest.mark.parametrize(
    ("label", "ignored", "same"),
    [
        ("COCHLEA_L", [], False),
        ("COCHLEA_L", ["case"], True),
        ("Cochlea L", ["case"], False),
        ("Cochlea L", ["separators"], True),
    ],
)
def test_differences_that_the_protocol_ignores_do_not_count(label, ignored, same):
    assert stands_for(Case({}, asking(ignore=ignored)), "Cochlea_L", label) is same


def test_a_synonym_of_the_protocol_is_suggested_and_what_is_less_alike_than_it_says_is_not():
    assert "Cochlea_L" not in suggested("OAR7")
    assert suggested("OAR7", synonyms={"Cochlea_L": ["OAR7"]})[0] == "Cochlea_L"
    assert "Cochlea_L" in suggested("cochlea")
    strict = {"allowed": True, "confirm": "each", "suggest_min_score": 0.99}
    assert "Cochlea_L" not in suggested("cochlea", rename=strict)

"""A constraint holds for the values that it is meant for, as numbers or as text, one or many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.validators.constraints import Told, holds, recognises, told

CT = {"KVP": 120.0, "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"], "ConvolutionKernel": "B30f", "SeriesDescription": ""}


def asks(op, attr="KVP", **more):
    return {"attr": attr, "op": op, **more}


@pytest.mark.parametrize(
    ("said", "right"),
    [
        (asks("present", "SeriesDescription"), True),
        (asks("present", "ContrastBolusAgent"), None),
        (asks("non_empty"), True),
        (asks("non_empty", "SeriesDescription"), None),
        (asks("absent", "ContrastBolusAgent"), True),
        (asks("absent", "SeriesDescription"), True),
        (asks("absent"), False),
        (asks("eq", value=120), True),
        (asks("eq", value="120"), True),
        (asks("eq", value=80), False),
        (asks("eq", "ImageType", value="ORIGINAL\\PRIMARY\\AXIAL"), True),
        (asks("eq", "ImageType", value="ORIGINAL"), False),
        (asks("eq", "ImageType[2]", value="AXIAL"), True),
        (asks("in", values=[100, 120]), True),
        (asks("in", "ImageType", values=["ORIGINAL"]), False),
        (asks("not_in", "ImageType", values=["LOCALIZER"]), True),
        (asks("not_in", "ImageType", values=["AXIAL"]), False),
        (asks("range", range={"min": 100, "max": 140}), True),
        (asks("range", range={"eq": 119, "tol_pct": 1}), True),
        (asks("range", range={"eq": 119, "tol": 0.5}), False),
        (asks("range", range={"eq": 0.12, "tol": 0.001}, scale=0.001, unit="MV"), True),
        (asks("range", "ConvolutionKernel", range={"min": 0}), False),
        (asks("regex", "ConvolutionKernel", value="^B[0-9]+"), True),
        (asks("regex", "ImageType", value="PRIMARY.*AXIAL"), True),
        (asks("regex", "ConvolutionKernel", value="^b"), False),
        (asks("contains_all", "ImageType", values=["AXIAL", "ORIGINAL"]), True),
        (asks("contains_all", "ImageType", values=["AXIAL", "MIP"]), False),
    ],
)
def test_each_comparison_asks_what_it_says(said, right):
    answers = {True: Told(right=("a",)), False: Told(wrong=("a",)), None: Told(missing=("a",))}
    assert told({"a": CT}, said) == answers[right]


@pytest.mark.parametrize(
    ("value", "right"), [("120", True), (" 120.0 ", True), ("80", False), ("high", False), (10**400, False)]
)
def test_a_number_that_comes_as_text_is_a_number(value, right):
    assert holds([value], asks("range", range={"min": 100})) is right


def test_two_texts_of_figures_are_compared_to_the_letter():
    assert not holds(["20260101"], asks("eq", "AcquisitionDate", value="20260102"))


@given(st.floats(1e-3, 1e5))
def test_a_number_equals_itself_however_it_is_written(number):
    assert holds([number], asks("eq", value=repr(number)))
    assert not holds([number], asks("eq", value=repr(number * 1.001)))


def test_instances_that_are_not_like_the_first_vary():
    headers = {"a": {"KVP": 120.0}, "b": {"KVP": 120.0000001}, "c": {"KVP": 80.0}, "d": {}}
    assert told(headers, asks("same_across_series")) == Told(("a", "b"), ("c",), ("d",))


def test_values_of_a_series_are_looked_at_together_when_the_series_must_have_them_all():
    headers = {"a": {"DiffusionBValue": 0.0}, "b": {"DiffusionBValue": 1000.0}}
    said = asks("contains_all", "DiffusionBValue", values=[0, 1000], scope="series")
    assert told(headers, said) == Told(right=("a", "b"))
    assert told(headers, {**said, "scope": "every_instance"}) == Told(wrong=("a", "b"))


@pytest.mark.parametrize(
    ("headers", "more", "is_it"),
    [
        ([{"KVP": 120.0}, {"KVP": 120.0}], {}, True),
        ([{"KVP": 120.0}, {"KVP": 80.0}], {}, False),
        ([{"KVP": 120.0}, {"KVP": 80.0}], {"scope": "any_instance"}, True),
        ([{"KVP": 80.0}], {"scope": "any_instance"}, False),
        ([{}, {}], {}, False),
        ([{}, {}], {"on_missing": "pass"}, True),
        ([{"KVP": 120.0}, {}], {}, False),
        ([{"KVP": 120.0}, {}], {"on_missing": "pass"}, True),
        ([{"KVP": 80.0}, {}], {"on_missing": "pass"}, False),
    ],
)
def test_a_scan_is_recognised_by_its_instances(headers, more, is_it):
    assert recognises(headers, asks("eq", value=120, **more)) is is_it


def test_a_comparison_that_nobody_knows_is_an_error():
    with pytest.raises(ValueError, match="no comparison"):
        holds([1], asks("near"))

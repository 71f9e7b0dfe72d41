"""Figures of histograms in the grammar of TG-263."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.contours.dose_metrics import NoMetric, parsed
from uploader.contours.dvh import Dvh

SCHEMA = Path(__file__).parent.parent.parent / "trial_protocols" / "schema.json"
GRAMMAR = json.loads(SCHEMA.read_text())["$defs"]["dvh_check"]["properties"]["metric"]["pattern"]

EVEN = Dvh(np.full(100, 2.0), 0.5, 200.0, 0.0, 0.0, 50.0, 25.0)
"""200 cm3 of which each has another dose, evenly from 0 to 50 Gy."""


@pytest.mark.parametrize(
    ("metric", "figure"),
    [
        ("V20Gy[cc]", 120),
        ("V20Gy[%]", 60),
        ("V50%[cc]", 100),
        ("V125%[%]", 0),
        ("CV20Gy[cc]", 80),
        ("CV50%[%]", 50),
        ("D95%[Gy]", 2.5),
        ("D2%[Gy]", 49),
        ("D50%[%]", 50),
        ("D10cc[Gy]", 47.5),
        ("D10cc[%]", 95),
        ("DC10cc[Gy]", 2.5),
        ("DC5%[Gy]", 2.5),
        ("DC5%[%]", 5),
        ("Mean[Gy]", 25),
        ("Mean[%]", 50),
        ("Max[Gy]", 50),
        ("Min[Gy]", 0),
        ("Median[Gy]", 25),
        ("Volume[cc]", 200),
    ],
)
def test_a_figure_is_read_from_the_histogram(metric, figure):
    assert re.match(GRAMMAR, metric)
    assert parsed(metric).of(EVEN, 50.0) == pytest.approx(figure)


@pytest.mark.parametrize("metric", ["V50%[cc]", "CV50%[%]", "D95%[%]", "DC5cc[%]", "Max[%]"])
def test_a_part_of_the_prescription_needs_one(metric):
    assert parsed(metric).relative_to_prescription
    with pytest.raises(NoMetric, match="prescribed"):
        parsed(metric).of(EVEN)


@pytest.mark.parametrize("metric", ["V20Gy[%]", "D95%[Gy]", "D2cc[Gy]", "Mean[Gy]", "Volume[cc]"])
def test_what_is_absolute_needs_no_prescription(metric):
    assert not parsed(metric).relative_to_prescription


def test_the_dose_of_more_than_the_whole_structure_is_none():
    with pytest.raises(NoMetric, match="smaller"):
        parsed("D201cc[Gy]").of(EVEN)


@pytest.mark.parametrize(
    "metric", ["", "V20", "V20Gy", "D95[Gy]", "Mean", "Volume[%]", "V20Gy[Gy]", "v20Gy[%]", "V20Gy[%]\n"]
)
def test_what_the_schema_does_not_let_in_is_no_figure_either(metric):
    assert not re.match(GRAMMAR, metric)
    with pytest.raises(ValueError, match="not a figure"):
        parsed(metric)


@given(st.from_regex(GRAMMAR.replace("(?!\\n)", ""), fullmatch=True))
def test_every_figure_that_the_schema_lets_in_is_understood(metric):
    assert parsed(metric).unit in {"Gy", "%", "cc"}

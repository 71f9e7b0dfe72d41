"""The table of TG-263 as it is used."""

from __future__ import annotations

import json
import re
from hashlib import sha256

import pytest

from uploader.nomenclature.table import FOLDER, names, patterns, reverses, standard

CORRECTIONS = json.loads((FOLDER / "corrections.json").read_text())


def test_the_worksheet_is_the_published_one_to_the_byte():
    assert sha256((FOLDER / "worksheet.csv").read_bytes()).hexdigest() in (FOLDER / "worksheet.sha256").read_text()


def test_every_row_of_the_worksheet_is_in_the_table():
    assert len(standard()) > 717
    assert "copyright" in (FOLDER / "LICENSE.txt").read_text().lower()


@pytest.mark.parametrize(
    ("right", "wrong"), [("LN_Iliac_Int_R", "LN_lliac_Int_R"), ("Hypothalamus_PRV", "Hypothalmus_PRVx")]
)
def test_a_misspelt_row_is_put_right(right, wrong):
    assert right in names()
    assert wrong not in names()


@pytest.mark.parametrize("published", ["Hypothalmus", "Colon_Decending", "Bag_Bowel"])
def test_a_published_spelling_that_is_in_use_is_taken_too(published):
    assert published in names()


def test_every_correction_says_why():
    assert all(row["reason"] for rows in CORRECTIONS.values() for row in rows)


def test_no_name_differs_from_another_in_its_case_only():
    assert len({name.casefold() for name in names()}) == len(names())


def test_every_name_has_sixteen_characters_at_most_in_both_orders():
    assert [name for name in (*names(), *reverses()) if len(name) > 16] == []


def test_every_side_has_its_other_side():
    other = {name: f"{name[:-1]}{'R' if name.endswith('_L') else 'L'}" for name in names() if re.search("_[LR]$", name)}
    assert [name for name, twin in other.items() if twin not in names()] == ["VB_L"]  # lumbar, not left


def test_figures_are_put_in_where_the_worksheet_has_placeholders():
    assert any(pattern.fullmatch("SpinalCord_PRV05") for pattern in patterns())
    assert not any(pattern.fullmatch("SpinalCord_PRVxx") for pattern in patterns())
    assert "Cervix" in names()

"""Text read in an image is told to be the patient's, though the reader errs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.pixels.match import Kind, Known, distance

KNOWN = Known(
    names=frozenset({"Müller^Änne Sophie", "Ng^Li"}),
    ids=frozenset({"45123780", "AB-0815"}),
    births=frozenset({"19610412"}),
    dates=frozenset({"20260105"}),
)
THEIRS = (Kind.IDENTITY, Kind.LIKENESS)


@pytest.mark.parametrize(
    "text",
    [
        "MULLER, ANNE",
        "ANNESOPHIE",
        "Mu11er",
        "MUELLER  SOPHlE",
        "ID: 45123780",
        "4512378O",
        "45I2378 0",
        "4512 3780",
        "45123781",
        "ab0815",
        "Name: NG 1/2",
        "12.04.1961",
        "1961-04-12",
        "12APR1961",
        "04/12/1961",
        "l9610412",
        "MuIIer",
        "Sophle",
        "50PHIE",
        "SOPHlEA",
        "MUELLERSOPHIEANNE",
        "A8 0815",
        "ab-O8I5",
        "ID45123780M",
    ],
)
def test_names_numbers_and_the_birth_date_are_the_patients_in_any_spelling(text):
    assert KNOWN.kind(text) in THEIRS


@pytest.mark.parametrize(
    "text", ["MULLER, ANNE", "SOPHIE", "ID: 45123780", "4512 3780 M", "*12.04.1961", "12-APR-1961", "ab0815"]
)
def test_what_is_theirs_to_the_letter_is_certain(text):
    assert KNOWN.kind(text) is Kind.IDENTITY


@pytest.mark.parametrize("text", ["MUEL1ER", "NG", "SOPHIA", "45123781", "4512378O", "l9610412", "SOPHIEANNE"])
def test_what_is_nearly_theirs_or_short_is_not_certain(text):
    assert KNOWN.kind(text) is Kind.LIKENESS


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Bernard", "BEMARD"),
        ("Omar^Nowak", "OMAR NOWAK"),
        ("Omar^Nowak", "OMARNOWAK"),
        ("Clark", "DARK, JOHN"),
        ("Wagner", "VVAGNER"),
        ("Silva", "5I1VA"),
        ("Silva", "SILYA"),
        ("Silva", "SIL VA"),
        ("Zbigniew^Szczepanska", "SZCZEPNSKO"),
    ],
)
def test_a_name_is_known_though_letters_run_together_or_one_is_wrong(name, text):
    assert Known(frozenset({name})).kind(text) in THEIRS


@pytest.mark.parametrize("text", ["SILK ROAD", "LIVER", "VALID SIM", "DEPTH"])
def test_a_word_that_is_not_nearly_a_name_is_text(text):
    assert Known(frozenset({"Silva"})).kind(text) is Kind.TEXT


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ID 45123", "780"),
        ("451", "23780 M"),
        ("SOP-", "HIE"),
        ("MUEL", "LER, A"),
        ("MUEL", "IER, A"),
        ("born 12.04.", "1961"),
        ("12 AP", "R 1961"),
    ],
)
def test_what_is_broken_over_two_lines_is_the_patients(first, second):
    assert not {KNOWN.kind(first), KNOWN.kind(second)} & set(THEIRS)
    assert KNOWN.broken(first, second)
    assert not KNOWN.broken(second, first)


@pytest.mark.parametrize(("first", "second"), [("MI 1.1", "28Hz"), ("DEPTH 12", "04 FOCUS"), ("", "780"), ("-", "-")])
def test_what_stands_in_two_lines_by_chance_is_not_the_patients(first, second):
    assert not KNOWN.broken(first, second)


@pytest.mark.parametrize(
    "text", ["5/25/2011", "2011-05-25", "25.05.11", "25 May 2011", "20110525", "5 JAN 26", "May 5, 2011", "2026 01 05"]
)
def test_any_date_is_a_date(text):
    assert KNOWN.kind(text) is Kind.DATE


@pytest.mark.parametrize("text", ["11-05-25-142825", "No 998877", "99 88 77 66"])
def test_a_long_number_may_be_an_id(text):
    assert KNOWN.kind(text) in (Kind.NUMBER, Kind.DATE)


@pytest.mark.parametrize(
    "text", ["MI 1.1", "28Hz", "11cm", "TIS<0.4 MI=0.8 AO=100%", "PHILIPS", "LYMPH NODE", "R", "L"]
)
def test_what_devices_write_about_themselves_is_text(text):
    assert KNOWN.kind(text) is Kind.TEXT


def test_what_is_known_of_the_patient_is_not_printed():
    assert repr(KNOWN) == "<private>"


@given(st.text("abc", min_size=1, max_size=6), st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_a_word_within_a_text_has_no_distance_from_it(word, before, behind):
    assert distance(word, before + word + behind) == 0

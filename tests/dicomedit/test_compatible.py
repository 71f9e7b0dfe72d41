"""`compatible` does as the reference does, for comparisons; without it we do the safe thing."""

from __future__ import annotations

import pickle

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from uploader.dicomedit import apply, parse
from uploader.domain.errors import BadScript, ScriptFailed


def patient() -> Dataset:
    dataset = Dataset()
    dataset.PatientName = "Rivera^Ana"
    dataset.PatientID = "MRN-77"
    dataset.Rows = 5
    dataset.add_new(0x00290010, "LO", "ACME 1.0")
    dataset.add_new(0x00290011, "LO", "ZETA")
    dataset.add_new(0x00291120, "LO", "z20")
    inner = Dataset()
    inner.ReferencedImageSequence = Sequence([patient_id("deep")])
    dataset.ReferencedImageSequence = Sequence([inner])
    return dataset


def patient_id(text: str) -> Dataset:
    item = Dataset()
    item.PatientID = text
    return item


def both(statement: str) -> tuple[Dataset, Dataset]:
    """What we make of the patient, and what the reference does."""
    script = f'version "6.6"\n{statement}'
    return apply(script, patient()), apply(script, patient(), compatible=True)


def test_a_number_that_does_not_fit_is_cut_only_there() -> None:
    script = 'version "6.6"\n(0028,0010) := 70000'
    with pytest.raises(ScriptFailed):
        apply(script, patient())
    assert apply(script, patient(), compatible=True).Rows == 4464


def test_a_private_creator_is_overwritten_only_there() -> None:
    ours, theirs = both('(0029,{ZETA}11) ?= "n"')
    assert (ours[0x00290011].value, theirs[0x00290011].value) == ("ZETA", "n")


def test_reading_an_unknown_creator_reserves_a_block_only_there() -> None:
    ours, theirs = both("v := (0029,{NEW}01)")
    assert (0x00290012 in ours, theirs[0x00290012].value) == (False, "NEW")


def test_a_creator_behind_a_gap_is_found_only_here() -> None:
    script = 'version "6.6"\nremoveTags["(0029,{ACME 1.0}XX)"]\ndelete["(0029,0010)"]\n(0010,0020) := (0029,{ZETA}20)'
    assert apply(script, patient()).PatientID == "z20"
    assert apply(script, patient(), compatible=True).PatientID == "MRN-77"


def test_a_leading_plus_misses_a_tag_in_a_sequence_of_the_same_tag_only_there() -> None:
    ours, theirs = both("-+/(0008,1140)")
    assert "ReferencedImageSequence" not in ours.ReferencedImageSequence[0]
    assert "ReferencedImageSequence" in theirs.ReferencedImageSequence[0]


def test_emptying_an_item_keeps_the_sequences_in_it_in_both() -> None:
    for edited in both("-(0008,1140)[0]"):
        assert len(edited.ReferencedImageSequence[0].ReferencedImageSequence[0]) == 0


def test_a_path_without_quotes_as_the_value_of_set_is_its_own_text_only_there() -> None:
    ours, theirs = both('set["(0010,4000)", (0010,0020)]')
    assert (ours.PatientComments, theirs.PatientComments) == ("MRN-77", "00100020")


def test_a_number_in_a_list_is_null_only_there() -> None:
    ours, theirs = both("(0010,4000) := {5}")
    assert (ours.PatientComments, theirs.PatientComments) == ("[5]", "[null]")


def test_dates_whose_paths_have_no_quotes_stay_only_there() -> None:
    script = 'version "6.6"\n(0008,0020) := "20240101"\nshiftDateTimeSequenceByIncrement[86400, (0008,0020)]'
    assert apply(script, patient()).StudyDate == "20240102"
    assert apply(script, patient(), compatible=True).StudyDate == "20240101"


@pytest.mark.parametrize(
    "text",
    [
        '(0010,0020) := "a"',
        'version "6.6"\nif (false[]) { (0010,00XX) := "a" }',
        'version "6.6"\nif (false[]) { (0010,0020) ~ "[" ? -(0010,0010) }',
        'version "6.6"\n-(0010,0010) # &',
    ],
)
def test_what_we_refuse_at_once_runs_only_there(text: str) -> None:
    with pytest.raises(BadScript):
        parse(text)
    apply(text, patient(), compatible=True)


@pytest.mark.parametrize(
    "text",
    [
        'version "6.6" // a "quote\n-(0010,0010)',
        'version "6.6"\nif ((0010,0020) = face) { -(0010,0010) }',
        'version "6.6"\nX := "1"',
    ],
)
def test_what_the_reference_refuses_is_refused_there(text: str) -> None:
    with pytest.raises(BadScript):
        parse(text, compatible=True)


@pytest.mark.parametrize(
    "statement",
    [
        'version "9.9"',
        '(0010,0020) := substring["abc", 1]',
        '(0010,0020) := set["(0010,4000)", "x"]',
        '(0010,0020) ~ "[" ? -(0010,0010)',
        "(0010,0020) := (0010,00XX)",
    ],
)
def test_what_fails_there_when_it_is_reached_fails_here_too(statement: str) -> None:
    script = parse(f"-(0010,0010)\n{statement}", compatible=True)
    with pytest.raises(ScriptFailed):
        script.apply(patient())


def test_an_unknown_function_is_refused_at_once_in_both() -> None:
    for compatible in (False, True):
        with pytest.raises(BadScript):
            parse('version "6.6"\nif (false[]) { (0010,0020) := trim["a"] }', compatible=compatible)


def test_a_script_that_travels_to_another_process_stays_compatible() -> None:
    script = parse("-(0010,0010) ;", compatible=True)
    assert "PatientName" not in pickle.loads(pickle.dumps(script)).apply(patient())

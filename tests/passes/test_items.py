"""Content items of reports and safe private elements: judged by what they are about, and by who made them."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import BasicTextSRStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, MRImageStorage

from tests.passes.treated import treated

PATIENT_STATE = ("109054", "TEXT")
OBSERVER = ("121008", "PNAME")
LENGTH = ("410668003", "NUM")


def item(concept: tuple[str, str], scheme: str = "DCM") -> Dataset:
    made, name = Dataset(), Dataset()
    name.CodeValue, made.ValueType = concept
    name.CodingSchemeDesignator, name.CodeMeaning = scheme, "something"
    made.RelationshipType = "CONTAINS"
    made.ConceptNameCodeSequence = [name]
    return made


def report(*items: Dataset) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.ValueType = BasicTextSRStorage, "CONTAINER"
    dataset.ContentSequence = list(items)
    return dataset


def test_an_item_that_the_table_removes_is_gone_with_all_below_it() -> None:
    state = item(PATIENT_STATE)
    state.TextValue = "Jane fell off her horse"
    state.ContentSequence = [item(LENGTH, "SCT")]
    after = treated(report(state, item(LENGTH, "SCT")))
    assert [i.ValueType for i in after.ContentSequence] == ["NUM"]


def test_an_item_stays_clean_where_the_policy_cleans_reports() -> None:
    state = item(PATIENT_STATE)
    state.TextValue = "supine, Jane"
    after = treated(report(state), "trial", clean=lambda text: text.replace(", Jane", ""))
    assert after.ContentSequence[0].TextValue == "supine"


def test_a_person_who_observed_is_nobody() -> None:
    observer = item(OBSERVER)
    observer.PersonName = "Doe^John"
    after = treated(report(observer))
    assert "Doe" not in str(after)


def test_a_number_in_a_report_stays() -> None:
    length, measured = item(LENGTH, "SCT"), Dataset()
    measured.NumericValue = "42.5"
    length.MeasuredValueSequence = [measured]
    after = treated(report(length), "trial")
    assert after.ContentSequence[0].MeasuredValueSequence[0].NumericValue == "42.5"


def siemens_mr() -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = MRImageStorage
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", "1000")
    block.add_new(0x77, "LO", "Jane")
    return dataset


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_b_value_that_the_standard_lists_as_safe_stays_with_its_creator_alone(syntax: str) -> None:
    after = treated(siemens_mr(), "research", syntax=syntax)
    private = [element.tag for element in after if element.tag.is_private]
    assert [f"{tag:08x}" for tag in private] == ["00190010", "0019100c"]
    assert after[0x0019100C].value == 1000


@pytest.mark.parametrize("policy", ["basic", "trial"])
def test_it_goes_under_a_policy_that_retains_no_private_elements(policy: str) -> None:
    assert not [element for element in treated(siemens_mr(), policy) if element.tag.is_private]

"""What holds of every policy, every attribute and every kind of object."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.datadict import dictionary_has_tag, dictionary_VR

from uploader.domain.policy import Action, Option
from uploader.passes import classes, tables
from uploader.passes.attributes import NAMES, NEVER
from uploader.passes.policy import Policy, policies

SHIPPED = policies(Path(__file__).parents[2] / "privacy_policies")
CLASSES = st.sampled_from([*tables.sop_classes(), "1.2.3", ""])
LISTED = st.sampled_from(sorted(tables.annex_e()))
ANY_TAG = st.one_of(LISTED, st.integers(0, 0xFFFFFFFF))
VRS = st.sampled_from(["", "UN", "LO", "PN", "DA", "UI", "SQ", "OB", "US", "UT", "AS", "CS", "ZZ"])
DATES = {Option.RETAIN_FULL_DATES, Option.RETAIN_MODIFIED_DATES}
GONE = {Action.REMOVE, Action.EMPTY, Action.DUMMY}


@st.composite
def any_policy(draw) -> Policy:
    options = draw(st.sets(st.sampled_from(Option)))
    return Policy("drawn", "drawn", "0", frozenset(options - {draw(st.sampled_from(sorted(DATES)))}))


def test_every_row_of_the_table_has_an_answer_in_every_kind_of_object():
    for policy, sop_class, tag in product(SHIPPED.values(), tables.sop_classes()[::7], tables.annex_e()):
        assert isinstance(policy.action(sop_class, tag, ""), Action)


@settings(max_examples=300, deadline=None)
@given(any_policy(), CLASSES, ANY_TAG, VRS)
def test_there_is_an_answer_to_everything(policy, sop_class, tag, vr):
    assert isinstance(policy.action(sop_class, tag, vr), Action)


@settings(max_examples=300, deadline=None)
@given(any_policy(), CLASSES, LISTED, VRS)
def test_what_the_profile_removes_stays_only_by_an_option_of_its_row(policy, sop_class, tag, vr):
    rule = tables.annex_e()[tag]
    if rule.basic in ("X", "Z", "D") and not policy.options & rule.options.keys():
        assert policy.action(sop_class, tag, vr) in GONE


@settings(max_examples=300, deadline=None)
@given(any_policy(), CLASSES, LISTED)
def test_what_the_iod_requires_is_not_removed_where_the_table_leaves_a_choice(policy, sop_class, tag):
    if "X/" in tables.annex_e()[tag].basic and classes.attributes(sop_class).get(tag) == "1":
        assert policy.action(sop_class, tag, "") is not Action.REMOVE


@settings(max_examples=200, deadline=None)
@given(any_policy(), CLASSES, st.sampled_from(sorted(NAMES)), VRS)
def test_no_option_lets_a_name_or_number_of_the_patient_through(policy, sop_class, tag, vr):
    allowed = GONE | ({Action.SHIFT, Action.KEEP} if policy.options & DATES else set())
    assert policy.action(sop_class, tag, vr) in (allowed if tables_dates(tag) else GONE)


def tables_dates(tag: int) -> bool:
    """Whether table E.1-1 lets an option about dates speak of the attribute."""
    rule = tables.annex_e().get(tag)
    return rule is not None and bool(rule.options.keys() & DATES)


@settings(max_examples=200, deadline=None)
@given(any_policy(), CLASSES, st.sampled_from(sorted(NEVER)))
def test_what_must_never_stay_never_does(policy, sop_class, tag):
    assert policy.action(sop_class, tag, "") in GONE


@settings(max_examples=300, deadline=None)
@given(any_policy(), CLASSES, ANY_TAG, VRS)
def test_a_vr_that_contradicts_the_dictionary_never_makes_it_milder(policy, sop_class, tag, vr):
    by_dictionary = policy.action(sop_class, tag, "")
    if by_dictionary in GONE and dictionary_has_tag(tag):
        assert policy.action(sop_class, tag, vr) in GONE


@settings(max_examples=100, deadline=None)
@given(any_policy(), CLASSES, ANY_TAG)
def test_what_stays_is_on_the_list_of_what_may_stay(policy, sop_class, tag):
    if policy.action(sop_class, tag, "") is not Action.REMOVE:
        assert tag in policy.allowed(sop_class)


@settings(max_examples=200, deadline=None)
@given(any_policy(), CLASSES, ANY_TAG)
def test_what_is_shifted_is_a_date_and_what_is_mapped_is_a_uid(policy, sop_class, tag):
    found = policy.action(sop_class, tag, "")
    if found is Action.SHIFT and dictionary_has_tag(tag):
        assert dictionary_VR(tag) in ("DA", "DT", "TM", "AS")
    if found is Action.UID and dictionary_has_tag(tag):
        assert dictionary_VR(tag) == "UI"


@pytest.mark.parametrize("sop_class", tables.sop_classes())
def test_no_date_and_no_person_is_kept_as_it_is_in_any_kind_of_object(sop_class):
    for policy in SHIPPED.values():
        kept = {
            tag
            for tag in policy.allowed(sop_class)
            if dictionary_has_tag(tag)
            and dictionary_VR(tag) in ("DA", "DT", "PN", "AS", "AE", "UR")
            and policy.action(sop_class, tag, "") is Action.KEEP
        }
        assert kept <= {0x00080120}, "URN Code Value is a code"


def test_the_order_of_options_does_not_matter():
    one = Policy("a", "a", "0", frozenset({Option.CLEAN_DESCRIPTORS, Option.RETAIN_UIDS}))
    other = Policy("a", "a", "0", frozenset({Option.RETAIN_UIDS, Option.CLEAN_DESCRIPTORS}))
    assert one.codes() == other.codes()

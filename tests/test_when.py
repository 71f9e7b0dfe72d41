"""Conditions of a protocol are true, false or not known, and what is no condition is told with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.when import Compared, Facts, Present, holds, in_words, mentions, parsed

FACTS = Facts(
    chosen={"arm": "A"},
    seen={"manufacturer": ("SIEMENS", "Siemens Healthineers"), "model": ("Skyra", "Prisma"), "modality": ()},
    present={"ct": True, "mr": False},
)
ATOMS = st.sampled_from(["arm == 'A'", "arm == 'B'", "site == 'S'", "present(ct)", "present(mr)", "model ~ 'sky'"])
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("not {}".format, inner)
    ),
    max_leaves=4,
)


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("arm == 'A'", True),
        ('arm == "B"', False),
        ("arm != 'B'", True),
        ("arm in ['A', 'B']", True),
        ("arm not in ['A', 'B']", False),
        ("arm == 'a'", False),
        ("timepoint == 'PRE'", None),
        ("timepoint != 'PRE'", None),
        ("present(ct)", True),
        ("present(mr)", False),
        ("present(pet)", None),
        ("manufacturer ~ '^siemens'", True),
        ("manufacturer ~ 'ge'", False),
        ("model ~ 'Skyra'", None),
        ("modality == 'CT'", None),
        ("arm == 'A' or timepoint == 'PRE'", True),
        ("arm == 'B' or timepoint == 'PRE'", None),
        ("arm == 'B' and timepoint == 'PRE'", False),
        ("arm == 'A' and timepoint == 'PRE'", None),
        ("not (arm == 'A' and present(mr))", True),
        ("arm == 'A' or arm == 'B' and present(mr)", True),
    ],
)
def test_a_condition_is_true_false_or_not_known(condition, truth):
    assert holds(condition, FACTS) is truth


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "at character 1"),
        ("arm", "at character 4, expected '!=', '==', 'in', 'not', '~'"),
        ("arm = 'A'", "at character 5"),
        ("arm == A", "at character 8, expected a text in quotation marks"),
        ("arms == 'A'", "at character 1"),
        ("present('ct')", "expected the key of an input"),
        ("arm == 'A' and", "at character 15"),
        ("(arm == 'A'", "at character 12, expected ')'"),
        ("arm in []", "at character 9"),
        ("arm == 'A' arm == 'B'", "at character 12"),
        ("__import__('os')", "at character 1"),
        ("model ~ '('", "not a regular expression"),
        ("arm == '" + "A" * 200 + "'", "longer than 200"),
    ],
)
def test_what_is_no_condition_is_told_with_its_place_and_what_was_expected(text, words):
    with pytest.raises(ValueError) as caught:
        parsed(text)
    assert words in str(caught.value)


@given(CONDITIONS)
def test_to_say_not_turns_true_and_false_round_and_leaves_the_unknown(condition):
    truth = holds(condition, FACTS)
    assert holds(f"not ({condition})", FACTS) is (None if truth is None else not truth)


@given(CONDITIONS)
def test_what_is_known_stays_so_when_more_becomes_known(condition):
    more = Facts({**FACTS.chosen, "site": "S"}, {**FACTS.seen, "model": ("Skyra",)}, FACTS.present)
    assert holds(condition, FACTS) in (None, holds(condition, more))


def test_what_a_condition_asks_about_can_be_listed():
    condition = parsed("arm in ['A', 'B'] and not (present(mr) or model ~ 'x')")
    assert list(mentions(condition)) == [
        Compared("arm", ("A", "B")),
        Present("mr"),
        Compared("model", ("x",), like=True),
    ]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("arm == 'B'", "arm is B"),
        ("arm not in ['A', 'B']", "arm is not A or B"),
        ("present(mr) and not present(ct)", "there is mr and there is no ct"),
        ("(arm == 'A' or arm == 'B') and manufacturer ~ 'ge'", "(arm is A or arm is B) and manufacturer matches ge"),
        ("not (arm == 'A' or present(ct))", "it is not so that (arm is A or there is ct)"),
    ],
)
def test_a_condition_reads_as_a_person_would_say_it(condition, words):
    assert in_words(parsed(condition)) == words

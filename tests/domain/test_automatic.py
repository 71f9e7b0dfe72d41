"""Automatic subject IDs: the same for a patient, telling nothing without the key, and right for the trial."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uploader.domain.automatic import automatic_subjects, parsed
from uploader.domain.errors import Refused
from uploader.domain.identity import Identity
from uploader.domain.private import Private
from uploader.domain.trial import Protocol

PLAIN = Protocol(
    trial="DEMO-RT",
    version="v1",
    digest="",
    title="",
    sponsor="",
    subject_pattern="DEMO-[0-9]{3}",
    subject_example="DEMO-001",
    session_label="{subject}_{n}",
    checks=(),
    scripts=(),
    max_shift_days=1,
    project="DEMO-RT",
)
CHECKED = replace(
    PLAIN,
    subject_pattern="DEMO-[0-9A-Z]{7}",
    subject_example="DEMO-ABC123S",
    subject_check="iso7064-mod-37-36",
    subject_automatic="DEMO-{code:6}{check}",
)
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
patients = st.builds(
    lambda number, name: Private(Identity(number, "", name)), st.text("0123456789", min_size=1, max_size=9), st.text()
)


def first(key, who, protocol=CHECKED):
    return next(automatic_subjects(key, who, protocol))


def patient(number, name=""):
    return Private(Identity(number, "", name))


@given(patients, st.sampled_from([PLAIN, CHECKED]))
@settings(max_examples=50)
def test_every_id_is_one_of_the_trial(who, protocol):
    for subject in islice(automatic_subjects(KEY, who, protocol), 20):
        protocol.check_subject(subject)


@given(patients)
@settings(max_examples=50)
def test_a_patient_is_always_called_the_same_and_otherwise_under_another_key(who):
    assert first(KEY, who) == first(KEY, who)
    assert first(KEY, who) != first(OTHER_KEY, who)


def test_the_name_of_the_patient_changes_nothing_of_the_id():
    assert first(KEY, patient("4711", "Quixano")) == first(KEY, patient("4711", "Quixano^A"))


def test_a_thousand_patients_are_told_apart():
    assert len({first(KEY, patient(f"MRN{n}")) for n in range(1000)}) == 1000


def test_numbers_and_words_of_the_patient_do_not_get_into_the_id():
    who = patient("12-345", "Ax^Bo")
    for subject in automatic_subjects(KEY, who, CHECKED):
        drawn = subject[5:-1].casefold()
        assert not any(own in drawn for own in ("12", "345", "ax", "bo"))


def test_without_a_template_the_ids_are_like_the_example():
    assert PLAIN.subject_template == "DEMO-{digits:3}"
    assert (
        replace(PLAIN, subject_example="DEMO-0013", subject_check="luhn").subject_template == "DEMO-{digits:3}{check}"
    )
    own = replace(PLAIN, trial="SPINE2", subject_example="SPINE2-001")
    assert own.subject_template == "SPINE2-{digits:3}"


@pytest.mark.parametrize(
    "protocol",
    [
        replace(PLAIN, subject_pattern="X[0-9]+", subject_example="X1", subject_automatic="DEMO-{digits:3}"),
        replace(PLAIN, subject_pattern="[A-Z]+", subject_example="ABC"),
    ],
)
def test_a_trial_that_no_id_can_be_made_for_is_refused_with_the_place_to_mend(protocol):
    with pytest.raises(Refused, match="/subject_id/automatic"):
        first(KEY, patient("1"), protocol)


@pytest.mark.parametrize(
    "template", ["DEMO", "DEMO-{check}", "{check}{digits:3}", "{digits}", "{name:3}", "{digits:3", ""]
)
def test_a_template_that_makes_no_ids_is_no_template(template):
    with pytest.raises(ValueError, match=r"."):
        parsed(template)

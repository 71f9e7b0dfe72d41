"""Who must sign, in which role, and when all have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.domain.errors import NotSigned, Refused
from uploader.domain.evidence import MEANING, SignOff
from uploader.domain.signing import Asked, Signatures

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROLES = ("physicist", "clinician", "radiographer")
ONE = Asked()
TWO = Asked(("physicist", "clinician"), distinct_people=True)


def signature(person, role, seen="seen", **more):
    return SignOff(person, "digest", "protocol", NOON, role=role, seen=seen, **more)


def signed(asked, *pairs):
    """Signatures of (person, role), one after the other."""
    signatures = Signatures(asked)
    for person, role in pairs:
        signatures = signatures.admit(signature(person, role))
    return signatures


def test_one_reviewer_signs_where_the_protocol_says_nothing():
    assert Signatures(ONE).missing == ("reviewer",)
    signed(ONE, ("ada", "reviewer")).require_all()


def test_each_role_must_sign():
    half = signed(TWO, ("ada", "physicist"))
    assert half.missing == ("clinician",)
    assert [(role, by and by.person) for role, by in half.by_role] == [("physicist", "ada"), ("clinician", None)]
    with pytest.raises(NotSigned, match="as clinician"):
        half.require_all()
    half.admit(signature("bob", "clinician")).require_all()


def test_nobody_signs_in_two_roles_where_different_people_are_asked_for():
    half, has = signed(TWO, ("ada", "physicist")), {"physicist", "clinician"}
    assert half.open_to("ada", has) == ()
    assert half.open_to("bob", has) == ("clinician",)
    with pytest.raises(Refused, match="ada has signed as physicist; somebody else must sign as clinician"):
        half.role_of("ada", has)
    with pytest.raises(Refused, match="ada has signed"):
        half.admit(signature("ada", "clinician"))


def test_one_person_signs_in_one_role_after_the_other_where_the_protocol_lets_them():
    alike = replace(TWO, distinct_people=False)
    half = signed(alike, ("ada", "physicist"))
    assert half.role_of("ada", {"physicist", "clinician"}) == "clinician"
    half.admit(signature("ada", "clinician")).require_all()


@pytest.mark.parametrize(
    ("has", "wished", "says"),
    [
        ({"reviewer"}, "", "for the role physicist or clinician"),
        ({"physicist", "clinician"}, "", "say in which role you sign: physicist or clinician"),
        ({"physicist"}, "clinician", "cannot sign as clinician, only as physicist"),
        ({"physicist"}, "reviewer", "cannot sign as reviewer, only as physicist"),
    ],
)
def test_a_person_signs_in_a_role_that_is_theirs_and_missing(has, wished, says):
    with pytest.raises(Refused, match=says):
        Signatures(TWO).role_of("ada", has, wished)


def test_those_who_may_sign_are_told_by_role_and_a_role_that_nobody_has_too():
    everybody = {"ada": {"physicist", "clinician"}, "bob": {"physicist"}}
    assert Signatures(TWO).could_sign(everybody) == {"physicist": ["ada", "bob"], "clinician": ["ada"]}
    assert signed(TWO, ("ada", "physicist")).could_sign(everybody) == {"clinician": []}


def test_who_has_two_roles_chooses_one():
    assert Signatures(TWO).role_of("ada", {"physicist", "clinician"}, "clinician") == "clinician"


def test_a_role_that_is_taken_is_not_signed_again():
    half = signed(TWO, ("ada", "physicist"))
    with pytest.raises(Refused, match="somebody else must sign as clinician"):
        half.role_of("bob", {"physicist"})
    with pytest.raises(Refused, match="nobody needs to sign as physicist"):
        half.admit(signature("bob", "physicist"))


def test_a_role_that_the_trial_does_not_ask_for_signs_nothing():
    for role in ("admin", ""):
        with pytest.raises(Refused):
            Signatures(TWO).admit(signature("ada", role))


def test_after_the_last_signature_nobody_signs():
    whole = signed(TWO, ("ada", "physicist"), ("bob", "clinician"))
    with pytest.raises(Refused, match="everybody has signed"):
        whole.role_of("eve", {"physicist"})


@pytest.mark.parametrize("other", [{"seen": "other"}, {"digest": "other"}, {"protocol_digest": "other"}])
def test_signatures_of_different_things_do_not_count_together(other):
    half, second = signed(TWO, ("ada", "physicist")), replace(signature("bob", "clinician"), **other)
    with pytest.raises(NotSigned):
        half.admit(second)
    with pytest.raises(NotSigned, match="same session"):
        Signatures(TWO, (*half.signed, second)).require_all()


def test_a_signature_that_does_not_say_what_was_looked_at_is_not_admitted():
    with pytest.raises(NotSigned):
        Signatures(ONE).admit(signature("ada", "reviewer", seen=""))


def test_one_person_twice_is_not_enough_even_if_the_records_say_so():
    both_hers = (signature("ada", "physicist"), signature("ada", "clinician"))
    with pytest.raises(NotSigned, match="different people"):
        Signatures(TWO, both_hers).require_all()


def test_a_signature_of_before_there_were_roles_stands_alone_but_not_for_different_people():
    old = (SignOff("ada", "digest", "protocol", NOON),)
    for asked in (ONE, Asked(("admin", "reviewer"))):
        Signatures(asked, old).require_all()
    with pytest.raises(NotSigned):
        Signatures(TWO, old).require_all()


def test_everybody_attests_every_sentence_and_the_meaning_keeps_them():
    asked = Asked(attestations=("The plan is the one approved", "I have looked."))
    with pytest.raises(Refused, match="I have looked"):
        asked.meaning(["The plan is the one approved"])
    assert asked.meaning(asked.attestations) == f"{MEANING} The plan is the one approved. I have looked."


PEOPLE = st.dictionaries(st.sampled_from("abcd"), st.frozensets(st.sampled_from(ROLES)), min_size=1)
ATTEMPTS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(("", *ROLES)), st.booleans()), max_size=12)


@given(
    roles=st.lists(st.sampled_from(ROLES), min_size=1, unique=True),
    distinct=st.booleans(),
    people=PEOPLE,
    attempts=ATTEMPTS,
)
def test_no_order_of_signatures_by_whomever_releases_without_all_roles(roles, distinct, people, attempts):
    """Each attempt is of a person, in the role they wish, on what is there or on something else."""
    signatures = Signatures(Asked(tuple(roles), distinct))
    for number, (person, wished, same) in enumerate(attempts):
        try:
            role = signatures.role_of(person, people.get(person, frozenset()), wished)
            new = signature(person, role, "seen" if same else f"other {number}")
            signatures = signatures.admit(replace(new, at=NOON + timedelta(seconds=number)))
        except (Refused, NotSigned):
            continue
    given_ = {each.role: each.person for each in signatures.signed}
    assert all(role in people[person] for role, person in given_.items())
    assert len(given_) == len(signatures.signed)
    complete = set(given_) == set(roles) and (not distinct or len(set(given_.values())) == len(roles))
    assert (not signatures.missing) == complete
    if complete:
        signatures.require_all()
        return
    with pytest.raises(NotSigned):
        signatures.require_all()

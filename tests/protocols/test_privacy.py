"""A protocol and the privacy policy that it names cannot say different things."""

from __future__ import annotations

import pytest

from uploader.home import shipped
from uploader.passes import Policy
from uploader.protocols.privacy import contradicting
from uploader.schema import fault

TRIAL = [
    "clean-descriptors",
    "clean-graphics",
    "clean-structured-content",
    "retain-longitudinal-modified-dates",
    "retain-patient-characteristics",
]
SHIFTED = {"method": "shift_per_subject", "preserve_intervals": True}


@pytest.fixture(scope="session")
def policies():
    return {
        name: Policy.read(shipped("privacy_policies") / f"{name}.json") for name in ("trial", "no_dates", "research")
    }


@pytest.mark.parametrize(
    ("policy", "said", "where", "words"),
    [
        ("trial", {"options": [*TRIAL, "retain-device-identity"]}, "/privacy/options", "lacks retain-device-identity"),
        ("trial", {"options": TRIAL[1:]}, "/privacy/options", "has besides clean-descriptors"),
        ("no_dates", {}, "/privacy/dates/method", "no option that retains dates"),
        ("trial", {"dates": {"method": "keep"}}, "/privacy/dates/method", "retain-longitudinal-modified-dates"),
        (
            "no_dates",
            {"dates": {"method": "remove", "preserve_intervals": True}},
            "/privacy/dates/preserve_intervals",
            "no intervals",
        ),
        ("trial", {"keep": ["KVP", "PatientName"]}, "/privacy/keep/1", "keeps PatientName in no input"),
        ("trial", {"keep": ["DeviceSerialNumber"]}, "/privacy/keep/0", "keeps DeviceSerialNumber"),
        ("trial", {"keep": ["KVp"]}, "/privacy/keep/0", "not in the DICOM dictionary"),
        ("trial", {"private_allow": ["(0019,xx0C) SIEMENS MR HEADER"]}, "/privacy/private_allow/0", "removes it"),
        ("research", {"private_allow": ["(0019,xxFF) SIEMENS MR HEADER"]}, "/privacy/private_allow/0", "removes it"),
        (
            "trial",
            {"burned_in": [{"modality": "CT", "action": "reject", "sop_class": "1.2.840.10008.5.1.4.1.1.2"}]},
            "/privacy/burned_in/0/action",
            "only a class can be rejected",
        ),
        (
            "trial",
            {"burned_in": [{"modality": "US", "action": "require_mask_and_review"}]},
            "/privacy/burned_in/0/action",
            "no clean-pixel-data",
        ),
        (
            "trial",
            {"burned_in": [{"modality": "CT", "action": "reject", "sop_class": "1.2.840.10008.5.1.4.1.1.2"}]},
            "/privacy/burned_in/0/action",
            "the input ct is made of",
        ),
        (
            "trial",
            {"burned_in": [{"modality": "US", "action": "ocr_then_review"}] * 2},
            "/privacy/burned_in/1",
            "US is there a second time",
        ),
        ("no_dates", {"roi_names_as_free_text": "screen_for_phi"}, "/privacy/roi_names_as_free_text", "clean-desc"),
    ],
)
def test_what_the_policy_does_not_do_is_told(small, schema, policies, policy, said, where, words):
    small["privacy"] = {"base_profile": "PS3.15-E-Basic", "dates": SHIFTED, **said}
    assert fault(small, schema) is None
    found = list(contradicting(small, policies[policy]))
    assert [says for at, says in found if at == where and words in says], found


def test_names_that_are_only_noted_are_not_held_to_conform(small, policies):
    small["nomenclature"]["unknown_rois"] = "note"
    small["privacy"] = {"dates": SHIFTED, "roi_names_as_free_text": "only_conforming"}
    assert [where for where, _ in contradicting(small, policies["trial"])] == ["/privacy/roi_names_as_free_text"]


def test_what_policy_and_protocol_both_say_is_no_contradiction(small, policies):
    small["privacy"] = {"options": TRIAL, "dates": SHIFTED, "keep": ["KVP", "StudyDate"]}
    assert list(contradicting(small, policies["trial"])) == []


def test_a_protocol_that_says_nothing_of_privacy_contradicts_no_policy(small, policies):
    assert list(contradicting(small, policies["no_dates"])) == []

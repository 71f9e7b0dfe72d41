"""No field of a protocol is silent: each is a rule that a validator rules on, a setting that some code carries out, or
words for people. A field that is new in the schema fails here until it is one of these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.homes import demo
from tests.protocols.fullest import fullest
from tests.trials import quiet
from uploader.cases import case_of, headers_below
from uploader.protocols.consistency import contradictions
from uploader.protocols.faults import unfitting
from uploader.protocols.loading import load
from uploader.protocols.rules import resolved
from uploader.protocols.writing import text
from uploader.stages.validate import validate
from uploader.validators import installed, installed_names

TESTS = Path(__file__).parents[1]
PROGRAM = TESTS.parent / "uploader"
WORDS = frozenset(
    """
    registry_ids contact note arms[].label timepoints[].label sites[].label inputs[].label inputs[].note
    nomenclature.extra_names[].meaning inputs[].match[].why
    """.split()  # noqa: SIM905
)
"""Said to people and to nobody else: on the page of the protocol, on screens and in sentences of findings."""
OPEN = "protocols/test_loading.py::test_a_version_that_is_not_open_is_not_chosen_and_the_reason_is_told"
READ = "protocols/test_loading.py::test_what_a_protocol_sets_is_what_its_file_says"
SUBJECTS = "protocols/test_loading.py::test_subject_ids_that_cannot_be_made_or_checked_are_no_protocol"
CODES = "domain/test_choice.py::test_codes_of_the_protocol_are_taken"
FORMS = "validators/test_naming.py::test_a_name_is_taken_where_the_protocol_permits_its_form"
SYNONYMS = (
    "validators/test_naming.py::test_a_synonym_of_the_protocol_is_suggested_and_what_is_less_alike_than_it_says_is_not"
)
COMPARED = "validators/test_constraints.py::test_each_comparison_asks_what_it_says"
RECOGNISED = "validators/test_recognition.py::test_a_condition_and_a_class_must_be_met"
SEVERITY = "protocols/test_rules.py::test_the_severity_is_its_own_else_its_blocks_else_refusal"
PRIVACY = "protocols/test_privacy.py::test_what_the_policy_does_not_do_is_told"
WAIVED = "test_waivers.py::test_what_the_protocol_does_not_allow_is_not_waived"
ATTESTED = "domain/test_signing.py::test_everybody_attests_every_sentence_and_the_meaning_keeps_them"
SETTINGS = {
    "trial": "protocols/test_loading.py::test_a_fault_is_told_with_file_place_and_what_was_expected",
    "version": "protocols/test_loading.py::"
    "test_the_newest_version_is_the_highest_number_and_not_the_last_in_the_alphabet",
    "status": OPEN,
    "valid_from": OPEN,
    "valid_to": OPEN,
    "supersedes": "protocols/test_loading.py::test_a_superseded_version_is_not_chosen_once_the_later_one_has_begun",
    "title": READ,
    "sponsor": READ,
    "subject_id.pattern": "protocols/test_loading.py::test_a_subject_id_of_another_form_is_refused",
    "subject_id.example": SUBJECTS,
    "subject_id.check_digit": "protocols/test_loading.py::test_a_mistyped_subject_is_refused_by_the_rule_of_the_trial",
    "subject_id.automatic": SUBJECTS,
    "session_label": "domain/test_choice.py::test_session_labels_name_the_visit_where_the_template_does",
    "arms[].code": CODES,
    "timepoints[].code": CODES,
    "timepoints[].severity": SEVERITY,
    "sites[].code": "domain/test_choice.py::test_the_hospitals_own_site_is_known",
    "nomenclature.form": FORMS,
    "nomenclature.allow": FORMS,
    "nomenclature.extra_names[].name": FORMS,
    "nomenclature.ignore": "validators/test_naming.py::test_differences_that_the_protocol_ignores_do_not_count",
    "nomenclature.synonyms": SYNONYMS,
    "nomenclature.rename.allowed": "test_synonyms.py::"
    "test_nothing_is_given_where_a_person_confirms_or_nobody_may_rename",
    "nomenclature.rename.confirm": "test_synonyms.py::"
    "test_each_new_name_is_confirmed_by_itself_where_the_trial_asks_for_it",
    "nomenclature.rename.suggest_min_score": SYNONYMS,
    "nomenclature.rename.geometry_guard": "test_synonyms.py::"
    "test_a_name_of_the_other_side_than_the_contours_is_refused_where_the_trial_guards_it",
    "nomenclature.severity": SEVERITY,
    "inputs[].key": "protocols/test_consistency.py::test_a_contradiction_is_told_with_its_place",
    "inputs[].modality": "validators/test_recognition.py::test_a_series_is_recognised_by_its_modality",
    "inputs[].sop_classes": RECOGNISED,
    "inputs[].unit": "validators/test_recognition.py::"
    "test_of_a_series_with_doses_of_several_kinds_the_instance_that_fits_is_the_input",
    "inputs[].own_study": "validators/test_identity.py::"
    "test_radiotherapy_objects_may_have_their_own_study_where_the_protocol_says_so",
    "inputs[].when": "validators/test_completeness.py::test_an_input_of_another_arm_need_not_be_there",
    **dict.fromkeys((f"inputs[].match[].{name}" for name in ("attr", "op", "on_missing")), RECOGNISED),
    **dict.fromkeys((f"inputs[].match[].{name}" for name in ("value", "values", "unit", "scale", "scope")), COMPARED),
    **dict.fromkeys(
        (f"inputs[].match[].range.{name}" for name in ("min", "max", "eq", "tol", "tol_pct")),
        "validators/test_judging.py::test_what_is_in_a_range_lies_between_its_ends",
    ),
    "inputs[].prefer": "validators/test_recognition.py::test_the_series_with_most_slices_is_the_one",
    "inputs[].geometry.oblique_tol_deg": "validators/test_geometry.py::"
    "test_slices_that_are_turned_out_of_the_plane_are_told_by_how_much",
    "inputs[].structure_set.images": "validators/test_structures.py::"
    "test_an_image_that_the_structure_set_does_not_mention_is_counted",
    "inputs[].structure_set.approval_on_missing": "validators/test_structures.py::"
    "test_an_approval_that_is_not_said_is_as_the_protocol_says",
    "inputs[].plan.approval_on_missing": "validators/test_plan.py::"
    "test_the_protocol_says_what_a_missing_approval_means",
    "inputs[].dose.plan": "validators/test_dose.py::"
    "test_a_plan_has_one_dose_or_those_of_all_its_beams_whatever_sums_up_several_plans",
    **dict.fromkeys(
        (f"inputs[].{block}.severity" for block in ("geometry", "pixel", "structure_set", "plan", "dose", "pet", "mr")),
        SEVERITY,
    ),
    "inputs[].severity": "validators/test_completeness.py::test_a_rule_is_as_severe_as_its_input_says",
    "course.severity": SEVERITY,
    "checks[].validator": "sandbox/test_plugin.py::test_a_protocol_may_ask_for_it_once_the_settings_name_it",
    "checks[].params": "sandbox/test_plugin.py::test_a_protocol_whose_params_it_does_not_take_stops_the_start",
    **dict.fromkeys(
        (
            f"privacy.{name}"
            for name in ("options", "dates.method", "dates.preserve_intervals", "private_allow", "keep")
        ),
        PRIVACY,
    ),
    **dict.fromkeys((f"privacy.burned_in[].{name}" for name in ("modality", "sop_class", "action")), PRIVACY),
    "privacy.age_cap_years": PRIVACY,
    "privacy.roi_names_as_free_text": PRIVACY,
    "sign_off.roles": "domain/test_signing.py::test_each_role_must_sign",
    "sign_off.distinct_people": "domain/test_signing.py::"
    "test_nobody_signs_in_two_roles_where_different_people_are_asked_for",
    "sign_off.attestations": ATTESTED,
    "outcome.block_on": "stages/test_validate.py::test_a_protocol_may_let_no_question_stand",
    **dict.fromkeys((f"outcome.waivers[].{name}" for name in ("check", "role", "reason_codes")), WAIVED),
    "scripts": READ,
    "policy": READ,
    "institution_is_site": READ,
    "dates.max_shift_days": READ,
    "project": READ,
}
"""Field -> a test that changes it and sees that something else is done."""


def fields(node, schema, at="") -> Iterator[tuple[str, dict]]:
    """Every field that holds a value and is not within a rule: its path, and what the schema says of it."""
    for name, referred in resolved(node, schema).get("properties", {}).items():
        said, path = resolved(referred, schema), f"{at}.{name}".lstrip(".")
        items = resolved(said.get("items", {}), schema)
        if "x-rule" in said or "x-rule" in items:
            continue
        inner = said if "properties" in said else items if "properties" in items else None
        if inner is None:
            yield path, said
        else:
            yield from fields(inner, schema, path + ("[]" if inner is items else ""))


def test_every_field_is_a_rule_a_setting_that_is_carried_out_or_words(schema):
    found = dict(fields(schema, schema))
    stated = {path for path, said in found.items() if "const" in said}
    assert not set(SETTINGS) & WORDS
    assert set(found) - stated == set(SETTINGS) | WORDS


@pytest.mark.parametrize("test", sorted(set(SETTINGS.values())))
def test_what_carries_out_a_setting_is_tried_by_a_test_that_is_there(test):
    path, _, name = test.partition("::")
    assert re.search(rf"^def {name}\(", (TESTS / path).read_text(), re.MULTILINE), test


def test_a_field_that_can_say_one_thing_only_is_what_the_program_always_does(schema):
    stated = {path for path, said in fields(schema, schema) if "const" in said}
    assert stated == {
        "schema_version",
        "nomenclature.table",
        "nomenclature.rename.laterality_guard",
        "privacy.base_profile",
        "sign_off.expires_if_changed",
        "delivery.target",
        "delivery.confirm",
    }


def within_rules(node, schema, within=False) -> Iterator[str]:
    """Names of the fields that a rule is made of."""
    node = resolved(node, schema)
    within = within or "x-rule" in node
    for name, said in node.get("properties", {}).items():
        if within and "properties" not in resolved(said, schema):
            yield name
        yield from within_rules(said, schema, within)
    if "items" in node:
        yield from within_rules(node["items"], schema, within)


def test_every_field_of_a_rule_is_read_where_rules_are_judged(schema):
    judges = [*PROGRAM.glob("validators/*.py"), PROGRAM / "protocols" / "rules.py", PROGRAM / "domain" / "ranges.py"]
    read = "".join(path.read_text() for path in (*judges, PROGRAM / "stages" / "validate.py"))
    silent = {name for name in within_rules(schema, schema) if f'"{name}"' not in read}
    assert silent == {"meaning"}, "of a code: what people call it"


def test_a_protocol_that_says_everything_is_right(schema):
    document = fullest(schema)
    assert list(unfitting(document, schema)) == []
    assert list(contradictions(document, schema)) == []


def test_every_rule_of_a_protocol_that_says_everything_is_ruled_on_once(schema, tmp_path):
    document, folder = fullest(schema), demo(tmp_path / "session")
    path = tmp_path / document["trial"] / f"{document['version']}.json"
    path.parent.mkdir()
    path.write_text(text(document))
    protocol = load(path, schema)
    headers = headers_below(folder, [file.name for file in folder.iterdir()])
    case = case_of(folder, headers, protocol.content, {"arm": "A", "timepoint": "A", "site": "A"})
    verdict = validate(replace(case, visits=["A"]), protocol, {**installed(installed_names()), "site-own": quiet})
    assert [ruling.line for ruling in verdict.rulings] == [rule.line for rule in protocol.rules]
    assert [finding.code for finding in verdict.findings if finding.code.startswith("validator.")] == []

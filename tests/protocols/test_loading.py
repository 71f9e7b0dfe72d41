import json
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uploader.config import Settings
from uploader.domain.errors import BadProtocol, NotFound, Refused, UnknownTrial, UnknownValidator
from uploader.home import shipped
from uploader.passes import Policy
from uploader.protocols import Protocols, check, load
from uploader.protocols.loading import examined, unserved
from uploader.protocols.rules import resolved, ruled_places
from uploader.protocols.sentences import sentence
from uploader.records.accounts import ROLES

SHIPPED = Path(__file__).parent.parent.parent / "trial_protocols"
POLICIES = shipped("privacy_policies")
SCHEMA = json.loads((SHIPPED / "schema.json").read_text())
OURS = next(f.default for f in fields(Settings) if f.name == "validators")


@pytest.fixture
def document():
    return json.loads((SHIPPED / "DEMO-RT" / "v1.json").read_text())


@pytest.fixture
def keep(tmp_path):
    """Writes a document as a protocol; returns its path."""

    def write(document, trial="DEMO-RT", version="v1"):
        path = tmp_path / trial / f"{version}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
        return path

    return write


def test_the_demonstrations_are_right():
    protocols = Protocols(SHIPPED, ["DEMO-RT", "SPINE-PHANTOM"])
    assert {p.trial for p in protocols.open()} == {"DEMO-RT", "SPINE-PHANTOM"}
    for protocol in protocols.all():
        protocol.check_subject(protocol.subject_example)
        assert {rule.validator for rule in protocol.rules} <= set(OURS)


@pytest.mark.parametrize("trial", ["EXAMPLE-HN-RT", "EXAMPLE-LUNG-SABR", "EXAMPLE-PET-MR"])
def test_an_example_is_right_and_cannot_be_chosen_while_its_figures_are_placeholders(trial):
    protocols = Protocols(SHIPPED, [trial])
    (protocol,) = protocols.all()
    assert "PLACEHOLDER" in protocol.content["note"]
    assert list(unserved(protocol.content, shipped("dicomedit_scripts"), POLICIES, Policy.read)) == []
    with pytest.raises(Refused, match="draft"):
        protocols.newest(trial)


def described(node):
    """Every property in the schema, with its name."""
    for key, child in node.items():
        if key == "properties":
            yield from child.items()
        if key in ("properties", "$defs"):
            for each in child.values():
                yield from described(each)
        if key == "items":
            yield from described(child)


def test_the_schema_is_a_schema_and_describes_every_field():
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(SCHEMA)
    for name, field in described(SCHEMA):
        said = resolved(field, SCHEMA)
        assert (bool(said.get("title")), bool(said.get("description"))) == (True, True), name


def test_the_schema_lets_no_unknown_field_into_any_object():
    def objects(node):
        if isinstance(node, dict):
            if "properties" in node and node.get("type") == "object":
                yield node
            for child in node.values():
                yield from objects(child)
        elif isinstance(node, list):
            for child in node:
                yield from objects(child)

    assert all(node["additionalProperties"] is False for node in objects(SCHEMA))


def test_a_subject_id_of_another_form_is_refused():
    protocol = Protocols(SHIPPED, ["DEMO-RT"]).newest("DEMO-RT")
    for wrong in ("DEMO-1", "demo-001", "DEMO-0011", "DEMO-001\n"):
        with pytest.raises(Refused, match="DEMO-001"):
            protocol.check_subject(wrong)


def test_the_digest_is_that_of_the_file_so_that_any_edit_shows(keep, document):
    before = load(keep(document), SCHEMA).digest
    assert load(keep(json.dumps(document) + " "), SCHEMA).digest != before


def test_the_newest_version_is_the_highest_number_and_not_the_last_in_the_alphabet(keep, document):
    for version in ("v2", "v10", "v9"):
        path = keep({**document, "version": version}, version=version)
    protocols = Protocols(path.parent.parent, ["DEMO-RT"])
    assert protocols.newest("DEMO-RT").version == "v10"
    assert protocols.version("DEMO-RT", "v2").version == "v2"
    assert [p.version for p in protocols.all()] == ["v2", "v9", "v10"]


def test_an_unknown_trial_names_those_that_are_installed():
    with pytest.raises(UnknownTrial, match="DEMO-RT"):
        Protocols(SHIPPED, ["DEMO-RT"]).newest("OTHER")


def test_an_installed_trial_that_the_settings_do_not_name_is_unknown():
    with pytest.raises(UnknownTrial, match="SPINE-PHANTOM has a protocol, but the setting `trials` does not name it"):
        Protocols(SHIPPED, ["DEMO-RT"]).newest("SPINE-PHANTOM")


@pytest.fixture
def versions(keep, small):
    """Protocols of one trial whose versions differ in what is said of each."""

    def written(*said):
        for number, each in enumerate(said, 1):
            path = keep({**small, "version": f"v{number}", **each}, "SMALL", f"v{number}")
        return Protocols(path.parent.parent, ["SMALL"])

    return written


DAY = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"status": "draft"}, "is a draft"),
        ({"status": "closed"}, "is closed"),
        ({"status": "suspended"}, "is suspended by the trial"),
        ({"valid_from": "2026-11-30"}, "is valid from 2026-11-30 on"),
        ({"valid_to": "2026-11-28"}, "was valid until 2026-11-28"),
    ],
)
def test_a_version_that_is_not_open_is_not_chosen_and_the_reason_is_told(versions, said, words):
    assert versions({}, said).newest("SMALL", DAY).version == "v1"
    assert [p.version for p in versions({}, said).open(DAY)] == ["v1"]
    alone = versions(said, said)
    assert alone.open(DAY) == []
    with pytest.raises(Refused, match=words):
        alone.newest("SMALL", DAY)
    assert alone.version("SMALL", "v1").version == "v1"


def test_a_version_can_be_chosen_on_its_first_and_on_its_last_day(versions):
    assert versions({"valid_from": "2026-11-29", "valid_to": "2026-11-29"}).newest("SMALL", DAY).version == "v1"


@pytest.mark.parametrize(
    ("later", "chosen"),
    [
        ({}, "v2"),
        ({"status": "suspended"}, ""),
        ({"valid_to": "2026-11-28"}, ""),
        ({"valid_from": "2026-11-30"}, "v1"),
        ({"status": "draft"}, "v1"),
    ],
)
def test_a_superseded_version_is_not_chosen_once_the_later_one_has_begun(versions, later, chosen):
    protocols = versions({}, {"supersedes": ["v1"], **later})
    assert "".join(p.version for p in protocols.open(DAY)) == chosen
    assert versions({}, later).open(DAY), "without that word the earlier one steps in"
    if not chosen:
        with pytest.raises(Refused, match="its protocol v2"):
            protocols.newest("SMALL", DAY)


def test_the_pattern_of_subject_ids_is_matched_in_linear_time(versions, small):
    protocol = versions({"subject_id": {"pattern": "(S+)+-[0-9]{3}", "example": "S-001"}}).newest("SMALL")
    assert not protocol.takes("S" * 60 + "!")


def test_a_version_that_is_not_there_is_not_found():
    with pytest.raises(NotFound, match="v1"):
        Protocols(SHIPPED, ["DEMO-RT"]).version("DEMO-RT", "v7")


@pytest.mark.parametrize("trial", ["NOT-THERE", "..", ""])
def test_settings_that_name_a_trial_without_protocol_stop_the_start(trial):
    with pytest.raises(UnknownTrial, match=r"DEMO-RT, EXAMPLE-HN-RT, .*SPINE-PHANTOM"):
        Protocols(SHIPPED, [trial])


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        (lambda d: d.pop("sponsor"), "at the top", "lacks 'sponsor'"),
        (lambda d: d.update(colour="red"), "at the top", "nothing is known of 'colour'"),
        (
            lambda d: d["dates"].update(max_shift_days=0),
            "/dates/max_shift_days",
            "expected at least 1; Longest shift: Dates of a subject",
        ),
        (
            lambda d: d["outcome"].update(unmatched="no"),
            "/outcome/unmatched",
            "expected one of: note, question, refusal",
        ),
        (
            lambda d: d["inputs"][0].update(modalty="CT"),
            "/inputs/0",
            "nothing is known of 'modalty'; is 'modality' meant?",
        ),
        (lambda d: d["inputs"][1].pop("count"), "/inputs/1", "lacks 'count'"),
        (lambda d: d["subject_id"].update(pattern="("), "/subject_id/pattern", "not a regular expression"),
        (lambda d: d["subject_id"].update(example="X"), "/subject_id/example", "does not match"),
        (lambda d: d.update(session_label="{subject}"), "/session_label", "expected: Template of session labels"),
        (lambda d: d.update(project="DEMO RT"), "/project", "is not right; expected: "),
        (lambda d: d.update(project="DEMO-RT\n"), "/project", "is not right; expected: "),
        (lambda d: d.update(scripts=["../../etc/passwd"]), "/scripts/0", "expected: A path such as"),
        (lambda d: d.update(trial="OTHER"), "/trial", "name of the folder"),
        (lambda d: d.update(version="v2"), "/version", "name of the file"),
        (lambda d: d.update(checks=[{"validator": "iod"}] * 2), "/checks/1", "second time"),
    ],
)
def test_a_fault_is_told_with_file_place_and_what_was_expected(keep, document, change, place, words):
    change(document)
    with pytest.raises(BadProtocol) as caught:
        load(keep(document), SCHEMA)
    assert str(caught.value).startswith(f"DEMO-RT/v1.json: line 1, at {place.removeprefix('at ')}: ")
    assert words in str(caught.value)


def test_the_line_of_the_file_is_told_and_every_fault_to_the_fifth(keep, document):
    document["dates"]["max_shift_days"] = 0
    document["project"] = "DEMO RT"
    text = json.dumps(document, indent=1)
    with pytest.raises(BadProtocol) as caught:
        load(keep(text), SCHEMA)
    rows = text.splitlines()
    first, second = (
        next(n for n, row in enumerate(rows, 1) if name in row) for name in ("max_shift_days", '"project"')
    )
    assert f"line {first}, at /dates/max_shift_days" in str(caught.value)
    assert f"line {second}, at /project" in str(caught.value)


def test_of_many_faults_the_first_five_are_told_and_the_rest_counted(keep, document):
    document["checks"] = [{"validator": "iod"}] * 8
    with pytest.raises(BadProtocol, match="and 2 more"):
        load(keep(document), SCHEMA)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"trial": "A", "trial": "B"}', '{"max": NaN}'])
def test_what_is_not_a_protocol_is_not_loaded(keep, text):
    with pytest.raises(BadProtocol, match=r"DEMO-RT/v1\.json"):
        load(keep(text), SCHEMA)


def test_one_bad_version_stops_all_so_that_nothing_is_half_loaded(keep, document):
    keep(document)
    path = keep("{", version="v2")
    with pytest.raises(BadProtocol, match=r"v2\.json"):
        Protocols(path.parent.parent, ["DEMO-RT"])


def test_a_copy_left_beside_the_protocol_is_not_taken_for_a_version(keep, document):
    path = keep(document, version="v1 (copy)")
    with pytest.raises(BadProtocol, match="name of the file"):
        Protocols(path.parent.parent, ["DEMO-RT"])


def test_a_protocol_may_only_ask_for_validators_of_this_site(keep, document, tmp_path):
    with pytest.raises(UnknownValidator, match="structures"):
        check(load(keep(document), SCHEMA), set(OURS) - {"structures"}, tmp_path, POLICIES)


def test_a_protocol_may_only_ask_for_scripts_that_are_there(keep, document, tmp_path):
    document["scripts"] = ["base/core.das", "trial/missing.das"]
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "core.das").write_text("")
    with pytest.raises(BadProtocol, match=r": trial/missing\.das$"):
        check(load(keep(document), SCHEMA), OURS, tmp_path, POLICIES)


def test_a_protocol_whose_validators_and_scripts_are_there_is_accepted(keep, document, tmp_path):
    for script in document["scripts"]:
        (tmp_path / script).parent.mkdir(exist_ok=True)
        (tmp_path / script).write_text("")
    check(load(keep(document), SCHEMA), OURS, tmp_path, POLICIES)


def test_a_protocol_may_only_ask_for_a_policy_that_is_there(keep, document, tmp_path):
    for script in document["scripts"]:
        (tmp_path / script).parent.mkdir(exist_ok=True)
        (tmp_path / script).write_text("")
    document["policy"] = "made_up"
    with pytest.raises(BadProtocol, match="at /policy: not in the folder of privacy policies: made_up"):
        check(load(keep(document), SCHEMA), OURS, tmp_path, POLICIES)


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ({"title": "Another trial"}, "title", "Another trial"),
        ({"sponsor": "Another unit"}, "sponsor", "Another unit"),
        ({"scripts": ["base/core.das"]}, "scripts", ("base/core.das",)),
        ({"policy": "research"}, "policy", "research"),
        ({"institution_is_site": True}, "institution_is_site", True),
        ({"dates": {"max_shift_days": 7}}, "max_shift_days", 7),
        ({"project": "ELSEWHERE"}, "project", "ELSEWHERE"),
    ],
)
def test_what_a_protocol_sets_is_what_its_file_says(versions, said, name, value):
    before, after = versions({}, said).all()
    assert getattr(before, name) != getattr(after, name) == value


def test_a_protocol_that_names_no_policy_has_the_basic_one(keep, document):
    del document["policy"]
    assert load(keep(document), SCHEMA).policy == "basic"


@pytest.mark.parametrize(
    ("subject_id", "place"),
    [
        ({"check_digit": "damm"}, "/subject_id/example"),
        ({"check_digit": "sum"}, "/subject_id/check_digit"),
        ({"automatic": "DEMO-{digits:4}"}, "/subject_id/automatic"),
        ({"automatic": "DEMO-001"}, "/subject_id/automatic"),
        ({"automatic": "DEMO-{digits:2}{check}"}, "/subject_id/automatic"),
        ({"check_digit": "damm", "example": "DEMO-572", "pattern": "DEMO-[0-9]{3}"}, "/subject_id/example"),
        (
            {"check_digit": "damm", "example": "DEMO-5724", "pattern": "DEMO-[0-9]{4}", "automatic": "DEMO-{digits:4}"},
            "/subject_id/automatic",
        ),
    ],
)
def test_subject_ids_that_cannot_be_made_or_checked_are_no_protocol(keep, document, subject_id, place):
    document["subject_id"] |= subject_id
    with pytest.raises(BadProtocol, match=f"at {place}"):
        load(keep(document), SCHEMA)


def test_a_mistyped_subject_is_refused_by_the_rule_of_the_trial(keep, document):
    document["subject_id"] = {"check_digit": "damm", "example": "DEMO-5724", "pattern": "DEMO-[0-9]{4}"}
    protocol = load(keep(document), SCHEMA)
    protocol.check_subject("DEMO-5724")
    with pytest.raises(Refused, match="damm"):
        protocol.check_subject("DEMO-5742")


def test_the_roles_that_a_protocol_may_name_are_those_of_the_desk():
    assert set(SCHEMA["$defs"]["role"]["enum"]) == ROLES


def places(value, path=()):
    """Where anything stands in a document."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield from places(inner, (*path, name))


SLIPS = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        2.5,
        "",
        "a",
        "arm == 'A'",
        "*",
        "(",
        [],
        {},
        ["a"],
        {"min": 2, "max": 1},
        "refusal",
        "ct",
        "v1",
    ]
)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_slip_anywhere_is_told_or_means_something_and_breaks_nothing(data):
    path = SHIPPED / "EXAMPLE-HN-RT" / "v1.json"
    document = json.loads(path.read_text())
    *outer, last = data.draw(st.sampled_from([place for place in places(document) if place]))
    holder = document
    for name in outer:
        holder = holder[name]
    holder[last] = data.draw(SLIPS)
    _, wrong = examined(path, json.dumps(document).encode(), SCHEMA)
    assert all(fault.line and fault.says for fault in wrong)
    if not wrong:
        assert all(sentence(place, document) for place, _ in ruled_places(document, SCHEMA))

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.hostile import FOLDER
from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.sandbox.answer import read_answer
from uploader.sandbox.broke import Broke
from uploader.sandbox.manifest import read_manifest

MANIFEST = read_manifest(FOLDER / "validator.json")
PARAMS = {"ranges": [{"a/b": 1}], "does": "answer"}


def read(answer, line="/checks/2", params=PARAMS):
    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return list(read_answer(raw, MANIFEST, {"scans/1/DICOM/0001.dcm"}, line, params))


def finding(**said):
    return {"findings": [{"code": "hostile.contained", "where": "session", **said}]}


def test_what_people_read_is_the_manifests_and_numbers_have_its_unit():
    said = finding(where="scans/1/DICOM/0001.dcm", tag="(300a,00b6)", found=2.5, expected=[1, 3], evidence="Mustermann")
    [found, _] = read(said)
    assert found.where == "scans/1/DICOM/0001.dcm (300A,00B6)"
    assert (found.says, found.severity, found.found, found.expected) == (
        "It did not get out.",
        Severity.NOTE,
        "2.5 mm",
        "1 to 3 mm",
    )
    assert found.evidence.reveal() == "Mustermann"
    assert "Mustermann" not in repr(found)


@pytest.mark.parametrize(("severity", "outcome"), [("note", Outcome.PASSED), ("question", Outcome.FAILED)])
def test_the_check_as_a_whole_is_ruled_on(severity, outcome):
    assert read(finding(severity=severity))[-1] == Ruling("/checks/2", outcome)


def test_a_rule_is_told_by_its_place_in_the_protocol():
    said = {"findings": [], "rulings": [{"rule": "/ranges/0/a~1b", "outcome": "not evaluable", "reason": "missing"}]}
    [ruling, _] = read(said)
    assert ruling == Ruling("/checks/2/params/ranges/0/a~1b", Outcome.NOT_EVALUABLE, "the spacing is missing")


def test_a_check_of_which_a_part_could_not_be_judged_has_not_passed():
    said = {"findings": [], "rulings": [{"rule": "/does", "outcome": "not evaluable", "reason": "missing"}]}
    assert read(said)[-1] == Ruling("/checks/2", Outcome.NOT_EVALUABLE, "the spacing is missing")


@pytest.mark.parametrize(
    ("said", "how"),
    [
        (finding(rule="/ranges/1"), "it ruled on something that the protocol does not ask of it"),
        (finding(rule="/ranges/00000000"), "it ruled on something that the protocol does not ask of it"),
        (finding(rule="/does/0"), "it ruled on something that the protocol does not ask of it"),
        (finding(found="Mustermann"), "its answer does not fit the schema"),
        (finding(tag="Mustermann"), "its answer does not fit the schema"),
        (finding(evidence="M" * 1001), "its answer does not fit the schema"),
        (finding(where="scans/1/DICOM/0002.dcm"), "it named a file that it was not told of"),
        ({"findings": [finding()["findings"][0]] * 10001}, "its answer does not fit the schema"),
        ({"findings": [], "rulings": [{"rule": "/does", "outcome": "pass", "reason": "x"}]}, "it gave a reason"),
        ({"findings": [], "rulings": [{"rule": "/does", "outcome": "fail"}]}, "it failed a rule and found nothing"),
        (finding(found=10**400), "its answer has a number that is none"),
        (b'{"findings":[{"code":"hostile.contained","where":"session","found":1e999}]}', "a number that is none"),
        (b'{"findings":[{"code":"hostile.contained","where":"session","found":%s}]}' % (b"9" * 5000), "is not JSON"),
        (finding(tag="(0010,0010)\n"), "its answer does not fit the schema"),
        (finding(rule="/does\n"), "its answer does not fit the schema"),
        (finding(where="session\n"), "it named a file that it was not told of"),
        (finding(code="hostile.contained\n"), "it answered with a code that its manifest does not have"),
        (b'{"findings":[]} {"findings":[]}', "its answer is not JSON"),
        (b"\xff\xfe\x00", "its answer is not JSON"),
        (b" \n", "it answered nothing"),
        (b"[]", "its answer does not fit the schema"),
    ],
)
def test_half_an_answer_is_none(said, how):
    with pytest.raises(Broke, match=how):
        read(said)


def test_evidence_moves_no_cursor_and_turns_no_line_round():
    [found, _] = read(finding(evidence="a\x1b[2Jb\nc\u202ed\ud800e Müller"))
    assert found.evidence.reveal() == "a�[2Jb�c�d�e Müller"


def test_of_megabytes_that_fit_no_schema_the_first_is_enough(monkeypatch):
    weighed = []
    monkeypatch.setattr("jsonschema.exceptions.best_match", weighed.append)
    with pytest.raises(Broke, match="does not fit the schema"):
        read({"findings": [{"code": "hostile.contained"}] * 10_000})
    assert weighed == []


words = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
parts = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["hostile.contained", "hostile.none"]) | words,
        "where": st.sampled_from(["session"]) | words,
    },
    optional={"rule": st.sampled_from(["/does", "/ranges/0", "/x"]) | words, "found": words, "severity": words},
)


@given(answer=words | st.fixed_dictionaries({"findings": st.lists(parts, max_size=3)}, optional={"rulings": words}))
def test_whatever_it_says_it_is_an_answer_or_a_breach_and_no_word_of_it_is_shown(answer):
    try:
        said = read(answer)
    except Broke:
        return
    for each in said:
        assert isinstance(each, Finding | Ruling)
        assert each.says in {"", *(about.says for about in MANIFEST.findings.values()), *MANIFEST.reasons.values()}

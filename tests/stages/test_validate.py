from dataclasses import fields, replace
from pathlib import Path

import pytest

from tests.phantoms import changed, names_of, only, spine_phantom
from uploader.cases import case_of, headers_below
from uploader.config import Settings
from uploader.domain.errors import UnknownValidator
from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.domain.rule import Rule
from uploader.domain.trial import Check, Protocol
from uploader.domain.waiver import Waiver
from uploader.phantom import write_session
from uploader.ports import Case
from uploader.protocols import Protocols
from uploader.stages.validate import ALWAYS, validate
from uploader.validators import installed

ALL = next(f.default for f in fields(Settings) if f.name == "validators")
SHIPPED = Path(__file__).parent.parent.parent / "trial_protocols"
OURS = installed(ALL)


def shipped(trial):
    return Protocols(SHIPPED, [trial]).newest(trial)


def numbered(folder):
    """Headers by their paths below the folder."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return headers_below(folder, names)


def judged_by(trial, headers, folder):
    protocol = shipped(trial)
    return validate(case_of(folder, headers, protocol.content), protocol, OURS)


def asking(*names):
    checks = tuple(Check(name, {}) for name in names)
    return Protocol("T", "v1", "d" * 64, "", "", ".*", "", "{subject}_{n}", checks, (), 1, "T")


def ruling(*rulings):
    return lambda case, params: iter(rulings)


def with_rules(*lines, severity=Severity.REFUSAL):
    rules = tuple(Rule(line, "geometry", severity, "Slice spacing") for line in lines)
    return replace(asking("geometry"), rules=rules)


def judged(protocol, *rulings):
    nothing = dict.fromkeys(ALWAYS, quiet)
    return validate(Case({}), protocol, {**nothing, "geometry": ruling(*rulings)})


def broken(headers, params):
    yield Finding("ok.so-far", Severity.NOTE, "session", "begun")
    raise RuntimeError("Mustermann^Erika")


def quiet(headers, params):
    return iter(())


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    identity = write_session(folder / "made", size=16)
    return numbered(folder), identity, folder


def test_the_synthetic_session_passes_the_demo_protocol_without_a_finding(demo):
    verdict = judged_by("DEMO-RT", demo[0], demo[2])
    assert (verdict.protocol, verdict.findings) == ("DEMO-RT v1", ())


def test_the_verdict_names_the_digest_of_the_protocol_file(demo):
    protocol = shipped("DEMO-RT")
    assert validate(Case(demo[0]), protocol, OURS).protocol_digest == protocol.digest


def test_a_session_without_its_structures_is_refused(demo):
    lacking = changed(demo[0], lambda s: s.pop(names_of(s, "RTSTRUCT")[0]))
    verdict = judged_by("DEMO-RT", lacking, demo[2])
    assert verdict.refused
    assert "completeness.input-missing" in {f.code for f in verdict.findings}


def test_two_patients_in_one_session_are_refused(demo):
    mixed = changed(demo[0], lambda s: only(s, "RTDOSE").update(PatientID="MRN-1"))
    assert judged_by("DEMO-RT", mixed, demo[2]).refused


def test_no_finding_quotes_the_patient_however_many_faults_there_are(demo):
    headers, identity, folder = demo

    def ruined(s):
        for index, header in enumerate(s.values()):
            header.update(SeriesInstanceUID=f"1.{index}", SOPInstanceUID="1.2", FrameOfReferenceUID="1.3")
        only(s, "RTPLAN").update(PatientName="Nobody", PatientID="", PatientSex="M", PatientBirthDate="20000101")
        for item in only(s, "RTSTRUCT")["StructureSetROISequence"]:
            item["ROIName"] = identity.name

    verdict = judged_by("DEMO-RT", changed(headers, ruined), folder)
    assert len({f.code for f in verdict.findings}) > 10
    assert [value for value in (*identity.values, *identity.uids) if value in repr(verdict)] == []


def test_the_real_phantom_is_questioned_and_not_refused(samples, tmp_path):
    spine_phantom(samples, tmp_path)
    headers = numbered(tmp_path)
    verdict = judged_by("SPINE-PHANTOM", headers, tmp_path)
    assert len(headers) == 191
    assert [(f.code, f.where.partition(" ROI ")[2]) for f in verdict.findings] == [
        ("names.unlisted", "13"),
        ("names.unlisted", "15"),
        ("structures.empty", "13, 15, 16"),
    ]
    assert verdict.worst is Severity.QUESTION


def test_a_broken_validator_refuses_and_does_not_quote_the_patient():
    verdict = validate(Case({}), asking("broken"), {"broken": broken})
    (finding,) = verdict.findings
    assert (finding.code, verdict.refused) == ("validator.broken", True)
    assert "RuntimeError" in finding.says
    assert "Mustermann" not in repr(verdict)


def test_a_validator_that_answers_nonsense_is_broken():
    verdict = validate(Case({}), asking("odd"), {"odd": lambda headers, params: iter(["fine"])})
    assert [f.code for f in verdict.findings] == ["validator.broken"]


def test_the_others_still_judge_when_one_is_broken(demo):
    lacking = changed(demo[0], lambda s: only(s, "RTPLAN").update(PatientID=""))
    verdict = validate(Case(lacking), asking("broken", "identity"), {**OURS, "broken": broken})
    assert {f.code for f in verdict.findings} == {"validator.broken", "identity.patient-id-missing"}


def test_a_validator_that_finds_nothing_does_not_refuse():
    assert not validate(Case({}), asking("quiet"), {"quiet": quiet}).refused


def test_a_protocol_cannot_ask_for_a_validator_that_is_not_there():
    with pytest.raises(UnknownValidator, match="dose-limits"):
        validate(Case({}), asking("quiet", "dose-limits"), {"quiet": quiet})


def test_a_rule_of_which_nothing_is_said_refuses():
    verdict = judged(with_rules("/a", "/b"), Ruling("/a", Outcome.PASSED))
    assert [(f.code, f.line) for f in verdict.findings] == [("validator.silent", "/b")]
    assert verdict.refused


def test_a_rule_that_is_judged_twice_refuses():
    verdict = judged(with_rules("/a"), Ruling("/a", Outcome.PASSED), Ruling("/a", Outcome.NOT_APPLICABLE))
    assert [f.code for f in verdict.findings] == ["validator.silent"]


def test_a_rule_that_would_refuse_and_cannot_be_judged_is_a_question():
    (finding,) = judged(with_rules("/a"), Ruling("/a", Outcome.NOT_EVALUABLE, "no thickness is given")).findings
    assert (finding.code, finding.severity, finding.line) == ("protocol.not-evaluable", Severity.QUESTION, "/a")
    assert finding.says == "a rule of the protocol (Slice spacing) could not be judged: no thickness is given"


def test_rules_that_cannot_be_judged_for_one_reason_are_one_question():
    lines = [f"/rois/{n}" for n in range(5)]
    rulings = [Ruling(line, Outcome.NOT_EVALUABLE, "the session has no structure set") for line in lines]
    (finding,) = judged(with_rules(*lines), *rulings).findings
    assert finding.line == "/rois/0"
    assert finding.says.startswith("5 rules of the protocol (Slice spacing, Slice spacing, Slice spacing, …) could not")


def test_of_a_missing_input_only_that_it_is_missing_is_said():
    lines = ["/inputs/1/count", "/inputs/1/plan/fractions", "/inputs/11/plan/fractions"]
    rulings = [Ruling(lines[0], Outcome.FAILED), *(Ruling(line, Outcome.NOT_EVALUABLE, line) for line in lines[1:])]
    found = judged(with_rules(*lines), counted("missing", lines[0]), *rulings).findings
    assert [f.line for f in found] == ["/inputs/1/count", "/inputs/11/plan/fractions"]


def test_of_an_input_that_is_there_too_often_what_cannot_be_judged_is_asked():
    lines = ["/inputs/1/count", "/inputs/1/plan/fractions"]
    rulings = [Ruling(lines[0], Outcome.FAILED), Ruling(lines[1], Outcome.NOT_EVALUABLE, "no fractions are given")]
    found = judged(with_rules(*lines), counted("surplus", lines[0]), *rulings).findings
    assert [f.code for f in found] == ["completeness.input-surplus", "protocol.not-evaluable"]


def counted(how, line):
    return Finding(f"completeness.input-{how}", Severity.REFUSAL, "session", "another number than asked", line=line)


def test_a_rule_that_fails_without_a_finding_refuses():
    verdict = judged(with_rules("/a"), Ruling("/a", Outcome.FAILED))
    assert [(f.code, f.line) for f in verdict.findings] == [("validator.silent", "/a")]
    assert verdict.refused


def test_a_rule_that_would_ask_and_cannot_be_judged_is_in_the_list_of_rulings_alone():
    verdict = judged(with_rules("/a", severity=Severity.QUESTION), Ruling("/a", Outcome.NOT_EVALUABLE, "no thickness"))
    assert verdict.findings == ()
    assert [r.outcome for r in verdict.rulings] == [Outcome.NOT_EVALUABLE]


def test_rulings_come_in_the_order_of_the_protocol():
    verdict = judged(with_rules("/a", "/b"), *(Ruling(line, Outcome.PASSED) for line in ("/checks/0", "/b", "/a")))
    assert [r.line for r in verdict.rulings] == ["/a", "/b", "/checks/0"]


def test_what_holds_for_every_trial_is_judged_whatever_the_protocol_asks():
    asked = []
    watched = {name: lambda case, params, name=name: iter(asked.append(name) or ()) for name in ALWAYS}
    validate(Case({}), with_rules("/a"), {**watched, "geometry": ruling(Ruling("/a", Outcome.PASSED))})
    assert asked == list(ALWAYS)


def test_what_is_computed_once_a_case_is_computed_once():
    case, times = Case({}), []
    assert [case.once(lambda_) for lambda_ in [counting(times)] * 2] == [1, 1]


def counting(times):
    def count(case):
        times.append(case)
        return len(times)

    return count


WAIVER = Waiver("anna", "2026-11-29T10:00:00+00:00", "reviewer", "spacing", "/a", "scanner", "d", "d")


def with_outcome(protocol, **outcome):
    return replace(protocol, content={"outcome": outcome})


@pytest.fixture
def waivable():
    named = replace(with_rules("/a").rules[0], name="spacing")
    may = [{"check": "spacing", "role": "reviewer", "reason_codes": ["scanner"]}]
    return with_outcome(replace(with_rules("/a"), rules=(named,)), block_on=["refusal"], waivers=may)


def judged_with(protocol, *said):
    nothing = dict.fromkeys(ALWAYS, quiet)
    return validate(Case({}), protocol, {**nothing, "geometry": ruling(*said)}, [WAIVER])


def test_a_waived_rule_that_fails_does_not_refuse(waivable):
    failed = Finding("geometry.spacing", Severity.REFUSAL, "scans/1", "wide", line="/a")
    assert not judged_with(waivable, failed, Ruling("/a", Outcome.FAILED)).refused
    assert judged_with(with_outcome(waivable), failed, Ruling("/a", Outcome.FAILED)).refused


def test_who_lets_a_rule_pass_that_could_not_be_judged_lets_no_other_one_pass(waivable):
    both = replace(waivable, rules=(*waivable.rules, with_rules("/b").rules[0]))
    strict = with_outcome(both, **{**waivable.content["outcome"], "block_on": ["question", "refusal"]})
    said = [Ruling(line, Outcome.NOT_EVALUABLE, "no thickness is given") for line in ("/a", "/b")]
    verdict = judged_with(strict, *said)
    assert [f.line for f in verdict.standing] == ["/b"]
    assert verdict.refused


def test_a_rule_that_its_validator_forgot_is_not_waived(waivable):
    assert judged_with(waivable).refused


def test_a_waiver_that_nothing_needs_is_not_in_the_verdict(waivable):
    assert judged_with(waivable, Ruling("/a", Outcome.PASSED)).waivers == ()


def test_a_protocol_may_let_no_question_stand():
    asked = with_rules("/a", severity=Severity.QUESTION)
    question = Finding("geometry.spacing", Severity.QUESTION, "scans/1", "wide", line="/a")
    said = (question, Ruling("/a", Outcome.FAILED))
    assert not judged(with_outcome(asked, block_on=["refusal"]), *said).refused
    assert judged(with_outcome(asked, block_on=["question", "refusal"]), *said).refused


def test_a_validator_that_broke_is_told_once_and_not_for_each_of_its_rules():
    nothing = dict.fromkeys(ALWAYS, quiet)
    verdict = validate(Case({}), with_rules("/a", "/b"), {**nothing, "geometry": broken})
    assert [f.code for f in verdict.findings] == ["validator.broken"]
    assert verdict.refused


@pytest.mark.parametrize(("block", "says"), [("roi_relations", "why"), ("rois", "note")])
def test_why_the_trial_asks_for_something_is_told_with_the_finding(block, says):
    line = f"/{block}/0"
    asked = replace(with_rules(line), content={block: [{says: "the lungs were swapped before"}]})
    wrong = Finding("geometry.spacing", Severity.QUESTION, "scans/1", "wide", line=line)
    assert [f.says for f in judged(asked, wrong, Ruling(line, Outcome.FAILED)).findings] == [
        "wide (the lungs were swapped before)"
    ]

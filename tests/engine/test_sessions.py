"""What becomes of the sessions of a tree: written whole, or held with a reason."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from tests.engine.making import anonymise, digests, edit, renumbered
from tests.homes import demo
from uploader.domain.errors import BadProtocol, BadSettings, Refused, SubjectTaken
from uploader.domain.finding import Finding, Severity
from uploader.domain.manifest import Entry, Manifest
from uploader.domain.private import Private
from uploader.engine.find import Found
from uploader.engine.work import judged
from uploader.home import make


def test_a_session_that_grew_replaces_what_was_written_of_it(home, session, tmp_path):
    late = session / "CT0003.dcm"
    kept = late.read_bytes()
    late.unlink()
    first = anonymise(home, session, tmp_path / "OUT")
    late.write_bytes(kept)
    second = anonymise(home, session, tmp_path / "OUT")
    assert [s["state"] for r in (first, second) for s in r["sessions"]] == ["new", "replaced"]
    assert first["sessions"][0]["session"] == second["sessions"][0]["session"]
    assert len(digests(tmp_path / "OUT")) == second["totals"]["written"] == 9


def test_patients_and_sessions_in_one_tree_come_out_apart(home, tmp_path):
    for seed in (21, 22):
        demo(tmp_path / "IN" / str(seed), seed)
    later = demo(tmp_path / "later", 21)
    for path in later.iterdir():
        renumbered(path)
    shutil.move(later, tmp_path / "IN" / "20")
    report = anonymise(home, tmp_path / "IN", tmp_path / "OUT", jobs=2)
    assert (report["totals"]["patients"], report["totals"]["sessions"]) == (2, 3)
    labels = sorted(f"{p.parent.name}/{p.name}" for p in (tmp_path / "OUT").glob("*/*"))
    assert labels == sorted(f"{s['subject']}/{s['session']}" for s in report["sessions"])
    assert len({s["subject"] for s in report["sessions"]}) == 2


def test_a_later_visit_continues_the_folder_under_the_same_subject(home, tmp_path):
    first = anonymise(home, demo(tmp_path / "first", 23), tmp_path / "OUT")
    for path in demo(tmp_path / "second", 23).iterdir():
        renumbered(path)
    second = anonymise(home, tmp_path / "second", tmp_path / "OUT")
    (one,), (two,) = first["sessions"], second["sessions"]
    assert one["subject"] == two["subject"]
    assert (one["session"], two["session"]) == (f"{one['subject']}_1", f"{one['subject']}_2")


def test_a_manual_id_is_written_as_it_was_given_and_is_one_patients(home, tmp_path):
    report = anonymise(home, demo(tmp_path / "IN", 30), tmp_path / "OUT", "DEMO-001")
    assert [s["subject"] for s in report["sessions"]] == ["DEMO-001"]
    assert report["ids"] == "manual"
    other = demo(tmp_path / "other", 31)
    with pytest.raises(SubjectTaken):
        anonymise(home, other, tmp_path / "OUT", "DEMO-001")
    assert {p.name for p in (tmp_path / "OUT").iterdir()} == {"DEMO-001"}


def test_one_id_for_two_patients_is_refused_with_their_number(home, session, tmp_path):
    demo(session.parent / "other", 2)
    with pytest.raises(Refused, match="IN holds 2"):
        anonymise(home, session.parent, tmp_path / "OUT", "DEMO-777")
    assert not (tmp_path / "OUT").exists()


def test_a_subject_id_with_the_patients_own_number_in_it_holds_the_session(home, session, tmp_path):
    for path in session.iterdir():
        edit(path, PatientID="DEMO-915")
    report = anonymise(home, session, tmp_path / "OUT", "DEMO-915")
    (held,) = report["sessions"]
    assert (held["state"], held["files"], held["files_held"]) == ("held", 0, 9)
    assert "verify.pseudonym-identifies" in {h["code"] for h in held["held"]}
    assert list((tmp_path / "OUT").iterdir()) == []


def test_a_file_without_a_patient_id_is_held_and_none_is_invented(home, session, tmp_path):
    edit(session / "CT0002.dcm", PatientID="")
    report = anonymise(home, session, tmp_path / "OUT")
    assert [h["code"] for h in report["held"]] == ["quarantine.missing-id"]
    assert report["totals"]["written"] == 8


def test_a_file_that_breaks_off_is_held_and_the_others_go_on(home, session, tmp_path):
    broken = session / "CT0004.dcm"
    broken.write_bytes(broken.read_bytes()[:-300])
    report = anonymise(home, session, tmp_path / "OUT")
    assert (report["totals"]["written"], report["totals"]["held"]) == (8, 1)


def test_a_file_that_a_script_rejects_is_held_with_the_reason(home, session, tmp_path):
    edit(session / "CT0001.dcm", BurnedInAnnotation="YES")
    report = anonymise(home, session, tmp_path / "OUT")
    (held,) = report["sessions"][0]["held"]
    assert held["code"] == "script-rejected"
    assert re.fullmatch(r"scans/[0-9]+/DICOM/[0-9]{4}\.dcm", held["where"])
    assert report["totals"]["written"] == 8


def test_a_copy_of_a_file_is_written_once_and_not_held(home, session, tmp_path):
    shutil.copy(session / "CT0001.dcm", session / "copy.dcm")
    report = anonymise(home, session, tmp_path / "OUT")
    assert (report["totals"]["found"], report["totals"]["written"], report["totals"]["doubles"]) == (10, 9, 1)


def test_a_link_is_not_followed(home, session, tmp_path):
    (session / "link.dcm").symlink_to(demo(tmp_path / "other", 41) / "CT0001.dcm")
    report = anonymise(home, session, tmp_path / "OUT")
    assert [h["code"] for h in report["held"]] == ["quarantine.not-regular"]


def test_files_of_two_patients_in_one_study_are_held(home, session, tmp_path):
    edit(session / "CT0001.dcm", PatientID="somebody else")
    report = anonymise(home, session, tmp_path / "OUT")
    assert {h["code"] for h in report["held"]} == {"quarantine.patient-conflict"}
    assert report["totals"]["written"] == 0


def test_what_only_a_person_can_judge_holds_its_file_unless_that_is_accepted():
    question = Finding("verify.word", Severity.QUESTION, "scans/2/DICOM/0001.dcm (0018,1030)", "a word", "Look.")
    files = Manifest(frozenset(Entry(f"scans/2/DICOM/000{n}.dcm", 1, str(n), "") for n in (1, 2)))
    careful, bold = (judged([question], files, despite) for despite in (False, True))
    assert ([e.name for e in careful.files], len(careful.held)) == (["scans/2/DICOM/0002.dcm"], 1)
    assert (bold.files, bold.held, len(bold.questions)) == (files, (), 1)


@pytest.mark.parametrize("where", ["subject", "verify.word"])
def test_a_question_about_the_session_holds_it_whole(where):
    files = Manifest(frozenset({Entry("scans/2/DICOM/0001.dcm", 1, "1", "")}))
    question = Finding("verify.more", Severity.QUESTION, where, "more of it", "Look.")
    assert len(judged([question], files, False).files) == 0


def test_a_refusal_holds_the_session_whatever_is_accepted():
    files = Manifest(frozenset({Entry("scans/2/DICOM/0001.dcm", 1, "1", "")}))
    refusal = Finding("verify.residue", Severity.REFUSAL, "scans/2/DICOM/0001.dcm (0010,0010)", "a name", "Again.")
    assert len(judged([refusal], files, True).files) == 0


def test_a_lost_key_of_a_home_with_links_is_not_made_anew(session, tmp_path):
    home = tmp_path / "home"
    anonymise(home, session, tmp_path / "OUT")
    (home / "uploader.toml").unlink()
    (home / "secrets" / "trial.key").unlink()
    with pytest.raises(BadSettings, match="restore it from its backup"):
        anonymise(home, session, tmp_path / "OUT")


def test_paths_of_in_are_private_wherever_they_are_kept():

    assert "Quill" not in repr(Found(Private((("Quill",),)), (), (), 0))


@pytest.mark.parametrize("charset", [b"UNDEFINED ", b"ISO\0\0\0 192"])
def test_a_character_set_that_is_none_keeps_nobody_elses_session_back(charset, home, tmp_path):
    demo(tmp_path / "IN" / "1", 50)
    for path in demo(tmp_path / "IN" / "2", 51).iterdir():
        edit(path, PatientName="Dürrenmatt^Jürg")
        path.write_bytes(path.read_bytes().replace(b"ISO_IR 192", charset))
    report = anonymise(home, tmp_path / "IN", tmp_path / "OUT")
    assert report["totals"]["written"] == 18
    assert not any("Dürrenmatt".encode() in p.read_bytes() for p in (tmp_path / "OUT").rglob("*.dcm"))


def test_a_trial_whose_policy_does_not_give_the_privacy_that_it_asks_for_is_not_begun(tmp_path):
    make(tmp_path / "home", {})
    path = tmp_path / "home" / "trial_protocols" / "DEMO-RT" / "v1.json"
    said = json.loads(path.read_text())
    said["privacy"]["options"] = ["retain-device-identity"]
    path.write_text(json.dumps(said))
    with pytest.raises(BadProtocol, match="/privacy/options: the policy trial lacks retain-device-identity"):
        anonymise(tmp_path / "home", demo(tmp_path / "IN"), tmp_path / "OUT")
    assert not (tmp_path / "OUT").exists()

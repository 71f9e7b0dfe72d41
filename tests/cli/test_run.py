"""`uploader run` and its step-by-step sisters, as processes: what they print, where, and how they exit."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3

import pytest

from tests.cli.calling import Answer, call, carried, run
from tests.homes import archives_of, arrive, change_settings, demo, new_home
from uploader.domain.session import Address
from uploader.gateway import archive_of, open_home


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose archives are running, so that each command is quick."""
    root = new_home(tmp_path_factory.mktemp("gateway") / "home")
    built = open_home(root)
    with archives_of(built):
        yield root
    built.records.close()


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return demo(tmp_path_factory.mktemp("export") / "session")


@pytest.fixture(scope="module")
def receipt(home, session):
    return carried(home, session)


def bytes_of(folder):
    return {p: (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in folder.rglob("*")}


def central_of(home, receipt):
    built = open_home(home)
    built.records.close()
    held = archive_of(built.settings, "central").held(Address(*receipt["central"].values()))
    return {(h.name, h.size, h.md5) for h in held}


def submissions(home):
    built = open_home(home)
    try:
        return list(built.records.all())
    finally:
        built.records.close()


def one_sentence(answer: Answer) -> str:
    assert answer.returncode == 2, answer
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    (last, *_) = reversed(answer.stderr.strip().splitlines())
    return last


def test_the_receipt_names_the_central_place_and_exactly_what_the_centre_lists(home, receipt):
    assert receipt["central"] == {"project": "SITE01", "subject": "DEMO-001", "session": "DEMO-001_1"}
    assert central_of(home, receipt) == {(f["name"], f["size"], f["md5"]) for f in receipt["files"]}
    assert all(re.fullmatch("[0-9a-f]{64}", f["sha256"]) for f in receipt["files"])


def test_a_second_run_of_the_same_folder_sends_nothing_twice_and_gives_the_same_receipt(home, session, receipt):
    source, before = bytes_of(session), central_of(home, receipt)
    assert carried(home, session) == receipt
    assert central_of(home, receipt) == before
    assert bytes_of(session) == source


def test_another_session_of_the_same_patient_gets_the_next_label(home, session, receipt, tmp_path):
    later = shutil.copytree(session, tmp_path / "later")
    next(iter(sorted(later.glob("CT*.dcm")))).unlink()
    answer = run(home, later, "--sign-as", "ada")
    assert json.loads(answer.stdout)["session" if answer.returncode else "central"] is not None
    assert "DEMO-001_2" in answer.stdout


def test_an_automatic_id_is_made_once_for_a_patient(home, tmp_path):
    session = demo(tmp_path / "session", seed=6)
    arguments = ["run", session, "--trial", "DEMO-RT", "--ids", "automatic"]
    first, second = (json.loads(call(home, *arguments, "--sign-as", "ada").stdout) for _ in range(2))
    assert first == second
    assert re.fullmatch("DEMO-[0-9]{3}", first["central"]["subject"])
    assert "either --subject ID" in one_sentence(call(home, *arguments, "--subject", "DEMO-006"))


def test_a_label_that_is_not_the_trials_is_refused(home, session, tmp_path):
    answer = run(home, session, "--session", "Zumbrunn_Mia_1")
    assert answer.returncode == 2
    assert "DEMO-001_1" in answer.stderr


def test_a_refusal_exits_3_and_names_rule_and_protocol_line(home, session, tmp_path):
    incomplete = shutil.copytree(session, tmp_path / "incomplete")
    for file in incomplete.glob("R*.dcm"):
        file.unlink()
    answer = run(home, incomplete, "--sign-as", "ada")
    assert answer.returncode == 3
    told = json.loads(answer.stdout)
    assert (told["state"], told["protocol"]) == ("refused", "DEMO-RT v1")
    (finding,) = [f for f in told["findings"] if f.get("line") == "/inputs/1/count"]
    assert finding["rule"] == "structures.count"
    assert (finding["code"], finding["severity"]) == ("completeness.input-missing", "refusal")
    assert {"line": "/inputs/1/count", "outcome": "fail", "says": ""} in told["rulings"]
    in_a_line = answer.stderr.strip().splitlines()[-1]
    assert in_a_line.startswith("refused by structures.count")
    assert call(home, "status").stdout.splitlines()[0].endswith(in_a_line)


def test_a_held_submission_exits_4_and_says_why(home, receipt, tmp_path):
    answer = run(home, demo(tmp_path / "other patient", seed=2), "--sign-as", "ada")
    assert answer.returncode == 4
    assert (json.loads(answer.stdout)["state"], json.loads(answer.stdout)["why"]) == ("held", "subject-taken")


def test_step_by_step_a_session_rests_where_a_person_is_needed(home, tmp_path):
    session = demo(tmp_path / "session", seed=3)
    rests = run(home, session, "--session", "DEMO-003_7", subject="DEMO-003")
    assert rests.returncode == 0
    submission = json.loads(rests.stdout)["submission"]
    assert json.loads(rests.stdout)["state"] == "awaiting-signoff"
    assert one_sentence(call(home, "release", submission)).endswith("[wrong-state]")
    signed = call(home, "sign", submission, "--sign-as", "ada")
    assert (signed.returncode, signed.stdout[:8]) == (0, "signed: ")
    assert json.loads(call(home, "show", submission).stdout)["state"] == "signed"
    released = call(home, "release", submission)
    assert released.returncode == 0
    assert json.loads(released.stdout)["central"]["session"] == "DEMO-003_7"
    assert json.loads(released.stdout)["signed"][0]["digest"] in signed.stdout
    (line,) = [s for s in call(home, "status").stdout.splitlines() if s.startswith(submission)]
    assert line.split()[1:4] == ["released", "DEMO-RT", "DEMO-003_7"]
    assert json.loads(call(home, "show", submission).stdout)["receipt"] == json.loads(released.stdout)


def test_a_wrong_password_signs_nothing_and_begins_nothing(home, session):
    before = submissions(home)
    answer = run(home, session, "--sign-as", "ada", UPLOADER_PASSWORD="wrong")
    assert one_sentence(answer).endswith("[wrong-password]")
    assert submissions(home) == before


def test_without_a_terminal_and_without_the_variable_the_password_is_missing(home, session):
    answer = run(home, session, "--sign-as", "ada", UPLOADER_PASSWORD="")
    assert "set UPLOADER_PASSWORD" in one_sentence(answer)


def test_what_an_interrupted_command_left_under_way_goes_on_with_retry(home, tmp_path):
    built = open_home(home)
    submission = arrive(built, demo(tmp_path / "session", seed=4))
    built.records.close()
    answer = call(home, "retry", submission)
    assert (answer.returncode, json.loads(answer.stdout)["state"]) == (0, "received")


def test_an_unknown_trial_is_named_as_such_with_those_that_are_known(home, session):
    assert "DEMO-RT, SPINE-PHANTOM [unknown-trial]" in one_sentence(run(home, session, trial="NOPE"))


def test_a_subject_id_that_is_not_the_trials_is_refused_with_an_example(home, session):
    assert "for example DEMO-001" in one_sentence(run(home, session, subject="Mustermann"))


def test_a_folder_of_two_sessions_is_wrong_use(home, session, tmp_path):
    shutil.copytree(session, tmp_path / "both" / "one")
    demo(tmp_path / "both" / "two", seed=2)
    assert "holds 2 sessions" in one_sentence(run(home, tmp_path / "both"))
    spool = open_home(home).home.spool
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "nosuchid"], "[not-found]"),
        (["sign", "nosuchid", "--sign-as", "ada"], "[not-found]"),
        (["run", "/nowhere", "--trial", "DEMO-RT", "--subject", "DEMO-001"], "does not exist"),
        (["run", ".", "--subject", "DEMO-001"], "Missing option '--trial'"),
        (["run", ".", "--trial", "DEMO-RT"], "either --subject ID"),
        (["dance"], "No such command"),
    ],
)
def test_wrong_use_exits_2_with_one_sentence(home, arguments, says):
    assert says in one_sentence(call(None if arguments == ["dance"] else home, *arguments))


def test_an_unknown_setting_stops_the_start_and_is_named(tmp_path):
    home = new_home(tmp_path / "home")
    change_settings(home, "jobs = 1", "jobs = 1\njbos = 2")
    assert "unknown setting(s): jbos [bad-settings]" in one_sentence(call(home, "serve"))


def test_the_archives_of_another_home_are_told_from_our_own(home, session, tmp_path):
    other = new_home(tmp_path / "home")
    shutil.copy(home / "uploader.toml", other)
    assert "not this home's archive, but another home's" in one_sentence(run(other, session, "--sign-as", "ada"))
    assert submissions(other) == []


def test_a_folder_that_is_no_home_is_told_how_to_become_one(tmp_path):
    assert "uploader init --home" in one_sentence(call(tmp_path / "nothing", "status"))


def test_the_audit_chain_is_whole(home, receipt):
    answer = call(home, "audit", "verify")
    assert (answer.returncode, answer.stdout[:6]) == (0, "whole:")


@pytest.mark.parametrize(
    "edit",
    [
        """UPDATE audit SET line = replace(line, '"ada"', '"eve"') WHERE line LIKE '%"ada"%'""",
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
    ],
)
def test_an_edit_of_the_records_behind_our_back_breaks_the_audit_chain(home, receipt, tmp_path, edit):
    copy = shutil.copytree(home, tmp_path / "copy", ignore=shutil.ignore_patterns("archives"))
    database = sqlite3.connect(copy / "records" / "records.sqlite")
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {trigger}")
    assert database.execute(edit).rowcount > 0
    database.commit()
    database.close()
    answer = call(copy, "audit", "verify")
    assert answer.returncode == 4
    assert answer.stderr.startswith("BROKEN at line")

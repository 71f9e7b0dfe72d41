"""`uploader doctor` finds what is wrong with a gateway that runs, and says what to do."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import requests
from sqlalchemy import text

from tests.homes import arrive, bring_to_signature, carry, change_settings, demo, free_ports, gateway_at, new_home
from tests.patience import PATIENCE_SECONDS
from tests.records.made import ID, bring
from uploader.cli import main
from uploader.doctor import PARTS, SESSIONS, archives, examine, examine_part, kept, machine, traffic
from uploader.doctor.observation import Grade, observed
from uploader.domain.submission import State
from uploader.gateway import open_home
from uploader.hosted import TEST_PROJECT


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A gateway with its archives running, for tests that change nothing that lasts."""
    with gateway_at(tmp_path_factory.mktemp("whole") / "home") as built:
        yield built


def seen(look, built, about="it"):
    return list(observed(about, look, built))


def wrongs(observations):
    return [each for each in observations if each.grade is Grade.WRONG]


def sessions_in(built, archive):
    about = getattr(built.settings, archive)
    auth = (about.user, about.password_file.read_text())
    where = f"{about.url}/data/projects/{TEST_PROJECT}/experiments"
    answer = requests.get(where, auth=auth, timeout=PATIENCE_SECONDS)
    return answer.json()["ResultSet"]["Result"]


def test_a_phantom_goes_down_the_line_and_nothing_of_it_is_left(whole):
    found = [each for each in examine(whole, with_phantom=True) if each.about == "phantom"]
    assert [each.grade for each in found] == [Grade.WELL] * 3, found
    assert sessions_in(whole, "identifiable") == sessions_in(whole, "anonymised") == []
    assert list(whole.records.all()) == []
    assert not list(whole.home.work.iterdir())
    assert (
        not whole.home.links.exists() or not sqlite3.connect(whole.home.links).execute("SELECT 1 FROM links").fetchall()
    )


def test_a_phantom_that_is_stopped_is_wrong_and_taken_out_all_the_same(tmp_path):
    with gateway_at(tmp_path / "home") as built:
        about = built.settings.anonymised
        admin = ("admin", (built.home.secrets / "anonymised-admin").read_text())
        gone = requests.delete(f"{about.url}/data/projects/{TEST_PROJECT}", auth=admin, timeout=PATIENCE_SECONDS)
        assert gone.status_code == 200
        found = [each for each in examine(built, with_phantom=True) if each.about == "phantom"]
        assert any("uploader provision" in each.remedy for each in wrongs(found)), found
        assert sessions_in(built, "identifiable") == []


def test_a_secret_that_others_may_read_is_named(whole):
    file = whole.home.secrets / "first-login"
    file.chmod(0o640)
    (found,) = wrongs(seen(machine.secrets, whole))
    file.chmod(0o600)
    assert "first-login" in found.says
    assert "chmod 600" in found.remedy


def test_a_lost_key_is_named(whole):
    key = whole.home.secrets / "alias.key"
    kept = key.read_bytes()
    key.unlink()
    found = wrongs(seen(machine.secrets, whole))
    key.write_bytes(kept)
    key.chmod(0o600)
    assert "alias.key is missing" in found[0].says


@pytest.mark.parametrize(
    ("part", "lacks"),
    [
        ("prepare", ("desk.key", "site.key", "central-uploader")),
        ("release", ("link.key", "trial.key", "alias.key", "desk.key", "identifiable-uploader")),
        ("desk", ("link.key", "trial.key", "alias.key", "site.key", "central-uploader")),
    ],
)
def test_a_process_with_only_its_own_secrets_is_well(tmp_path, part, lacks):
    with gateway_at(tmp_path / "home") as built:
        for name in lacks:
            (built.home.secrets / name).unlink()
        found = wrongs(examine_part(built, part, with_phantom=True))
        assert {each.about for each in found} <= {"worker", "desk"}, found


@pytest.mark.parametrize(("part", "key"), [("prepare", "link.key"), ("release", "site.key"), ("desk", "desk.key")])
def test_a_process_that_lost_a_key_of_its_own_is_wrong(tmp_path, part, key):
    with gateway_at(tmp_path / "home") as built:
        (built.home.secrets / key).unlink()
        found = wrongs(seen(dict(PARTS[part])["secrets"], built))
        assert f"{key} is missing" in found[0].says


def test_a_worker_elsewhere_is_not_the_one_that_is_looked_for_here(whole):
    whole.records.workers.beat("elsewhere-worker.lock")
    assert not wrongs(seen(traffic.worker, whole))
    (found,) = wrongs(seen(partial(traffic.worker, here=True), whole))
    whole.records.workers.forget("elsewhere-worker.lock")
    assert "none is at work" in found.says


def test_a_disk_that_is_nearly_full_is_wrong_and_one_that_fills_is_noted(whole, monkeypatch):
    free = shutil.disk_usage(whole.home.root).free
    monkeypatch.setattr(machine, "LEAST_SHARE", 0)
    for least, grade in ((free * 20, Grade.WRONG), (free * 2, Grade.NOTE), (free // 2, Grade.WELL)):
        monkeypatch.setattr(machine, "LEAST_FREE", least)
        assert [each.grade for each in seen(machine.disk, whole)] == [grade]


def test_an_audit_that_was_changed_is_wrong(tmp_path):
    with gateway_at(tmp_path / "home") as built:
        arrive(built, demo(tmp_path / "in"))
        with built.records.database.alone() as c:
            for trigger in c.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
                c.execute(text(f"DROP TRIGGER {trigger}"))
            c.execute(text("DELETE FROM audit WHERE seq = 1"))
        (found,) = wrongs(seen(machine.records, built))
        assert "audit is broken" in found.says


def test_an_archive_with_another_password_is_wrong_and_names_the_file(whole):
    file = whole.home.secrets / "central-uploader"
    kept = file.read_text()
    file.write_text("another")
    found = wrongs(seen(archives.look, whole))
    file.write_text(kept)
    assert [each.about for each in found] == ["central"]
    assert "password file" in found[0].says


def test_an_archive_that_is_away_is_wrong_and_the_others_are_still_looked_at(tmp_path):
    with gateway_at(tmp_path / "home") as built:
        (port,) = free_ports(1)
        url = built.settings.identifiable.url
        change_settings(built.home.root, f'url = "{url}"', f'url = "http://127.0.0.1:{port}"')
        found = seen(archives.look, open_home(built.home.root))
        assert {each.about for each in wrongs(found)} == {"identifiable"}
        assert {each.about for each in found if each.grade is Grade.WELL} == {"anonymised", "central"}


def test_a_clock_that_is_wrong_is_said_with_the_difference(whole, monkeypatch):
    monkeypatch.setattr(archives, "MOST_SKEW", timedelta(seconds=-1))
    found = wrongs(seen(archives.look, whole))
    assert {each.about for each in found} == {"identifiable", "anonymised", "central"}
    assert "s apart" in found[0].says
    assert "NTP" in found[0].remedy


def test_a_centre_that_is_asked_without_tls_from_afar_is_wrong(whole, tmp_path):
    home = shutil.copytree(whole.home.root, tmp_path / "copy")
    url = whole.settings.central.url
    change_settings(home, f'url = "{url}"', 'url = "http://centre.example"')
    found = list(archives._certificate((open_home(home), "central")))
    assert found[0].grade is Grade.WRONG
    assert "without TLS" in found[0].says


def test_without_a_worker_nothing_moves_and_with_one_it_does(whole):
    assert wrongs(seen(traffic.worker, whole))
    whole.records.workers.beat("here")
    assert not wrongs(seen(traffic.worker, whole))
    whole.records.workers.forget("here")


def test_a_desk_that_does_not_answer_is_wrong(whole):
    assert "uploader desk" in wrongs(seen(traffic.desk, whole))[0].remedy


def test_a_submission_that_has_stood_still_is_noted_with_what_to_do(tmp_path, monkeypatch):
    with gateway_at(tmp_path / "home") as built:
        submission = arrive(built, demo(tmp_path / "in"))
        assert carry(built, submission) == "received"
        built.records.choose(submission, "DEMO-RT", "v1", "x", "DEMO-001", "DEMO-001_1", "ada", onward=True)
        assert carry(built, submission) == "held"
        assert seen(traffic.waiting, built)[0].grade is Grade.WELL
        monkeypatch.setattr(traffic, "LONG", timedelta(0))
        (found,) = seen(traffic.waiting, built)
        assert found.grade is Grade.NOTE
        assert f"uploader retry {submission}" in found.remedy


def test_a_recall_that_nobody_carries_out_is_noted_and_its_reason_is_not_told(tmp_path, monkeypatch):
    monkeypatch.setattr(traffic, "LONG", timedelta(0))
    built = open_home(new_home(tmp_path / "home"))
    bring(built.records, State.RELEASED)
    assert seen(traffic.waiting, built)[0].grade is Grade.WELL
    built.records.ask_recall(ID, "ada", "Mrs Doe withdrew her consent")
    (found,) = seen(traffic.waiting, built)
    built.records.close()
    assert (found.grade, f"{ID} is to be recalled" in found.says, "Doe" in found.says) == (Grade.NOTE, True, False)


def test_a_session_that_lost_a_file_in_an_archive_is_wrong_and_named(tmp_path):
    with gateway_at(tmp_path / "home") as built:
        submission = bring_to_signature(built, demo(tmp_path / "in"))
        (found,) = seen(kept.look, built)
        assert found.grade is Grade.WELL
        assert found.says.startswith("2 session(s)")
        next((built.home.archive("anonymised") / "archive").rglob("*.dcm")).unlink()
        (found,) = wrongs(seen(kept.look, built))
        assert submission in found.says
        assert "anonymised" in found.says


def test_each_part_reads_sessions_back_where_its_own_keys_lead(tmp_path):
    with gateway_at(tmp_path / "home") as built:
        bring_to_signature(built, demo(tmp_path / "in"))
        assert [each.says.split(" ")[0] for each in seen(SESSIONS["prepare"], built)] == ["2"]
        (built.home.secrets / "link.key").unlink()
        assert [each.says.split(" ")[0] for each in seen(SESSIONS["release"], built)] == ["1"]
        next((built.home.archive("anonymised") / "archive").rglob("*.dcm")).unlink()
        (found,) = seen(SESSIONS["release"], built)
        assert "anonymised lacks or changed 1 of" in found.says


def test_the_command_says_how_many_things_to_mend_and_tells_programs_as_json(whole, monkeypatch, capsys):
    home = str(whole.home.root)
    monkeypatch.setattr("sys.argv", ["uploader", "doctor", "--home", home, "--no-phantom"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().out
    assert ended.value.code == 4
    assert "2 thing(s) to mend" in said
    monkeypatch.setattr("sys.argv", ["uploader", "doctor", "--home", home, "--no-phantom", "--json"])
    with pytest.raises(SystemExit):
        main()
    found = json.loads(capsys.readouterr().out)
    assert {each["about"] for each in found if each["grade"] == "wrong"} == {"worker", "desk"}


def test_the_end_of_a_certificate_is_read_from_the_server(authority, tls_port):
    ends = archives.expiry("localhost", tls_port, str(authority))
    assert timedelta(days=9) < ends - datetime.now(UTC) < timedelta(days=10)

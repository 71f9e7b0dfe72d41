"""What an archive refuses, and a person has to mend: each is held with a sentence that says what to do."""

from __future__ import annotations

import pytest

from tests.faults.worlds import SESSION
from uploader.domain.errors import LoginRefused, Misconfigured
from uploader.gateway import preflight

SUBJECTS = "/data/projects/SITE01/subjects"


def test_wrong_credentials_hold_the_session_and_the_start_until_the_password_file_is_right(due):
    with due.archives():
        secret = due.home / "secrets" / "central-uploader"
        right = secret.read_text()
        secret.write_text("not the password")
        about = due.carried()
        assert (about.state, about.why) == ("held", "login-refused")
        assert "check its password file" in about.says
        assert "not the password" not in about.says
        with pytest.raises(LoginRefused):
            preflight(due.settings)
        secret.write_text(right)
        due.retried()


def test_an_account_without_the_right_to_create_is_held_until_it_is_a_member(due):
    with due.archives():
        due.ask_central("PUT", "/data/projects/SITE01/users/Collaborators/uploader")
        about = due.carried()
        assert (about.state, about.why) == ("held", "archive-refused")
        assert "member of the project" in about.says
        with pytest.raises(Misconfigured, match=r"SITE01.*member"):
            preflight(due.settings)
        due.ask_central("PUT", "/data/projects/SITE01/users/Members/uploader")
        due.retried()


def test_a_project_that_does_not_exist_is_held_until_the_setting_is_right(due):
    with due.archives():
        due.set("central", "project", "NOWHERE")
        about = due.carried()
        assert (about.state, about.why) == ("held", "archive-refused")
        assert "there is no such project" in about.says
        with pytest.raises(Misconfigured, match="NOWHERE does not exist"):
            preflight(due.settings)
        due.set("central", "project", "SITE01")
        due.retried()


def test_the_id_of_a_deleted_project_is_held_and_said_to_be_of_no_use_again(due):
    with due.archives():
        due.ask_central("PUT", "/data/projects/ONCE")
        due.ask_central("DELETE", "/data/projects/ONCE?removeFiles=true")
        due.set("central", "project", "ONCE")
        assert due.carried().state == "held"
        with pytest.raises(Misconfigured, match="cannot be used again"):
            preflight(due.settings)
        due.set("central", "project", "SITE01")
        due.retried()


def test_a_label_that_another_subject_uses_is_held_and_nothing_is_overwritten(due):
    with due.archives():
        theirs = f"{SUBJECTS}/DEMO-900"
        due.ask_central("PUT", theirs)
        due.ask_central("PUT", f"{theirs}/experiments/DEMO-001_1?xsiType=xnat:ctSessionData")
        about = due.carried()
        assert (about.state, about.why) == ("held", "label-taken")
        assert "label" in about.says
        due.ask_central("GET", f"{theirs}/experiments/DEMO-001_1?format=json")
        due.ask_central("DELETE", f"{theirs}?removeFiles=true")
        due.retried()


def test_a_session_of_other_files_under_our_label_is_held_and_nothing_is_overwritten(due):
    with due.archives():
        due.ask_central("PUT", f"{SUBJECTS}/DEMO-001")
        due.ask_central("PUT", f"{SESSION}?xsiType=xnat:ctSessionData")
        due.ask_central("PUT", f"{SESSION}/resources/NOTES/files/note.txt?inbody=true", b"theirs")
        about = due.carried()
        assert (about.state, about.why) == ("held", "label-taken")
        assert "nothing was overwritten" in about.says
        due.ask_central("DELETE", f"{SESSION}?removeFiles=true")
        due.retried()


def test_a_label_that_is_in_use_in_the_trials_project_is_held_after_the_session_arrived(due):
    with due.archives():
        trial = "/data/projects/DEMO-RT/subjects/DEMO-001"
        due.ask_central("PUT", trial)
        about = due.carried()
        assert (about.state, about.why) == ("held", "label-taken")
        due.ask_central("DELETE", f"{trial}?removeFiles=true")
        due.retried()

"""`uploader init` and `uploader demo-session`."""

from __future__ import annotations

import tomllib

import pydicom
import pytest

from tests.cli.calling import call
from uploader.gateway import open_home
from uploader.seal import public_half


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    root = tmp_path_factory.mktemp("new") / "home"
    answer = call(root, "init", "--base-port", "18080")
    assert answer.returncode == 0, answer.stderr
    return root


def test_the_settings_are_explained_and_say_the_ports_folders_accounts_and_trials(home):
    text = (home / "uploader.toml").read_text()
    settings = tomllib.loads(text)
    assert settings["trials"] == ["DEMO-RT", "SPINE-PHANTOM"]
    assert settings["folder"]["path"] == "inbox"
    assert settings["desk"]["port"] == 18080
    assert settings["central"]["url"] == "http://127.0.0.1:18083"
    assert settings["central"]["user"] == "uploader"
    assert text.count("#") > 10


def test_keys_and_passwords_are_readable_by_their_owner_only(home):
    secrets = list((home / "secrets").iterdir())
    assert {"link.key", "trial.key", "alias.key", "desk.key", "site.key", "first-login"} <= {p.name for p in secrets}
    assert {p.stat().st_mode & 0o777 for p in secrets} == {0o600}
    assert {p.stat().st_mode & 0o077 for p in home.iterdir() if p.is_dir() and p.name not in SHIPPED} == {0}


SHIPPED = {"trial_protocols", "dicomedit_scripts", "privacy_policies", "blanking_rules"}
"""Folders that hold nothing of anybody."""


def test_the_first_login_works_and_may_manage(home):
    built = open_home(home)
    password = (home / "secrets" / "first-login").read_text()
    assert built.records.accounts.check("admin", password) == {"reviewer", "admin"}
    built.records.close()


def test_the_account_of_somebody_who_left_is_locked_and_still_listed(home):
    assert call(home, "account", "add", "paula", "--role", "physicist").returncode == 0
    assert call(home, "account", "lock", "paula").returncode == 0
    listed = dict(line.split(maxsplit=1) for line in call(home, "account", "list").stdout.splitlines())
    assert listed == {"admin": "admin, reviewer", "paula": "locked"}
    refused = call(home, "account", "lock", "nobody")
    assert (refused.returncode != 0, "no such account" in refused.stderr) == (True, True)


def test_init_again_replaces_no_key_and_no_setting(home):
    kept = {p: p.read_bytes() for p in [*(home / "secrets").iterdir(), home / "uploader.toml"]}
    assert call(home, "init").returncode == 0
    assert {p: p.read_bytes() for p in kept} == kept


def test_a_home_older_than_the_site_key_gets_one_and_its_public_half(home):
    key, public = home / "secrets" / "site.key", home / "secrets" / "site.pub"
    before = public.read_bytes()
    key.unlink(), public.unlink()
    assert call(home, "init").returncode == 0
    assert public_half(key.read_bytes()).pem == public.read_bytes() != before


def test_a_site_key_that_the_centres_know_is_restored_and_not_made_anew(home):
    key = home / "secrets" / "site.key"
    kept = key.read_bytes()
    key.unlink()
    answer = call(home, "init")
    assert (answer.returncode, key.exists()) == (2, False)
    assert "restore it from its backup" in answer.stderr
    key.write_bytes(kept)
    key.chmod(0o600)


def test_a_key_that_others_may_read_stops_the_work(home, tmp_path):
    key = home / "secrets" / "trial.key"
    key.chmod(0o644)
    answer = call(home, "run", tmp_path, "--trial", "DEMO-RT", "--subject", "DEMO-001")
    key.chmod(0o600)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert "chmod 600" in answer.stderr


def test_the_demo_session_is_a_planning_session(tmp_path):
    assert call(None, "demo-session", tmp_path / "demo").returncode == 0
    modalities = [pydicom.dcmread(p, stop_before_pixels=True).Modality for p in (tmp_path / "demo").iterdir()]
    assert {m: modalities.count(m) for m in modalities} == {"CT": 60, "RTSTRUCT": 1, "RTPLAN": 1, "RTDOSE": 1}

"""Settings are complete, known and right, or nothing starts."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from uploader.config import ArchiveSettings, DeskSettings, FolderSettings, PluginSettings, SandboxSettings, Settings
from uploader.domain.errors import BadSettings
from uploader.home import Home, make, shipped

SHIPPED_RULES = sorted(p.name for p in shipped("blanking_rules").iterdir())
DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture
def home(tmp_path):
    return make(tmp_path, {}).root


def change(home: Path, before: str, after: str) -> None:
    file = home / "uploader.toml"
    assert before in file.read_text()
    file.write_text(file.read_text().replace(before, after, 1))


def test_the_settings_that_init_writes_are_read(home):
    settings = Settings.read(home)
    assert settings.identifiable.project == "INCOMING"
    assert settings.folder.path == home / "inbox"


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ('site = "SITE01"', 'site = "SITE01"\nsiet = 1', "siet"),
        ("[desk]", "[desk]\nprot = 1", "desk.prot"),
        ('site = "SITE01"', "", "site"),
        ("jobs = 2", 'jobs = "two"', "jobs"),
        ("jobs = 2", "jobs = true", "jobs"),
        ("[folder]", "[folder", "uploader.toml"),
    ],
    ids=["unknown", "unknown in a table", "missing", "of the wrong kind", "a yes for a number", "not TOML"],
)
def test_a_wrong_setting_stops_the_start_and_is_named(home, before, after, named):
    change(home, before, after)
    with pytest.raises(BadSettings, match=named):
        Settings.read(home)


def test_a_home_without_settings_says_how_to_make_them(tmp_path):
    with pytest.raises(BadSettings, match="uploader init --home"):
        Settings.read(tmp_path)


@pytest.mark.parametrize("folder", ["trial_protocols", "dicomedit_scripts", "privacy_policies", "blanking_rules"])
def test_a_home_of_an_earlier_version_says_what_it_lacks_and_how_to_add_it(home, folder):
    shutil.rmtree(home / folder)
    with pytest.raises(BadSettings, match=rf"{folder} is missing; .* uploader init --home {home}"):
        Settings.read(home)


def test_init_adds_what_a_home_of_an_earlier_version_lacks_and_leaves_the_rest(home):
    (home / "trial_protocols" / "own.txt").write_text("the site's own")
    for folder in ("privacy_policies", "blanking_rules"):
        shutil.rmtree(home / folder)
    make(home, {})
    assert Settings.read(home).policies.is_dir()
    assert sorted(p.name for p in (home / "blanking_rules").iterdir()) == SHIPPED_RULES
    assert (home / "trial_protocols" / "own.txt").read_text() == "the site's own"


def test_a_folder_elsewhere_that_is_missing_is_not_replaced_by_what_is_shipped(home):
    change(home, 'site = "SITE01"', 'policies = "/nowhere/policies"\nsite = "SITE01"')
    with pytest.raises(BadSettings, match=r"restore it, or correct the setting policies$"):
        Settings.read(home)


def test_secrets_are_for_their_owner_only_and_never_replaced(home):
    before = {p.name: p.read_bytes() for p in (home / "secrets").iterdir()}
    make(home, {})
    after = {p.name: p.read_bytes() for p in (home / "secrets").iterdir()}
    assert before == after
    assert {p.stat().st_mode & 0o777 for p in (home / "secrets").iterdir()} == {0o600}


def test_a_key_that_is_cut_short_is_not_used(home):
    (home / "secrets" / "trial.key").write_bytes(b"")
    with pytest.raises(BadSettings, match="damaged"):
        Home(home).key("trial.key")


@pytest.mark.parametrize("trace", ["records.sqlite", "worker.lock"])
def test_a_home_in_use_that_lost_a_key_gets_no_new_one(home, trace):
    (home / "records" / trace).touch()
    (home / "secrets" / "trial.key").unlink()
    with pytest.raises(BadSettings, match="restore"):
        make(home, {})
    assert not (home / "secrets" / "trial.key").exists()


@pytest.mark.parametrize(
    "name",
    [
        f.name
        for kind in (Settings, ArchiveSettings, FolderSettings, DeskSettings, PluginSettings, SandboxSettings)
        for f in dataclasses.fields(kind)
    ],
)
def test_every_setting_is_documented(name):
    assert f"`{name}`" in (DOCS / "settings.md").read_text()

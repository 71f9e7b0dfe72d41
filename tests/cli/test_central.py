"""The service of a trials' centre, from its own home on, beside a site that leaves the sharing to it."""

from __future__ import annotations

import json

import pytest
import requests

from tests.cli.calling import call, interrupted, running
from tests.homes import archives_of, bring_to_signature, change_settings, demo, new_home, sign_and_release
from tests.patience import PATIENCE_SECONDS, until
from uploader import recall
from uploader.domain.session import Address
from uploader.gateway import archive_of, build_line, build_review, open_home
from uploader.seal import sealed

ADDRESS = Address("SITE01", "DEMO-001", "DEMO-001_1")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site that has released one session, and shares none."""
    root = new_home(tmp_path_factory.mktemp("site") / "home")
    change_settings(root, "[central]", "[central]\nshare = false")
    built = open_home(root)
    with archives_of(built):
        submission = bring_to_signature(built, demo(tmp_path_factory.mktemp("demo")))
        assert sign_and_release(built, submission) == "released"
        yield built, submission
    built.records.close()


@pytest.fixture(scope="module")
def home(site, tmp_path_factory):
    """The centre's home, made as docs/central.md says."""
    root, (built, _) = tmp_path_factory.mktemp("centre") / "home", site
    assert call(root, "central", "init").returncode == 0
    hired(built)
    (root / "secrets" / "sharing").write_text("of the centre")
    (root / "keys" / "SITE01.pub").write_bytes(built.home.public_key.read_bytes())
    settings = root / "central.toml"
    text = (
        settings.read_text().replace("https://xnat.example.org", built.settings.central.url).replace("\n# [[", "\n[[")
    )
    text = text.replace("poll_seconds = 60", "poll_seconds = 0.2")
    for key in ("name", "project", "key", "id"):
        text = text.replace(f"\n# {key} = ", f"\n{key} = ")
    settings.write_text(text)
    return root


def hired(built):
    """The account of the centre's service, as an administrator makes it there."""
    url, admin = built.settings.central.url, ("admin", (built.home.secrets / "central-admin").read_text())
    account = {"username": "sharing", "password": "of the centre"}
    requests.post(f"{url}/xapi/users", json=account, auth=admin, timeout=PATIENCE_SECONDS).raise_for_status()
    for project, group in (("SITE01", "Members"), ("DEMO-RT", "Owners")):
        requests.put(
            f"{url}/data/projects/{project}/users/{group}/sharing", auth=admin, timeout=PATIENCE_SECONDS
        ).raise_for_status()


def shared(site):
    return archive_of(site[0].settings, "central").shared(ADDRESS)


def test_the_settings_of_a_new_home_are_explained_and_kept(home):
    before = (home / "central.toml").read_text()
    assert call(home, "central", "init").returncode == 0
    assert (home / "central.toml").read_text() == before
    assert before.count("#") > 5


def test_a_site_that_does_not_share_leaves_it_to_the_centre(site, home):
    assert shared(site) == {"SITE01"}
    answer = call(home, "central", "status", "--json")
    [row] = json.loads(answer.stdout)
    assert (answer.returncode, row["state"], row["session"], row["trial"]) == (0, "to share", "DEMO-001_1", "DEMO-RT")
    assert shared(site) == {"SITE01"}


def test_a_key_that_others_handed_in_shares_nothing(site, home):
    key = home / "keys" / "SITE01.pub"
    right = key.read_bytes()
    other = new_home(home.parent / "other")
    key.write_bytes((other / "secrets" / "site.pub").read_bytes())
    answer = call(home, "central", "--once")
    assert (answer.returncode, shared(site)) == (4, {"SITE01"})
    assert "bad-seal" in answer.stdout
    key.write_bytes(right)


def test_a_trial_that_is_not_in_the_settings_is_listed(site, home):
    settings = home / "central.toml"
    right = settings.read_text()
    settings.write_text(right.replace('id = "DEMO-RT"', 'id = "ANOTHER"'))
    answer = call(home, "central", "--once")
    assert (answer.returncode, shared(site)) == (4, {"SITE01"})
    assert "unknown-trial" in answer.stdout
    settings.write_text(right)


def test_one_round_shares_it_and_the_journal_says_so_once(site, home):
    answer = call(home, "central", "--once")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert shared(site) == {"SITE01", "DEMO-RT"}
    assert call(home, "central", "--once").returncode == 0
    lines = [json.loads(line) for line in (home / "journal.jsonl").read_text().splitlines()]
    assert [line["reason"] for line in lines] == ["bad-seal", "unknown-trial", ""]
    assert lines[-1]["changed"]


def test_the_service_ends_the_share_when_the_site_recalls_and_stops_when_told(site, home, tmp_path):
    built, submission = site
    with running(home, "central", out=tmp_path / "log") as service:
        until(lambda: "serving" in (tmp_path / "log").read_text())
        recall.recall(build_line(built), submission, "ada", "consent withdrawn")
        until(lambda: shared(site) == {"SITE01"})
        assert interrupted(service) == 0
    assert "recalled" in (home / "journal.jsonl").read_text().splitlines()[-1]
    assert "consent" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("poll_seconds", "pol_seconds", "pol_seconds"),
        ('project = "DEMO-RT"', 'project = "SITE01"', "each has its own"),
        ('key = "keys/SITE01.pub"', 'key = "central.toml"', "no public key of a site"),
        ('key = "keys/SITE01.pub"', 'key = "keys/none.pub"', "cannot be read"),
        ("[[trials]]", "[trials]", "trials"),
    ],
)
def test_settings_that_are_wrong_stop_the_start_and_are_named(home, before, after, says):
    settings = home / "central.toml"
    right = settings.read_text()
    settings.write_text(right.replace(before, after))
    answer = call(home, "central", "status")
    settings.write_text(right)
    assert answer.returncode == 2
    assert says in answer.stderr


def test_a_folder_without_settings_says_how_to_make_them(tmp_path):
    answer = call(tmp_path, "central", "--once")
    assert (answer.returncode, "uploader central init" in answer.stderr) == (2, True)


def test_at_the_centre_no_site_signs_a_receipt_in_the_name_of_another(site, home, tmp_path):
    built, submission = site
    receipt = dict(build_review(built).receipt(submission))
    bare = {name: value for name, value in receipt.items() if name not in ("key", "signature")}
    for name, code in (("SITE01", 0), ("SITE02", 3)):
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(sealed({**bare, "site": name}, built.home.site_key())))
        assert call(home, "receipt", "verify", str(file)).returncode == code

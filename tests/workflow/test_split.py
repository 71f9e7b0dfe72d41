"""The stack's split: what may reach the outside holds nothing identifiable, and what holds identities reaches nothing
outside. Each process gets a home with nothing in it but what its part needs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.homes import PASSWORD, arrive, demo, new_home
from tests.workflow.conftest import Shared
from uploader.config import FILE, Settings
from uploader.domain.errors import Misconfigured
from uploader.domain.submission import ROUTES
from uploader.gateway import build_line, build_review, open_home, preflight
from uploader.supervisor import Child, running

READ_BY_ALL = ("trial_protocols", "dicomedit_scripts", "privacy_policies", "blanking_rules")
PREPARE = ("link.key", "trial.key", "alias.key", "identifiable-uploader", "anonymised-uploader")
RELEASE = ("site.key", "anonymised-uploader", "central-uploader")
DESK = ("desk.key", "anonymised-uploader")


def part_of(home: Path, target: Path, secrets: Iterable[str], folders: Iterable[str] = ()) -> Path:
    """A home with these secrets and folders of `home`, and what every process reads."""
    (target / "secrets").mkdir(parents=True)
    shutil.copy(home / FILE, target / FILE)
    for name in secrets:
        shutil.copy(home / "secrets" / name, target / "secrets" / name)
    for name in (*READ_BY_ALL, *folders):
        shutil.copytree(home / name, target / name)
    return target


def test_three_processes_with_a_part_of_the_home_each_carry_a_session_to_the_centre(shared: Shared, tmp_path: Path):
    home = shared.built.home.root
    submission = arrive(shared.built, demo(tmp_path / "in"))
    inside = part_of(home, tmp_path / "inside", PREPARE, ("spool", "link", "inbox"))
    outside = part_of(home, tmp_path / "outside", RELEASE)
    desk = part_of(home, tmp_path / "desk", DESK)
    with running([Child("desk", ["desk", "--home", str(desk)], shared.built.settings.desk.url)]):
        shared.worker(("receive", "prepare"), home=inside)
        shared.rest_in("received")
        person = open_home(desk)
        review = build_review(person)
        review.choose(submission, "DEMO-RT", "DEMO-001", "ada")
        shared.rest_in("awaiting-signoff")
        review.sign(submission, "ada", PASSWORD, review.show(submission).seen)
        review.release(submission, "ada")
        person.records.close()
        shared.worker(("release",), home=outside)
        shared.rest_in("released")
    made = {path.name for path in outside.iterdir()}
    assert made == {FILE, "secrets", "records", "steps.txt", *READ_BY_ALL}


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A home that has everything."""
    return new_home(tmp_path / "home")


def test_a_worker_for_release_touches_nothing_identifiable(whole: Path, tmp_path: Path):
    outside = open_home(part_of(whole, tmp_path / "outside", RELEASE, ("records",)))
    line = build_line(outside, routes=("release",))
    for touch in (
        lambda: line.links.find,
        lambda: line.identifiable.open,
        lambda: line.spool / "k7q29xmd",
        lambda: line.work / "k7q29xmd",
        lambda: line.recipe(None, None, None, []),
    ):
        with pytest.raises(Misconfigured, match="for the routes release has no"):
            touch()
    outside.records.close()


def test_a_worker_for_prepare_reaches_no_centre(whole: Path, tmp_path: Path):
    inside = open_home(part_of(whole, tmp_path / "inside", PREPARE, ("link", "records")))
    line = build_line(inside, routes=("receive", "prepare"))
    for touch in (lambda: line.central.put, lambda: line.seal({})):
        with pytest.raises(Misconfigured, match=r"has no (central archive|site key)"):
            touch()
    inside.records.close()


def test_before_the_start_only_archives_of_the_routes_are_asked(shared: Shared, tmp_path: Path):
    for routes, secrets in ((("receive", "prepare"), PREPARE), (("release",), RELEASE)):
        part = part_of(shared.built.home.root, tmp_path / routes[0], secrets)
        assert preflight(Settings.read(part), routes) == []
        with pytest.raises(Misconfigured, match="password file"):
            preflight(Settings.read(part), ROUTES)


def test_a_submission_whose_route_a_worker_was_not_given_is_not_taken(shared: Shared, tmp_path: Path):
    arrive(shared.built, demo(tmp_path / "in"))
    worker = shared.worker(("release",))
    shared.heard(1)
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(3)
    assert shared.states() == {"queued"}
    assert shared.steps() == []

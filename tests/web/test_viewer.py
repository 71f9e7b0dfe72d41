"""From a session's page to its images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.web.desks import Page, desk_of, log_in
from uploader.gateway import archive_of, viewers_of
from uploader.given import trial_session


@pytest.fixture
def bea(built):
    """A browser at a desk whose archives have viewers."""
    desk = desk_of(built)
    with_viewers = replace(
        built.settings,
        identifiable=replace(built.settings.identifiable, viewer=Path("dist")),
        anonymised=replace(built.settings.anonymised, viewer=Path("dist")),
    )
    archives = (archive_of(with_viewers, name) for name in ("identifiable", "anonymised"))
    desk.extensions["review"] = replace(desk.extensions["review"], viewers=viewers_of(with_viewers, *archives))
    return log_in(desk)


def links(client, submission):
    """Place -> the link to its images."""
    found = Page(client.get(f"/submissions/{submission}").text).all("a")
    return {a["href"].rpartition("/")[2]: a for a in found if "/viewer/" in a["href"]}


def looks(built, submission):
    return [line["actor"] for line in built.records.history(submission) if line["action"] == "looked-at-identifiable"]


def test_what_arrived_can_be_looked_at_before_the_trial_is_chosen(bea, received):
    assert list(links(bea, received)) == ["identifiable"]


def test_both_sessions_open_in_a_tab_of_their_own(bea, to_look_at):
    assert [(a["target"], a["rel"]) for a in links(bea, to_look_at).values()] == [("_blank", "noopener")] * 2


@pytest.mark.parametrize("place", ["identifiable", "anonymised"])
def test_the_address_is_of_the_archive_and_tells_of_nobody(bea, built, to_look_at, place):
    about = built.records.get(to_look_at)
    address = urlsplit(bea.get(links(bea, to_look_at)[place]["href"]).location)
    assert address.geturl().startswith(f"{getattr(built.settings, place).url}/VIEWER/?")
    assert set(parse_qs(address.query)) == {"subjectId", "projectId", "experimentId"}
    assert [each for each in (about.alias, about.subject, about.label) if each in address.query] == []


def test_only_the_way_to_identifiable_images_is_in_the_audit(bea, built, to_look_at):
    before = len(looks(built, to_look_at))
    for link in links(bea, to_look_at).values():
        bea.get(link["href"])
    assert looks(built, to_look_at)[before:] == ["ada"]


def test_there_is_no_way_to_a_viewer_that_an_archive_does_not_have(ada, to_look_at):
    assert links(ada, to_look_at) == {}
    assert ada.get(f"/submissions/{to_look_at}/viewer/anonymised").status_code == 404


@pytest.mark.parametrize("place", ["anonymised", "central", "nowhere"])
def test_there_is_no_way_to_images_that_are_not_kept(bea, received, place):
    assert bea.get(f"/submissions/{received}/viewer/{place}").status_code == 404


def test_a_session_that_the_archive_has_lost_is_said_to_be_gone(bea, built, signable):
    archive_of(built.settings, "anonymised").remove(trial_session(built.records.get(signable)).address)
    answer = bea.get(f"/submissions/{signable}/viewer/anonymised")
    assert answer.status_code == 409
    assert "it is not there" in answer.text

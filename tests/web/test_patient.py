"""Asking on the page of a session who the patient is."""

from __future__ import annotations

import pytest
from pydicom import dcmread

from tests.homes import arrive, carry, demo
from tests.web.desks import Page
from tests.web.hostile import HOSTILE, hostile_session
from uploader.gateway import build_review
from uploader.patient import patient

WHO = "Who is this?"


def looks(built, submission):
    return [line["actor"] for line in built.records.history(submission) if line["action"] == "looked-at-identifiable"]


@pytest.fixture(scope="module")
def known(session):
    """What the demo session says of its patient and study, in the order of the page."""
    ct = dcmread(next(path for path in session.iterdir() if path.name.startswith("CT")))
    keywords = "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyDescription"
    return [str(ct[keyword].value) for keyword in (*keywords, "AccessionNumber")]


def test_the_page_tells_who_it_is_only_when_asked_and_the_audit_tells_who_asked(ada, built, received, known):
    page = ada.get(f"/submissions/{received}")
    assert WHO in page.text
    assert looks(built, received) == []
    assert [value for value in known if len(value) > 1 and value in page.text] == []
    answer = ada.get(f"/submissions/{received}/patient")
    assert [value for value in known if f"<dd>{value}</dd>" not in answer.text] == []
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'name="subject"' in answer.text
    assert looks(built, received) == ["ada"]


def test_what_is_told_is_where_nobody_kept_it(built, received, known):
    told = patient(build_review(built), received, "ada")
    assert [value.reveal() for each in told for value in each.values] == known
    kept = repr(told) + str(built.records.get(received)) + str(built.records.history(received))
    assert [value for value in known if len(value) > 1 and value in kept] == []


def test_it_can_be_asked_later_too(ada, built, to_look_at, known):
    before = len(looks(built, to_look_at))
    assert WHO in ada.get(f"/submissions/{to_look_at}").text
    assert f"<dd>{known[1]}</dd>" in ada.get(f"/submissions/{to_look_at}/patient").text
    assert looks(built, to_look_at)[before:] == ["ada"]


def test_a_page_that_tells_who_it_is_never_looks_again_by_itself(ada, built, received):
    built.records.choose(received, "DEMO-RT", "v1", "0" * 64, "DEMO-001", f"label_{received}", "ada")
    built.records.queue(received, "prepare", "ada")
    assert "data-look-again" in ada.get(f"/submissions/{received}").text
    assert "data-look-again" not in ada.get(f"/submissions/{received}/patient").text


def test_nobody_is_told_of_before_the_session_is_kept(ada, built, session):
    submission = arrive(built, session)
    assert WHO not in ada.get(f"/submissions/{submission}").text
    assert carry(built, submission) == "received"
    assert WHO in ada.get(f"/submissions/{submission}").text


def test_series_that_do_not_agree_are_all_told_and_so_is_what_none_says(ada, built, tmp_path, known):
    for path in demo(tmp_path / "mixed").iterdir():
        dataset = dcmread(path)
        del dataset.AccessionNumber
        if dataset.Modality == "RTDOSE":
            dataset.StudyDescription = "Other place"
        dataset.save_as(path)
    submission = arrive(built, tmp_path / "mixed")
    assert carry(built, submission) == "received"
    page = ada.get(f"/submissions/{submission}/patient").text
    assert f"<dd>{known[5]}</dd><dd>Other place</dd>" in page
    assert (page.count("the series do not agree"), page.count("not said")) == (1, 1)


def test_what_an_attacker_wrote_is_text(ada, built, tmp_path):
    submission = arrive(built, hostile_session(tmp_path / "hostile"))
    assert carry(built, submission) == "received"
    page = Page(ada.get(f"/submissions/{submission}/patient").text)
    assert HOSTILE[1] in page.text
    assert page.all("img") == []

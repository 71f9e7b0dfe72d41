"""What every answer carries, and how errors look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.web.desks import desk_of, log_in, post, token
from uploader.domain.errors import Held, Misconfigured, Refused, Transient, UploaderError, family
from uploader.web.app import HEADERS
from uploader.web.errors import answer_to

SECRET = "Thistlefeather^Ottoline"


@pytest.fixture
def broken(built):
    """A desk in which something unforeseen happens, with a message that quotes a patient."""

    def unforeseen(kind):
        raise ValueError(SECRET)

    desk = desk_of(built)
    desk.extensions["review"] = replace(desk.extensions["review"], notices=unforeseen)
    return desk


@pytest.mark.parametrize(
    ("method", "page", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/login", 200),
        ("GET", "/static/desk.css", 200),
        ("GET", "/static/none.css", 404),
        ("GET", "/submissions/none", 404),
        ("GET", "/none", 404),
        ("PUT", "/", 405),
        ("POST", "/logout", 400),
    ],
)
def test_every_answer_carries_the_headers_that_guard_it(ada, method, page, status):
    answer = ada.open(page, method=method)
    answer.close()
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert (answer.headers.get("Cache-Control") == "no-store") == (not page.startswith("/static"))


def test_no_script_or_style_stands_in_a_page(ada, to_look_at):
    for page in ("/", f"/submissions/{to_look_at}"):
        text = ada.get(page).text
        assert "<style" not in text
        assert " style=" not in text
        assert text.count("<script") == text.count('<script src="/static/desk.js"') == 1


def test_a_form_that_is_too_large_is_refused(ada):
    answer = ada.post("/logout", data={"csrf_token": "x" * 100_000})
    assert answer.status_code in (400, 413)
    assert "was not done" in answer.text


@pytest.mark.parametrize("page", ["/submissions/none", "/submissions/none/changes", "/submissions/none/structures"])
def test_a_submission_that_is_not_there_says_so_and_leads_back(ada, page):
    answer = ada.get(page)
    assert answer.status_code == 404
    assert 'href="/">Back to the submissions' in answer.text


def test_the_unforeseen_shows_a_reference_and_nothing_else(broken, built, caplog):
    answer = log_in(broken).get("/")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    (kept,) = (f for f in built.home.diagnostics.iterdir() if f.stem in answer.text)
    assert SECRET in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert SECRET not in caplog.text


def test_the_unforeseen_stays_hidden_when_its_text_cannot_be_kept(broken, tmp_path, caplog):
    (tmp_path / "file").touch()
    broken.diagnostics = tmp_path / "file"
    answer = log_in(broken).get("/")
    assert answer.status_code == 500
    assert "cannot be written" in answer.text
    assert SECRET not in answer.text + caplog.text


@pytest.mark.parametrize("kind", list(family(UploaderError)), ids=lambda kind: kind.code)
def test_every_error_has_a_status_of_its_remedy(kind):
    status, remedy = answer_to(kind.__new__(kind))
    allowed = {Refused: {400, 403, 404, 409}, Transient: {503}, Held: {409}, Misconfigured: {400, 500}}
    assert status in next((s for family_, s in allowed.items() if issubclass(kind, family_)), {500})
    assert remedy


@pytest.mark.parametrize(
    ("action", "form", "status"),
    [
        ("trial", {"trial": "DEMO-RT", "subject": "wrong one"}, 400),
        ("trial", {"trial": "NONE", "subject": "DEMO-001"}, 400),
        ("trial", {}, 400),
        ("signature", {"password": "correct horse battery staple"}, 409),
        ("release", {}, 409),
        ("retry", {}, 409),
        ("withdrawal", {"reason": " "}, 400),
        ("nonsense", {}, 404),
    ],
)
def test_what_may_not_be_done_is_refused_and_changes_nothing(ada, built, received, action, form, status):
    before = built.records.get(received)
    answer = post(ada, f"/submissions/{received}/{action}", **form)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert built.records.get(received) == before


def test_choosing_when_another_has_chosen_says_that_it_went_on(ada, built, received):
    form = {"csrf_token": token(ada, f"/submissions/{received}"), "trial": "DEMO-RT", "subject": "DEMO-001"}
    assert ada.post(f"/submissions/{received}/trial", data=form).status_code == 302
    for subject in ("DEMO-001", "not one of the trial"):
        answer = ada.post(f"/submissions/{received}/trial", data={**form, "subject": subject})
        assert answer.status_code in (409, 400)
        assert "That was not done" in answer.text
        assert f'href="/submissions/{received}"' in answer.text
    assert built.records.get(received).state == "queued"


def test_what_was_typed_is_still_there_when_it_does_not_fit(ada, received):
    answer = post(ada, f"/submissions/{received}/trial", trial="DEMO-RT", subject="ID <7>")
    assert 'value="ID &lt;7&gt;"' in answer.text
    assert '<option value="DEMO-RT" selected>' in answer.text

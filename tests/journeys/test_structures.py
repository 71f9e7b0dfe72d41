"""Structures are renamed in a real browser, by keyboard alone."""

from __future__ import annotations

import pytest

from tests.homes import PASSWORD, arrive, carry
from tests.naming import called_otherwise, naming_home
from uploader.config import DeskSettings
from uploader.gateway import build_review
from uploader.web import serve_desk

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the browser driver's own sockets
CLINIC = {"SpinalCord": "cord", "Lung_L": "Lunge li", "Lung_R": "lung", "Heart": "heart", "PTV_5040": "PTV 50.4"}


def test_a_person_takes_suggested_names_without_a_mouse(page, tmp_path):
    with naming_home(tmp_path / "home") as built:
        submission = arrive(built, called_otherwise(tmp_path / "session", CLINIC))
        carry(built, submission)
        build_review(built).choose(submission, "NAMES", "DEMO-001", "ada")
        carry(built, submission)
        server = serve_desk(build_review(built), DeskSettings(port=0), b"k" * 32, built.home.diagnostics)
        server.start()
        try:
            names = renamed_by_keyboard(page, f"http://127.0.0.1:{server.port}", submission)
            assert carry(built, submission) == "awaiting-signoff"
        finally:
            server.stop()
        assert names <= {roi.name.reveal() for roi in build_review(built).rois(submission)}


def renamed_by_keyboard(page, address, submission) -> set[str]:
    """Take the first suggestion of the cord and of the left lung; returns the names that were taken."""
    page.goto(address)
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Submissions").wait_for()
    page.goto(f"{address}/submissions/{submission}")
    page.get_by_role("link", name="Rename structures").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Structures as they arrived").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for label in ("cord", "Lunge li"):
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=label, exact=True))
        row.get_by_role("textbox").or_(row.get_by_role("combobox")).focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    taken = {field.input_value() for field in page.locator(".naming input").all()} - {""}
    assert taken == {"SpinalCord", "Lung_L"}
    page.get_by_role("button", name="Rename, then check").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Submission").wait_for()
    return taken

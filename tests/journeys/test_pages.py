"""How the pages behave in a real browser, over a desk in this process."""

from __future__ import annotations

import re

import pytest

from tests.homes import PASSWORD, arrive, bring_to_signature, carry, demo, false_alarm, gateway_at
from tests.web.hostile import HOSTILE, hostile_session
from uploader.config import DeskSettings
from uploader.gateway import build_review
from uploader.web import serve_desk

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the browser driver's own sockets


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    with gateway_at(tmp_path_factory.mktemp("pages") / "home") as built:
        yield built


@pytest.fixture(scope="module")
def address(built):
    server = serve_desk(build_review(built), DeskSettings(port=0), b"k" * 32, built.home.diagnostics)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture
def session(tmp_path):
    return demo(tmp_path / "session")


@pytest.fixture
def ada(page, address):
    """A page in which ada is logged in; at the end no script may have complained, nor the policy of what may run."""
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Submissions").wait_for()
    yield page
    assert complaints == []


def is_complaint(message) -> bool:
    """Whether it is one; that an answer had status 403 or 409 is none."""
    return message.type == "error" and not re.search("status of (403|409)", message.text)


def test_no_script_of_an_attacker_runs(ada, address, built, tmp_path):
    dialogs = []
    ada.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    submission = arrive(built, hostile_session(tmp_path / "hostile"))
    assert carry(built, submission) == "received"
    signable = bring_to_signature(built, hostile_session(tmp_path / "taken", structures=False))
    file = "file=scans/2/DICOM/0001.dcm"
    for path in (
        "",
        f"submissions/{submission}",
        f"submissions/{submission}/structures",
        f"submissions/{submission}/elements?{file}",
        f"submissions/{signable}",
        f"submissions/{signable}/changes?{file}",
    ):
        ada.goto(f"{address}/{path}")
        assert ada.get_by_text(HOSTILE[0]).count() == ("?" in path) + 2 * path.endswith("structures"), path
    assert dialogs == []


def test_a_page_follows_what_moves_and_says_so(ada, address, built, session):
    submission = arrive(built, session)
    ada.goto(f"{address}/submissions/{submission}")
    ada.get_by_role("heading", name="it is under way").wait_for()
    ada.locator("summary", has_text="History").focus()
    ada.keyboard.press("Enter")
    assert carry(built, submission) == "received"
    ada.get_by_role("heading", name="Next: choose the trial").wait_for()
    assert ada.evaluate("document.activeElement.textContent").startswith("History")
    assert ada.locator("#spoken").inner_text() == "Choose the trial"
    assert ada.locator("#history[open]").count() == 1
    assert ada.title().startswith("Choose the trial")


def test_what_is_being_typed_is_never_replaced(ada, address, built, session):
    submission = arrive(built, session)
    assert carry(built, submission) == "received"
    build_review(built).choose(submission, "DEMO-RT", "DEMO-001", "ada")
    built.records.rest(submission, built.records.get(submission).attempt, "waiting", "archive-unavailable", "away")
    ada.goto(f"{address}/submissions/{submission}")
    ada.locator("summary", has_text="Withdraw").click()
    ada.get_by_label("Reason").fill("sent twice")
    ada.locator("summary", has_text="History").focus()
    build_review(built).retry(submission, "ada")
    ada.wait_for_timeout(5000)
    assert ada.get_by_label("Reason").input_value() == "sent twice"
    ada.get_by_role("button", name="Withdraw").click()
    ada.get_by_role("heading", name="That was not done").wait_for()
    assert "look at it as it is now" in ada.locator("main").inner_text()


def test_a_form_that_is_under_way_is_not_sent_again(ada, address, built, session):
    submission = bring_to_signature(built, session)
    ada.goto(f"{address}/submissions/{submission}")
    ada.get_by_label("Password of ada").fill(PASSWORD)
    assert ada.evaluate(TWICE) == ["sent", "held back"]


TWICE = """() => {
  const form = document.querySelector(".next form"), seen = [];
  document.addEventListener("submit", (event) => {
    seen.push(event.defaultPrevented ? "held back" : "sent");
    event.preventDefault();
  });
  form.requestSubmit();
  form.requestSubmit();
  return seen;
}"""
"""Sends the form twice, as a double click does, and says what became of each."""


def test_a_false_alarm_is_looked_at_and_overruled_from_the_keyboard(ada, address, built, tmp_path):
    submission = arrive(built, false_alarm(tmp_path / "alarm"))
    assert carry(built, submission) == "received"
    build_review(built).choose(submission, "DEMO-RT", "DEMO-001", "ada")
    assert carry(built, submission) == "held"
    ada.goto(f"{address}/submissions/{submission}")
    ada.get_by_role("link", name="(0018,1153) ExposureInuAs").first.press("Enter")
    assert ada.locator("tr:target").inner_text().split() == ["Exposure", "in", "uAs", "(0018,1153)", "512000"]
    ada.go_back()
    ada.get_by_role("link", name="overrule it").press("Enter")
    ada.get_by_label("Finding").focus()
    for typed in ("(0018", "Tab", "by chance", "Tab", "wrong", "Enter"):
        ada.keyboard.press(typed) if typed in ("Tab", "Enter") else ada.keyboard.type(typed)
    ada.get_by_role("alert").wait_for()
    assert ada.evaluate("document.activeElement.type") == "password"
    ada.keyboard.type(PASSWORD)
    ada.keyboard.press("Enter")
    ada.get_by_role("heading", name="Overruled as false alarms (1)").wait_for()
    assert ada.get_by_text("Try again: it goes on").is_visible()


def test_the_changes_can_be_narrowed_from_the_keyboard(ada, address, built, session):
    submission = bring_to_signature(built, session)
    ada.goto(f"{address}/submissions/{submission}/changes?file=scans/3/DICOM/0001.dcm")
    ada.get_by_label("Containing").focus()
    ada.keyboard.type("roi name")
    ada.keyboard.press("Enter")
    assert ada.get_by_label("Containing").input_value() == "roi name"
    ada.get_by_label("Containing").fill("patient id")
    ada.get_by_label("Show").select_option("replaced")
    assert ada.locator("tr[data-kind]:visible").count() == int(ada.locator("#matches").inner_text().split()[0]) > 0


def test_the_first_tab_leads_past_the_header(ada):
    ada.reload()
    ada.keyboard.press("Tab")
    link = ada.get_by_role("link", name="Skip to the content")
    assert link.evaluate("e => e === document.activeElement && e.getBoundingClientRect().left >= 0")
    assert link.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    ada.keyboard.press("Enter")
    ada.keyboard.press("Tab")
    assert ada.evaluate("document.activeElement.closest('main') !== null")


def test_no_page_is_wider_than_the_screen_or_fainter_than_can_be_read(ada, address, built, session):
    submission = bring_to_signature(built, session)
    for path in (
        "",
        f"submissions/{submission}",
        f"submissions/{submission}/changes?file=scans/3/DICOM/0001.dcm",
        f"submissions/{submission}/elements?file=scans/3/DICOM/0001.dcm",
    ):
        ada.goto(f"{address}/{path}")
        ada.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
        assert ada.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert ada.evaluate(FAINT) == [], path


FAINT = """() => {
  const light = (rgb) => rgb.map((c) => c / 255).map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(node).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility()
    && [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  return texts.filter((node) => {
    const [a, b] = [light(numbers(getComputedStyle(node).color).slice(0, 3)), light(ground(node))];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5;
  }).map((node) => node.outerHTML.slice(0, 100));
}"""
"""Texts whose contrast is below 4.5 : 1 (WCAG 2.2, 1.4.3)."""

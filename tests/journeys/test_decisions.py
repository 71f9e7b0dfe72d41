"""What a trial lets people choose, waive and attest, by keyboard alone in a real browser."""

from __future__ import annotations

import pytest

from tests.homes import PASSWORD, demo
from tests.test_waivers import CONTRAST, RULES, failing, one_patient
from tests.trials import ARMS, VISITS, gateway_with, judged
from uploader.config import DeskSettings
from uploader.web import serve_desk

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the browser driver's own sockets
MAY = [{"check": "ct-contrast", "role": "reviewer", "reason_codes": ["renal"]}]
SENTENCE = "I have looked at every image"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with gateway_with(tmp_path_factory.mktemp("decisions") / "home", "OTHER") as built:
        built.records.accounts.add("clara", PASSWORD, {"clinician"})
        yield judged(
            built,
            RULES,
            {"acquisition": failing(CONTRAST), "identity": one_patient},
            outcome={"block_on": ["refusal"], "waivers": MAY},
            sign_off={"roles": ["reviewer", "clinician"], "distinct_people": True, "attestations": [SENTENCE]},
            arms=ARMS,
            timepoints=VISITS,
        )


@pytest.fixture
def desk(home, page):
    """A page in which ada is logged in."""
    server = serve_desk(home.review, DeskSettings(port=0), b"k" * 32, home.built.home.diagnostics)
    server.start()
    page.goto(f"http://127.0.0.1:{server.port}")
    log_in(page, "ada")
    yield page
    server.stop()


def log_in(page, login):
    page.get_by_label("Name").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Submissions").wait_for()


def focused(page, label):
    """Tab on until the field with this label has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.get_by_label(label).evaluate_all("found => found.includes(document.activeElement)"):
            return
    pytest.fail(f"the keyboard does not reach {label}")


def attest_and_sign(page, login):
    focused(page, SENTENCE)
    page.keyboard.press("Space")
    focused(page, f"Password of {login}")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def test_people_choose_waive_attest_and_sign_one_after_the_other_without_a_mouse(home, desk, tmp_path):
    submission = home.received(demo(tmp_path / "session"))
    desk.goto(f"{desk.url.rstrip('/')}/submissions/{submission}")
    focused(desk, "Trial")
    desk.keyboard.type("DEMO")
    focused(desk, "Subject ID")
    desk.keyboard.type("DEMO-001")
    focused(desk, "Arm")
    desk.keyboard.type("B")
    focused(desk, "Time point")
    desk.keyboard.type("W12")
    desk.get_by_role("button", name="Validate and anonymise").press("Enter")
    desk.get_by_text("Nothing to do").wait_for()
    assert home.built.records.get(submission).chosen == {"arm": "B", "timepoint": "W12"}
    assert home.carry(submission) == "refused"
    desk.reload()
    desk.locator("#waive summary").press("Enter")
    focused(desk, "Rule and reason")
    desk.keyboard.type("Planning CT: contrast")
    focused(desk, "Password of ada")
    desk.keyboard.type(PASSWORD)
    desk.keyboard.press("Enter")
    desk.get_by_role("button", name="Try again").press("Enter")
    desk.get_by_text("Nothing to do").wait_for()
    assert home.carry(submission) == "awaiting-signoff"
    desk.reload()
    page = desk.url
    attest_and_sign(desk, "ada")
    desk.get_by_text("ada has signed as reviewer; somebody else must sign as clinician").wait_for()
    assert home.built.records.get(submission).state == "awaiting-signoff"
    desk.get_by_role("button", name="Log out").press("Enter")
    log_in(desk, "clara")
    desk.goto(page)
    desk.get_by_text("Reviewer: signed by ada").wait_for()
    attest_and_sign(desk, "clara")
    desk.get_by_text("Nothing to do").wait_for()
    assert home.built.records.get(submission).route == "release"
    assert [(each.person, SENTENCE in each.meaning) for each in home.built.records.signoffs(submission)] == [
        ("ada", True),
        ("clara", True),
    ]

"""A person carries the demo session from arrival to released, in a real browser and without a mouse."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.homes import change_settings, free_ports
from tests.patience import PATIENCE_SECONDS, until
from uploader.home import ARCHIVES, make
from uploader.supervisor import answers

SHOTS = os.environ.get("SCREENSHOTS")
"""Folder to leave screenshots in, for the README and for looking at."""

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the browser driver's own sockets


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """What `make run` starts, on free ports; gives (address of the desk, password of admin, home)."""
    home = tmp_path_factory.mktemp("desk") / "home"
    ports = dict(zip(("desk", *ARCHIVES), free_ports(4), strict=True))
    make(home, ports)
    change_settings(home, "quiet_seconds = 5", "quiet_seconds = 1")
    settings = (home / "uploader.toml").read_text()
    shutil.rmtree(home)
    home.mkdir()
    (home / "uploader.toml").write_text(settings)
    subprocess.run([sys.executable, "-m", "uploader", "init", "--home", str(home)], check=True, capture_output=True)
    session = home / "inbox" / ".demo"
    subprocess.run([sys.executable, "-m", "uploader", "demo-session", str(session)], check=True, capture_output=True)
    session.replace(home / "inbox" / "demo-session")
    with (home / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "uploader", "serve", "--home", str(home)], stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{ports['desk']}/"
    try:
        until(lambda: answers(url) or process.poll() is not None)
        assert process.poll() is None, (home / "serve.log").read_text()
        yield url, (home / "secrets" / "first-login").read_text(), home
    finally:
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0


def shot(page, name):
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def log_in(page, url, password, login="admin"):
    page.goto(url)
    page.get_by_label("Name").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def tab_to(page, target, most=40):
    """Press Tab until `target` has the focus, which must be seen and on the screen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("e => e === document.activeElement"):
            assert target.evaluate(SEEN), "the focus cannot be seen"
            return
    pytest.fail(f"{target} is not reached with {most} Tabs")


SEEN = """e => {
  const { outlineStyle, outlineWidth } = getComputedStyle(e), { top, bottom } = e.getBoundingClientRect();
  const over = document.elementFromPoint(e.getBoundingClientRect().left + 5, (top + bottom) / 2);
  return outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 && top >= 0 && bottom <= innerHeight
    && (e.contains(over) || over.contains(e));
}"""
"""Whether the outline is thick, and the element within the window with nothing before it."""


def retype(page, text):
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def test_the_demo_session_is_carried_from_arrival_to_released_and_back_with_the_keyboard_alone(desk, page):
    url, password, home = desk
    press, button, link = page.keyboard.press, partial(page.get_by_role, "button"), partial(page.get_by_role, "link")
    page.goto(url)
    shot(page, "1-login")
    page.keyboard.type("admin")
    press("Tab")
    page.keyboard.type(password)
    press("Enter")
    page.get_by_text("Choose trial and subject").wait_for()
    shot(page, "2-list")
    tab_to(page, page.locator("tbody a").first)
    press("Enter")

    page.get_by_role("heading", name="Next: choose the trial").wait_for()
    tab_to(page, page.get_by_label("Trial"))
    page.keyboard.type("DEMO-RT")
    press("Tab")
    page.keyboard.type("not one of the trial")
    press("Enter")
    page.get_by_role("alert").get_by_text("for example DEMO-001").wait_for()
    subject = page.get_by_label("Subject ID")
    assert subject.evaluate("e => e === document.activeElement && e.value") == "not one of the trial"
    assert "for example DEMO-001" in subject.evaluate(DESCRIBED)
    shot(page, "3-choose")
    retype(page, "DEMO-001")
    tab_to(page, button(name="Validate and anonymise"))
    press("Enter")

    page.get_by_role("heading", name="Next: look, then sign").wait_for()
    assert page.locator("[aria-current=step]").inner_text().startswith("Signed")
    assert page.get_by_role("heading", name="Structures").is_visible()
    shot(page, "4-sign")
    tab_to(page, page.locator("summary", has_text="What was verified"))
    press("Enter")
    assert page.get_by_text("Looked for:").is_visible()
    tab_to(page, link(name="what changed in scan").first)
    press("Enter")
    page.get_by_role("heading", name="Before and after").wait_for()
    assert page.locator("tr", has_text="(0010,0010)").locator("td").nth(2).inner_text() == "DEMO-001"
    shot(page, "5-changes")
    tab_to(page, link(name="Back to submission"))
    press("Enter")

    signing = page.get_by_label("Password of admin")
    tab_to(page, signing)
    page.keyboard.type("wrong")
    press("Enter")
    page.get_by_role("alert").get_by_text("not the password of admin").wait_for()
    assert "not the password of admin" in signing.evaluate(DESCRIBED)
    shot(page, "6-refused")
    page.keyboard.type(password)
    tab_to(page, button(name="Sign off and release"))
    press("Enter")
    page.get_by_role("heading", name="Released").wait_for()
    shot(page, "7-released")
    tab_to(page, link(name="Receipt (JSON)"))
    with page.expect_download() as download:
        press("Enter")
    assert '"shared_into": "DEMO-RT"' in Path(download.value.path()).read_text()

    tab_to(page, page.locator("summary", has_text="Recall this session"))
    press("Enter")
    tab_to(page, page.get_by_label("Reason"))
    page.keyboard.type("consent withdrawn")
    press("Tab")
    page.keyboard.type(password)
    press("Tab")
    press("Space")
    shot(page, "8-recall")
    tab_to(page, button(name="Recall it from the centre"))
    press("Enter")
    page.get_by_role("heading", name="What is done").wait_for()
    assert page.get_by_text("The centre holds this site's signed word").is_visible()
    shot(page, "9-recalled")
    until(lambda: not list((home / "inbox").iterdir()))


DESCRIBED = (
    "e => e.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).innerText).join()"
)
"""What is read aloud beside a field."""


def test_no_page_asks_anything_of_another_host(desk, page):
    url, password, _ = desk
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    log_in(page, url, password)
    page.get_by_role("heading", name="Submissions").wait_for()
    assert asked
    assert [a for a in asked if not a.startswith((url, "data:"))] == []

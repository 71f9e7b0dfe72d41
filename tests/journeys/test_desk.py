"""A person carries the demo session from arrival to released, in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.homes import change_settings, free_ports
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
        wait_for(lambda: answers(url), process, home)
        yield url, (home / "secrets" / "first-login").read_text(), home
    finally:
        process.terminate()
        assert process.wait(30) == 0


def wait_for(condition, process, home, seconds=60):
    import time

    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, (home / "serve.log").read_text()
        assert time.monotonic() < until, (home / "serve.log").read_text()
        time.sleep(0.1)


def shot(page, name):
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def log_in(page, url, password):
    page.goto(url)
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_the_demo_session_is_carried_from_arrival_to_released(desk, page):
    url, password, home = desk
    page.goto(url)
    shot(page, "1-login")
    log_in(page, url, password)
    page.get_by_text("Choose trial and subject").wait_for()
    shot(page, "2-list")
    page.locator("tbody a").first.click()
    page.get_by_label("Trial").select_option("DEMO-RT")
    page.get_by_label("Subject ID").fill("not one of the trial")
    page.get_by_role("button", name="Validate and anonymise").click()
    page.get_by_role("alert").get_by_text("for example DEMO-001").wait_for()
    assert page.get_by_label("Subject ID").input_value() == "not one of the trial"
    page.get_by_label("Subject ID").fill("DEMO-001")
    shot(page, "3-choose")
    page.get_by_role("button", name="Validate and anonymise").click()
    page.get_by_role("heading", name="Next: look, then sign").wait_for()
    assert page.locator("[aria-current=step]").inner_text().startswith("Signed")
    shot(page, "4-sign")
    assert page.get_by_role("heading", name="Structures").is_visible()
    page.get_by_role("link", name="what changed in scan").first.click()
    page.get_by_role("heading", name="Before and after").wait_for()
    assert page.locator("tr", has_text="(0010,0010)").locator("td").nth(2).inner_text() == "DEMO-001"
    shot(page, "5-changes")
    page.go_back()
    page.get_by_label("Password of admin").fill("wrong")
    page.get_by_role("button", name="Sign off and release").click()
    page.get_by_role("alert").get_by_text("do not belong together").wait_for()
    shot(page, "6-refused")
    page.get_by_label("Password of admin").fill(password)
    page.get_by_role("button", name="Sign off and release").click()
    page.get_by_role("heading", name="Released").wait_for()
    shot(page, "7-released")
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt (JSON)").click()
    assert '"shared_into": "DEMO-RT"' in Path(download.value.path()).read_text()
    assert not list((home / "inbox").iterdir())


def test_the_desk_can_be_used_with_the_keyboard_alone(desk, page):
    url, password, _ = desk
    page.goto(url)
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Submissions").wait_for()
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('tbody') !== null"):
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Series").wait_for()


def test_no_page_asks_anything_of_another_host(desk, page):
    url, password, _ = desk
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    log_in(page, url, password)
    page.get_by_role("heading", name="Submissions").wait_for()
    assert asked
    assert [a for a in asked if not a.startswith((url, "data:"))] == []

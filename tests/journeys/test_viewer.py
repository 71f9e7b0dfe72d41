"""From the desk to OHIF, as it comes from npm, and to a session's images in a real browser: docs/viewer.md."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.homes import PASSWORD, archives_of, bring_to_signature, change_settings, demo, new_home
from tests.journeys.test_desk import log_in, tab_to
from uploader.config import DeskSettings
from uploader.gateway import Built, build_review, open_home
from uploader.web import serve_desk

pytestmark = [pytest.mark.endpoint(45), pytest.mark.filterwarnings("ignore::ResourceWarning")]

ROOT = Path(__file__).parent.parent.parent
SHADES = 20
"""An image has more shades of grey than a page without one."""


@pytest.fixture
def build() -> Path:
    """The folder of an unpacked build: OHIF names it, or CI fetches it where npm is at hand."""
    if given := os.environ.get("OHIF"):
        return Path(given)
    if os.environ.get("CI") != "true" or shutil.which("npm") is None:
        pytest.skip("OHIF names no build of the viewer: tools/ohif fetches one with npm")
    fetched = subprocess.run([ROOT / "tools/ohif", ROOT / "build/ohif"], check=False, capture_output=True, text=True)
    if fetched.returncode == 3:
        pytest.skip(fetched.stderr.strip())
    assert fetched.returncode == 0, fetched.stderr
    return Path(fetched.stdout.strip())


@pytest.fixture
def built(tmp_path: Path, build: Path) -> Iterator[Built]:
    """A home whose archives serve the viewer."""
    root = new_home(tmp_path / "home")
    for name in ("identifiable", "anonymised"):
        change_settings(root, f"[{name}]", f'[{name}]\nviewer = "{build}"')
    built = open_home(root)
    with archives_of(built):
        yield built
    built.records.close()


@pytest.fixture
def desk(built: Built) -> Iterator[str]:
    server = serve_desk(build_review(built), DeskSettings(port=0), b"k" * 32, built.home.diagnostics)
    server.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.stop()


def test_a_person_gets_from_the_desk_to_the_images_and_their_contours_and_nothing_is_asked_of_another_site(
    built: Built, desk: str, page: Any, tmp_path: Path
) -> None:
    submission = bring_to_signature(built, demo(tmp_path / "session"))
    known = (desk, built.settings.anonymised.url, "blob:", "data:")
    account = {"username": "admin", "password": built.settings.anonymised.admin_password_file.read_text()}
    context = page.context.browser.new_context(http_credentials=account)
    asked, failed = [], []
    context.on("request", lambda request: asked.append(request.url))
    context.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    context.add_init_script("localStorage.setItem('shownTours', JSON.stringify(['basicViewerTour']))")
    at_desk = context.new_page()
    log_in(at_desk, desk, PASSWORD, "ada")
    at_desk.goto(f"{desk}submissions/{submission}")
    tab_to(at_desk, at_desk.get_by_role("link", name="the anonymised session"))
    with context.expect_page() as opened:
        at_desk.keyboard.press("Enter")
    looked = opened.value
    looked.set_default_timeout(120_000)
    looked.wait_for_selector("svg.svg-layer path", state="attached")
    picture = Image.open(io.BytesIO(looked.locator("canvas").first.screenshot())).convert("L")
    assert len(picture.getcolors() or []) > SHADES
    assert looked.evaluate("window.opener") is None
    assert [each for each in asked if not each.startswith(known)] == []
    assert failed == []
    context.close()

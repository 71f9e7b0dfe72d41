"""OHIF, as it comes from npm, shows a session of the embedded archive in a real browser: docs/viewer.md."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.archives.embedded.door import PASSWORDS, Caller, opened, zipped
from uploader.archives.embedded import serve
from uploader.archives.embedded.ohif import Viewer
from uploader.phantom import write_session

pytestmark = pytest.mark.endpoint(45)

SHADES = 20
"""An image has more shades of grey than a page without one."""


@pytest.fixture
def build() -> Path:
    """The folder of an unpacked build; OHIF names it. Without it there is nothing to look at."""
    if not os.environ.get("OHIF"):
        pytest.skip("OHIF names no build of the viewer: see docs/viewer.md")
    return Path(os.environ["OHIF"])


@pytest.fixture
def url(tmp_path: Path, build: Path) -> Iterator[str]:
    """An archive with the synthetic session, and the viewer."""
    write_session(tmp_path / "session", slices=12, size=128)
    archive = opened(tmp_path / "archive")
    archive.app.extensions["viewer"] = Viewer(build)
    body = zipped({path.name: path.read_bytes() for path in (tmp_path / "session").iterdir()})
    where = "/data/services/import?dest=/archive/projects/P/subjects/S/experiments/E"
    assert Caller(archive)("POST", where, body, content_type="application/zip").status_code == 200
    server = serve(archive, "127.0.0.1", 0)
    server.start()
    yield server.url
    server.stop()
    archive.close()


def test_a_session_is_seen_with_its_contours_and_nothing_is_asked_of_another_site(page: Any, url: str) -> None:
    context = page.context.browser.new_context(http_credentials={"username": "olga", "password": PASSWORDS["olga"]})
    looked, asked, failed = context.new_page(), [], []
    looked.on("request", lambda request: asked.append(request.url))
    looked.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    looked.add_init_script("localStorage.setItem('shownTours', JSON.stringify(['basicViewerTour']))")
    looked.set_default_timeout(120_000)
    looked.goto(f"{url}/VIEWER/?projectId=P&experimentId=E")
    contour = looked.wait_for_selector("svg.svg-layer path", state="attached")
    assert contour is not None
    picture = Image.open(io.BytesIO(looked.locator("canvas").first.screenshot())).convert("L")
    assert len(picture.getcolors() or []) > SHADES
    assert [seen for seen in asked if not seen.startswith((url, "blob:", "data:"))] == []
    assert failed == []
    context.close()

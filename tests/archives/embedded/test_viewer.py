"""What the viewer plugin of XNAT tells of a session, and the OHIF viewer served from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archives.embedded.door import Caller, image
from tests.archives.embedded.images import pictured, put
from uploader.archives.embedded import Embedded
from uploader.archives.embedded.ohif import Viewer
from uploader.domain.errors import BadSettings

SESSION = "/xapi/viewer/projects/P/experiments/E"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A folder that looks like a build of OHIF."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    page = (
        '<script>window.PUBLIC_URL="/"</script><script src="/app.bundle.1f.js"></script><link href="/app.bundle.css">'
    )
    (folder / "index.html").write_text(page)
    (folder / "app.bundle.1f.js").write_text('__webpack_require__.p = "/";')
    (folder / "app.bundle.css").write_text("a{src:url(/font.woff2)}")
    (folder / "assets" / "logo.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not yours")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def shown(archive: Embedded, olga: Caller, build: Path) -> None:
    """A session with a structure set, in an archive with a viewer."""
    archive.app.extensions["viewer"] = Viewer(build)
    put(olga, "E", pictured([b"16 bytes a frame"]), image(7, modality="RTSTRUCT"))


@pytest.mark.endpoint(43)
@pytest.mark.usefixtures("shown")
def test_a_session_is_told_with_what_a_viewer_needs_of_each_image(olga: Caller) -> None:
    told = olga("GET", SESSION).json
    assert told is not None
    (study,) = told["studies"]
    assert (study["StudyInstanceUID"], study["PatientName"]) == ("1.2.3", "S")
    assert [series["Modality"] for series in study["series"]] == ["CT", "RTSTRUCT"]
    (ct,) = study["series"][0]["instances"]
    assert ct["metadata"]["Rows"] == 2
    assert "PatientName" not in ct["metadata"]
    assert olga("GET", ct["url"].removeprefix("dicomweb:")).data == pictured([b"16 bytes a frame"])


@pytest.mark.endpoint(43)
@pytest.mark.usefixtures("shown")
def test_what_is_told_is_never_out_of_date(olga: Caller) -> None:
    assert olga("GET", f"{SESSION}/exists").json is True
    assert olga("POST", SESSION).status_code == 201


@pytest.mark.endpoint(43)
@pytest.mark.parametrize("tail", ["", "/exists"])
def test_a_session_without_images_and_one_that_is_not_yours_are_not_found(
    archive: Embedded, olga: Caller, tail: str
) -> None:
    olga.make_scan()
    assert olga("GET", SESSION + tail).status_code == 404
    assert Caller(archive, "nora")("GET", SESSION + tail).status_code == 404


@pytest.mark.endpoint(45)
def test_an_archive_without_a_viewer_says_how_to_get_one(olga: Caller) -> None:
    answer = olga("GET", "/VIEWER/?projectId=P&experimentId=E")
    assert (answer.status_code, "docs/viewer.md" in answer.text) == (501, True)


@pytest.mark.endpoint(45)
@pytest.mark.usefixtures("shown")
def test_the_way_to_a_session_opens_its_contours(olga: Caller) -> None:
    answer = olga("GET", "/VIEWER/?projectId=P&experimentId=E")
    place = "/VIEWER/viewer?StudyInstanceUIDs=1.2.3&initialSeriesInstanceUID=1.2.3.7.0&projectId=P"
    assert (answer.status_code, answer.headers["Location"]) == (302, place)
    assert olga("GET", "/VIEWER/").status_code == 400


@pytest.mark.endpoint(45)
@pytest.mark.usefixtures("shown")
def test_the_viewer_finds_its_files_below_its_address(olga: Caller) -> None:
    page = olga("GET", "/VIEWER/viewer?StudyInstanceUIDs=1.2.3&projectId=P")
    assert 'window.PUBLIC_URL="/VIEWER/"' in page.text
    assert 'src="/VIEWER/app.bundle.1f.js"' in page.text
    assert olga("GET", "/VIEWER/app.bundle.1f.js").text == '__webpack_require__.p = "/VIEWER/";'
    assert "url(/VIEWER/font.woff2)" in olga("GET", "/VIEWER/app.bundle.css").text
    assert olga("GET", "/VIEWER/assets/logo.svg").text == "<svg/>"


@pytest.mark.endpoint(45)
@pytest.mark.usefixtures("shown")
def test_the_viewer_is_told_of_this_archive_and_of_no_other(olga: Caller) -> None:
    config = olga("GET", "/VIEWER/app-config.js")
    assert config.mimetype == "text/javascript"
    assert "/xapi/dicomweb/projects/" in config.text
    assert "://" not in config.text


@pytest.mark.endpoint(45)
@pytest.mark.usefixtures("shown")
def test_the_viewer_loads_nothing_from_elsewhere_and_runs_no_script_of_another(olga: Caller) -> None:
    policy = olga("GET", "/VIEWER/viewer").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert rules["connect-src"] == "'self' blob: data:"
    assert rules["frame-ancestors"] == "'self'"
    assert "'sha256-" in rules["script-src"]
    assert "'unsafe-inline'" not in rules["script-src"]


@pytest.mark.endpoint(45)
@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize(
    "name", ["../secret.txt", "..%2fsecret.txt", "assets/../../secret.txt", "link.txt", "no.js", "%00.js"]
)
def test_only_files_of_the_viewer_are_served(olga: Caller, name: str) -> None:
    assert olga("GET", f"/VIEWER/{name}").status_code in (400, 404)


@pytest.mark.endpoint(45)
@pytest.mark.usefixtures("shown")
def test_the_viewer_wants_to_know_who_looks(archive: Embedded) -> None:
    answer = archive.app.test_client().get("/VIEWER/viewer")
    assert (answer.status_code, answer.headers["WWW-Authenticate"][:5]) == (401, "Basic")
    assert Caller(archive, "nora")("GET", "/VIEWER/?projectId=P&experimentId=E").status_code == 404


@pytest.mark.endpoint(45)
@pytest.mark.parametrize("file", ["index.html", "app.bundle.1f.js"])
def test_a_build_that_is_not_known_is_not_served(build: Path, file: str) -> None:
    (build / file).write_text("made otherwise")
    with pytest.raises(BadSettings):
        Viewer(build)


@pytest.mark.endpoint(45)
def test_a_folder_without_a_build_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSettings):
        Viewer(tmp_path)

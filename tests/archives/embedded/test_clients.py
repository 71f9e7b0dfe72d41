"""The two unmodified clients that people use, against the archive behind a port."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.archives.embedded.door import PASSWORDS, image, zipped

pytestmark = pytest.mark.filterwarnings(
    "ignore"
)  # both clients leave sockets and files to the collector, and use what is deprecated


@pytest.fixture
def xnat() -> Any:
    """The library. It takes seconds to load, which is for the process alone that runs these tests."""
    return import_module("xnat")


@pytest.fixture
def xnatpy(url: str, xnat: Any) -> Iterator[Any]:
    with xnat.connect(url, user="olga", password=PASSWORDS["olga"], loglevel="ERROR") as session:
        yield session


@pytest.fixture
def pyxnat(url: str, tmp_path: Path) -> Iterator[Any]:
    interface = import_module("pyxnat").Interface(server=url, user="olga", password=PASSWORDS["olga"], verify=False)
    yield interface
    interface.disconnect()


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A zip of two CT series and a structure set."""
    files = {f"{s}/{n}.dcm": image(s, n) for s in (1, 2) for n in (1, 2)} | {"rs.dcm": image(7, modality="RTSTRUCT")}
    path = tmp_path / "study.zip"
    path.write_bytes(zipped(files))
    return path


def test_xnatpy_refuses_a_wrong_password(url: str, xnat: Any) -> None:
    with pytest.raises(xnat.exceptions.XNATLoginFailedError):
        xnat.connect(url, user="olga", password="wrong", loglevel="CRITICAL")


def test_xnatpy_connects_with_an_alias_token(url: str, xnat: Any, xnatpy: Any) -> None:
    alias, secret = xnatpy.services.issue_token()
    with xnat.connect(url, user=alias, password=secret, loglevel="ERROR") as again:
        assert again.logged_in_user in ("olga", alias)


def test_xnatpy_creates_a_subject_with_its_session_and_scan(xnatpy: Any) -> None:
    subject = xnatpy.classes.SubjectData(parent=xnatpy.projects["P"], label="S")
    session = xnatpy.classes.CtSessionData(parent=subject, label="E")
    xnatpy.classes.CtScanData(parent=session, id="3", type="thorax", series_description="thorax")
    xnatpy.clearcache()
    assert list(xnatpy.projects["P"].subjects.key_map) == ["S"]
    assert xnatpy.projects["P"].experiments["E"].subject.label == "S"
    assert [s.series_description for s in xnatpy.projects["P"].experiments["E"].scans.values()] == ["thorax"]


def test_xnatpy_keeps_a_subjects_demographics(xnatpy: Any) -> None:
    subject = xnatpy.classes.SubjectData(parent=xnatpy.projects["P"], label="S")
    subject.demographics.gender = "female"
    subject.clearcache()
    assert subject.demographics.gender == "female"


def test_xnatpy_imports_a_zip_into_the_archive(xnatpy: Any, study: Path) -> None:
    session = xnatpy.services.import_(
        study,
        project="P",
        subject="S",
        experiment="E",
        destination="/archive",
        content_type="application/zip",
    )
    assert session.label == "E"
    assert {s.id: type(s).__name__ for s in session.scans.values()} == {
        "1": "CtScanData",
        "2": "CtScanData",
        "7": "RtImageScanData",
    }
    assert session.scans["1"].resources["DICOM"].file_count == 2


def test_xnatpy_imports_into_the_prearchive_and_archives_from_there(xnatpy: Any, study: Path) -> None:
    waiting = xnatpy.services.import_(
        study, project="P", subject="S", experiment="E", destination="/prearchive", content_type="application/zip"
    )
    assert waiting.status == "READY"
    assert [s.id for s in waiting.scans.values()] == ["1", "2", "7"]
    assert len(waiting.scans["1"].files) == 2
    session = waiting.archive()
    assert session.label == "E"
    assert xnatpy.prearchive.sessions() == []


def test_xnatpy_sends_a_file_and_a_folder_and_gets_them_back(xnatpy: Any, study: Path, tmp_path: Path) -> None:
    session = xnatpy.services.import_(
        study, project="P", subject="S", experiment="E", destination="/archive", content_type="application/zip"
    )
    (tmp_path / "notes/deep").mkdir(parents=True)
    (tmp_path / "notes/deep/b.txt").write_text("second")
    (tmp_path / "a.txt").write_text("first")
    resource = session.create_resource("NOTES")
    resource.upload(tmp_path / "a.txt", "a.txt")
    resource.upload_dir(tmp_path / "notes")
    resource.clearcache()
    assert sorted(resource.files.data) == ["a.txt", "deep/b.txt"]
    assert int(resource.files["a.txt"].file_size) == 5
    resource.files["deep/b.txt"].download(tmp_path / "back.txt", verbose=False)
    assert (tmp_path / "back.txt").read_text() == "second"
    resource.download_dir(tmp_path / "back", verbose=False)
    assert [p.read_text() for p in (tmp_path / "back").rglob("a.txt")] == ["first"]


def test_xnatpy_downloads_a_session_as_it_was_sent(xnatpy: Any, study: Path, tmp_path: Path) -> None:
    session = xnatpy.services.import_(
        study, project="P", subject="S", experiment="E", destination="/archive", content_type="application/zip"
    )
    session.download_dir(tmp_path / "back", verbose=False)
    found = {p.read_bytes() for p in (tmp_path / "back").rglob("*.dcm")}
    assert found == {image(s, n) for s in (1, 2) for n in (1, 2)} | {image(7, modality="RTSTRUCT")}


def test_xnatpy_shares_a_session(xnatpy: Any, study: Path) -> None:
    session = xnatpy.services.import_(
        study, project="P", subject="S", experiment="E", destination="/archive", content_type="application/zip"
    )
    session.subject.share("Q")
    session.share("Q")
    assert list(xnatpy.projects["Q"].experiments.key_map) == ["E"]


def test_xnatpy_deletes_what_it_made(xnatpy: Any) -> None:
    subject = xnatpy.classes.SubjectData(parent=xnatpy.projects["P"], label="S")
    xnatpy.classes.CtSessionData(parent=subject, label="E")
    xnatpy.clearcache()
    xnatpy.projects["P"].experiments["E"].delete()
    xnatpy.clearcache()
    assert len(xnatpy.projects["P"].experiments) == 0


def test_pyxnat_creates_sends_lists_and_gets_back(pyxnat: Any, tmp_path: Path) -> None:
    (tmp_path / "image.dcm").write_bytes(image())
    session = pyxnat.select.project("P").subject("S").experiment("E")
    session.create(experiments="xnat:ctSessionData")
    scan = session.scan("1")
    scan.create(scans="xnat:ctScanData")
    file = scan.resource("DICOM").file("image.dcm")
    file.put(str(tmp_path / "image.dcm"), format="DICOM", content="RAW", overwrite=True)
    assert file.exists()
    assert file.size() == str(len(image()))
    assert Path(file.get(str(tmp_path / "back.dcm"))).read_bytes() == image()
    assert [s.label() for s in pyxnat.select.project("P").subjects()] == ["S"]
    assert session.scans().get() == ["1"]
    assert scan.resources().files().get() == ["image.dcm"]


def test_pyxnat_creates_a_project(pyxnat: Any) -> None:
    project = pyxnat.select.project("NEW")
    assert not project.exists()
    project.create()
    assert project.exists()
    assert "NEW" in pyxnat.select.projects().get()


@pytest.mark.endpoint(14)
def test_pyxnat_reads_the_roles_of_a_project(pyxnat: Any) -> None:
    assert {"cora", "mark", "olga"} <= set(pyxnat.select.project("P").users())
    assert pyxnat.select.project("P").user_role("mark") == "member"


def test_pyxnat_sets_and_reads_fields(pyxnat: Any) -> None:
    subject = pyxnat.select.project("P").subject("S")
    subject.create()
    subject.attrs.set("gender", "female")
    assert subject.attrs.get("gender") == "female"
    assert subject.label() == "S"


@pytest.mark.endpoint(17)
def test_pyxnat_shares_a_subject_and_a_session(pyxnat: Any) -> None:
    subject = pyxnat.select.project("P").subject("S")
    session = subject.experiment("E")
    session.create(experiments="xnat:ctSessionData")
    subject.share("Q")
    session.share("Q")
    assert [s.label() for s in pyxnat.select.project("Q").subjects()] == ["S"]
    assert session.shares().get() == ["P", "Q"]


def test_pyxnat_deletes_what_it_made(pyxnat: Any) -> None:
    session = pyxnat.select.project("P").subject("S").experiment("E")
    session.create(experiments="xnat:ctSessionData")
    session.delete()
    assert not session.exists()

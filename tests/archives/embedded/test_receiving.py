"""What arrives one instance at a time, from a receiver or from gradual-DICOM."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.exceptions import BadRequest, Forbidden, NotFound

from tests.archives.embedded.door import Caller, image
from uploader.archives.embedded import Embedded, prearchive
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.routing import Routing, completed


@pytest.fixture
def came(tmp_path: Path) -> Path:
    path = tmp_path / "came"
    path.write_bytes(image())
    return path


def test_an_instance_from_a_receiver_waits_in_the_prearchive_and_the_file_stays_the_receivers(
    archive: Embedded, olga: Caller, came: Path
) -> None:
    uri = prearchive.receive_instance(archive.store, User("mark", False), came, Routing("P"))
    assert came.read_bytes() == image()
    (row,) = olga.rows("/data/prearchive/projects/P")
    assert (row["url"], row["subject"], row["name"]) == (uri.removeprefix("/data"), "S", "S")


@pytest.mark.parametrize(
    ("login", "project", "refusal"),
    [("cora", "P", Forbidden), ("nora", "P", NotFound), ("mark", "", BadRequest), ("mark", "NONE", NotFound)],
    ids=["may not create", "may not see", "no project", "unknown project"],
)
def test_an_instance_that_belongs_nowhere_is_refused(
    archive: Embedded, olga: Caller, came: Path, login: str, project: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        prearchive.receive_instance(archive.store, User(login, False), came, Routing(project))
    assert olga.rows("/data/prearchive/projects/P") == []


def test_comments_say_where_a_file_belongs_before_names_do() -> None:
    head = {
        "PatientName": "N",
        "PatientID": "I",
        "StudyDescription": "D",
        "PatientComments": "Project:P;Subject:S Session:E",
    }
    assert completed(Routing(), head) == Routing("P", "S", "E")
    assert completed(Routing("Q", "T"), head) == Routing("Q", "T", "E")
    assert completed(Routing(), head | {"PatientComments": ""}) == Routing("D", "N", "I")

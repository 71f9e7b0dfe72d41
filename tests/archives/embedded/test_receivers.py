"""Row 38: the archive's DICOM receivers, and what becomes of what is sent to them."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from tests.archives.embedded.door import Caller, image
from tests.dimse.senders import dcmtk
from tests.homes import free_ports
from uploader.archives.embedded import Embedded, serve

pytestmark = pytest.mark.endpoint(38)

Definition = dict[str, Any]


@pytest.fixture
def served(archive: Embedded) -> Iterator[Embedded]:
    server = serve(archive, "127.0.0.1", 0)
    server.start()
    yield archive
    server.stop()


@pytest.fixture
def admin(archive: Embedded) -> Caller:
    return Caller(archive, "admin")


def made(admin: Caller, **more: Any) -> Definition:
    """A new receiver's definition, as the archive answers."""
    given = {"aeTitle": "XNAT", "port": free_ports(1)[0], **more}
    answer = admin("POST", "/xapi/dicomscp", json=given)
    assert answer.status_code == 200, answer.text
    definition: Definition = answer.json or {}
    return definition


def file(folder: Path, comment: str = "Project:P", **about: Any) -> Path:
    """An image that says in PatientComments (0010,4000) where it belongs."""
    dataset = dcmread(io.BytesIO(image(**about)))
    dataset.PatientComments = comment
    dataset.save_as(folder / "image.dcm")
    return folder / "image.dcm"


def sent(receiver: Definition, path: Path, *more: str) -> int:
    return dcmtk("storescu", receiver["port"], *more, path, called=receiver["aeTitle"]).returncode


def answers(receiver: Definition) -> bool:
    return dcmtk("echoscu", receiver["port"], called=receiver["aeTitle"]).returncode == 0


def test_a_definition_has_all_of_xnats_words_and_can_be_read_changed_and_deleted(admin: Caller) -> None:
    first = made(admin, aeTitle="ONE", anonymizationEnabled=False, whitelist=["PACS@10.0.0.1"])
    assert first.items() >= {"id": 1, "enabled": True, "identifier": "dicomObjectIdentifier", "fileNamer": ""}.items()
    assert first.items() >= {"directArchive": False, "routingExpressionsEnabled": False}.items()
    second = made(admin, aeTitle="TWO")
    assert admin("GET", "/xapi/dicomscp").json == [first, second]
    changed = admin("PUT", "/xapi/dicomscp/1", json={"aeTitle": "THREE", "enabled": False, "id": 7}).json
    assert changed == first | {"aeTitle": "THREE", "enabled": False}
    assert admin("GET", "/xapi/dicomscp/1").json == changed
    assert admin("GET", f"/xapi/dicomscp/title/TWO/{second['port']}").json == second
    assert admin("DELETE", "/xapi/dicomscp/1").status_code == 200
    assert admin("GET", "/xapi/dicomscp").json == [second]
    assert admin("GET", "/xapi/dicomscp/1").status_code == 404
    assert made(admin, aeTitle="ONE")["id"] == 3, "no id is given twice"


def test_the_one_rule_by_which_files_find_their_place_has_xnats_name(olga: Caller) -> None:
    assert list(olga("GET", "/xapi/dicomscp/identifiers").json or {}) == ["dicomObjectIdentifier"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"aeTitle": ""}, 400),
        ({"aeTitle": "SEVENTEEN-LETTERS"}, 400),
        ({"aeTitle": "TWO WORDS"}, 400),
        ({"port": 0}, 400),
        ({"port": 70000}, 400),
        ({"port": "8104"}, 400),
        ({"enabled": "yes"}, 400),
        ({"identifier": "another"}, 400),
        ({"whitelist": ["a b"]}, 400),
        ({"whitelist": ["@10.0.0.1"]}, 400),
        ({"whitelist": [7]}, 400),
        ({"customProcessing": True}, 501),
        ({"directArchive": True}, 501),
        ({"routingExpressionsEnabled": True}, 501),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(admin: Caller, given: Definition, status: int) -> None:
    assert admin("POST", "/xapi/dicomscp", json={"aeTitle": "XNAT", "port": 8104, **given}).status_code == status
    assert admin("GET", "/xapi/dicomscp").json == []


def test_a_title_and_port_are_given_once_and_a_port_is_listened_at_by_one(admin: Caller) -> None:
    first = made(admin)
    assert admin("POST", "/xapi/dicomscp", json=first).status_code == 409
    other = {"aeTitle": "OTHER", "port": first["port"]}
    assert admin("POST", "/xapi/dicomscp", json=other).status_code == 409
    assert admin("POST", "/xapi/dicomscp", json={**other, "enabled": False}).status_code == 200


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "/xapi/dicomscp"),
        ("GET", "/xapi/dicomscp/1"),
        ("PUT", "/xapi/dicomscp/1"),
        ("DELETE", "/xapi/dicomscp/1"),
        ("PUT", "/xapi/dicomscp/1/enabled/false"),
        ("GET", "/xapi/dicomscp/title/XNAT/8104"),
    ],
)
def test_only_an_admin_sets_receivers(admin: Caller, olga: Caller, method: str, url: str) -> None:
    before = made(admin)
    assert olga(method, url, json={}).status_code == 403
    assert olga("GET", "/xapi/dicomscp").json == [before], "anybody may know of them"


def test_an_image_that_is_sent_waits_in_the_prearchive_of_its_project(
    served: Embedded, admin: Caller, olga: Caller, tmp_path: Path
) -> None:
    receiver = made(admin)
    for number in (1, 2):
        path = file(tmp_path, number=number, comment="Project:P Subject:S7 Session:S7_CT")
        assert sent(receiver, path) == 0
        assert sent(receiver, path) == 0, "twice is harmless"
    (row,) = olga.rows("/data/prearchive/projects/P")
    assert (row["subject"], row["name"], row["status"]) == ("S7", "S7_CT", "RECEIVING")
    files = olga.rows(f"/data{row['url']}/scans/1/resources/DICOM/files")
    assert len(files) == 2


@pytest.mark.parametrize("comment", ["", "Project:NONE", "Project:"], ids=["none", "unknown", "empty"])
def test_an_image_without_a_project_is_refused_so_that_its_sender_knows(
    served: Embedded, admin: Caller, olga: Caller, tmp_path: Path, comment: str
) -> None:
    assert sent(made(admin), file(tmp_path, comment=comment)) != 0
    assert admin.rows("/data/prearchive/projects") == []
    assert not [path for path in served.store.vault.scratch().parent.iterdir() if path.is_file()]


def test_other_bytes_under_a_known_uid_are_refused(
    served: Embedded, admin: Caller, olga: Caller, tmp_path: Path
) -> None:
    receiver = made(admin)
    assert sent(receiver, file(tmp_path, comment="Project:P Subject:S Session:E")) == 0
    assert sent(receiver, file(tmp_path, comment="Project:P Subject:S Session:E", patient="T")) != 0
    assert len(olga.rows("/data/prearchive/projects/P")) == 1


def test_a_receiver_listens_while_it_is_enabled_and_the_archive_is_served(archive: Embedded, admin: Caller) -> None:
    receiver = made(admin)
    assert not answers(receiver)
    server = serve(archive, "127.0.0.1", 0)
    server.start()
    assert answers(receiver)
    assert admin("PUT", "/xapi/dicomscp/1/enabled/false").json is False
    assert not answers(receiver)
    assert admin("PUT", "/xapi/dicomscp/1/enabled/true").json is True
    assert answers(receiver)
    moved = admin("PUT", "/xapi/dicomscp/1", json={"aeTitle": "MOVED", "port": free_ports(1)[0]}).json or {}
    assert answers(moved)
    assert not answers(receiver)
    admin("DELETE", "/xapi/dicomscp/1")
    assert not answers(moved)
    made(admin, port=receiver["port"])
    server.stop()
    assert not answers(receiver)


def test_a_taken_port_is_told_and_the_receiver_stays_where_it_was(served: Embedded, admin: Caller) -> None:
    receiver = made(admin)
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        taken = other.getsockname()[1]
        assert admin("PUT", "/xapi/dicomscp/1", json={"port": taken}).status_code == 409
        assert admin("POST", "/xapi/dicomscp", json={"aeTitle": "NEW", "port": taken}).status_code == 409
    assert admin("GET", "/xapi/dicomscp").json == [receiver]
    assert answers(receiver)


@pytest.mark.parametrize(
    ("whitelist", "title", "welcome"),
    [
        ([], "ANYBODY", False),
        (["PACS"], "PACS", True),
        (["PACS"], "STRANGER", False),
        (["10.0.0.1", "127.0.0.1"], "STRANGER", True),
        (["10.0.0.1"], "PACS", False),
        (["PACS@127.0.0.1"], "PACS", True),
        (["PACS@10.0.0.1", "OTHER@127.0.0.1"], "PACS", False),
    ],
)
def test_a_whitelist_names_titles_addresses_or_both(
    served: Embedded, admin: Caller, tmp_path: Path, whitelist: list[str], title: str, welcome: bool
) -> None:
    receiver = made(admin, whitelistEnabled=True, whitelist=whitelist)
    path = file(tmp_path, comment="Project:P")
    assert (sent(receiver, path, "-aet", title) == 0) is welcome
    admin("PUT", "/xapi/dicomscp/1", json={"whitelistEnabled": False})
    assert sent(receiver, path, "-aet", title) == 0


def test_what_arrives_is_in_the_name_of_the_account_that_the_site_says(
    served: Embedded, admin: Caller, olga: Caller, tmp_path: Path
) -> None:
    receiver = made(admin)
    admin("POST", "/xapi/siteConfig", json={"receivedFileUser": "cora"})
    assert sent(receiver, file(tmp_path, comment="Project:P")) != 0, "cora may not create here"
    admin("POST", "/xapi/siteConfig", json={"receivedFileUser": "mark"})
    assert sent(receiver, file(tmp_path, comment="Project:P")) == 0
    assert len(olga.rows("/data/prearchive/projects/P")) == 1

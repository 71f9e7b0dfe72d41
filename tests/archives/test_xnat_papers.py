"""What goes with a session at the centre besides its scans: signed documents, the trial, and the end of a share."""

import json

import pytest
from werkzeug.wrappers import Response

from tests.archives.central import adapter, by_hand
from tests.archives.traps import answer, reply_lost
from tests.contracts.archive_contract import put
from tests.contracts.sessions import ADDRESS, WHOLE
from uploader.archives.xnat.client import Answer
from uploader.archives.xnat.papers import trial_in
from uploader.domain.errors import ArchiveRefused, ArchiveUnavailable, DigestMismatch, UploaderError
from uploader.domain.session import Address

NAME = "consignment-k7q29xmd.json"
SESSION = "/data/projects/DEMO/subjects/DEMO-001/experiments/DEMO-001_1"
PAPER = f"{SESSION}/resources/UPLOADER/files/{NAME}"


@pytest.fixture
def archive(url, tmp_path):
    archive = adapter(url, tmp_path)
    put(archive, WHOLE)
    return archive


def test_a_document_lies_beside_the_session_and_is_none_of_its_files(archive, url):
    archive.attach(ADDRESS, NAME, b'{"a": 1}')
    assert by_hand(url, "GET", PAPER).content == b'{"a": 1}'
    assert sorted(archive.held(ADDRESS)) == sorted(WHOLE.held)


@pytest.mark.parametrize("name", ["consignment-1.json.exe", "notes.txt", "x/consignment-1.json"])
def test_anything_else_beside_the_documents_counts_as_foreign(archive, url, name):
    by_hand(url, "PUT", f"{SESSION}/resources/UPLOADER/files/{name}", b"x")
    assert f"resources/UPLOADER/files/{name}" in {held.name for held in archive.held(ADDRESS)}


def test_the_same_document_again_changes_nothing(archive, xnat):
    archive.attach(ADDRESS, NAME, b"{}")
    sent = len(xnat.asked(("PUT", "UPLOADER")))
    archive.attach(ADDRESS, NAME, b"{}")
    assert len(xnat.asked(("PUT", "UPLOADER"))) == sent


def test_a_document_of_that_name_is_never_overwritten(archive, url):
    archive.attach(ADDRESS, NAME, b"{}")
    with pytest.raises(DigestMismatch):
        archive.attach(ADDRESS, NAME, b"[]")
    assert by_hand(url, "GET", PAPER).content == b"{}"


@pytest.mark.parametrize("says", [answer(200), answer(409, "duplicates")], ids=["200", "409"])
def test_a_document_that_the_archive_only_says_it_kept_is_not_there(archive, xnat, says):
    xnat.set(("PUT", "UPLOADER/files/"), says)
    with pytest.raises(ArchiveUnavailable):
        archive.attach(ADDRESS, NAME, b"{}")


def test_a_reply_that_is_lost_leaves_one_document(archive, xnat, url):
    xnat.set(("PUT", "UPLOADER/files/"), reply_lost, times=1)
    with pytest.raises(ArchiveUnavailable):
        archive.attach(ADDRESS, NAME, b"{}")
    archive.attach(ADDRESS, NAME, b"{}")
    assert by_hand(url, "GET", PAPER).content == b"{}"


def test_the_trial_is_read_back_from_the_sessions_field(archive, url):
    archive.mark(ADDRESS, "DEMO-RT")
    archive.mark(ADDRESS, "DEMO-RT")
    item = by_hand(url, "GET", f"{SESSION}?format=json")
    assert trial_in("central", Answer(200, item.content)) == "DEMO-RT"


def test_a_trial_that_the_archive_does_not_keep_is_told(archive, xnat):
    xnat.set(("PUT", "experiments/DEMO-001_1$"), answer(200))
    with pytest.raises(ArchiveRefused, match="not there"):
        archive.mark(ADDRESS, "DEMO-RT")


def test_the_trial_is_found_where_xnat_tells_custom_fields():
    child = {"field": "fields/field", "items": [{"data_fields": {"name": "Trial", "field": "DEMO-RT"}}]}
    item = {"items": [{"data_fields": {"ID": "E1"}, "children": [child]}]}
    assert trial_in("central", Answer(200, json.dumps(item).encode())) == "DEMO-RT"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"items": []}', b'{"items": [{"data_fields": 1, "children": []}]}'])
def test_an_answer_that_is_no_session_is_refused(body):
    with pytest.raises(ArchiveRefused):
        trial_in("central", Answer(200, body))


@pytest.mark.parametrize("action", [lambda a, x: a.attach(x, NAME, b"{}"), lambda a, x: a.mark(x, "DEMO-RT")])
def test_a_session_that_is_not_there_gets_neither(archive, action):
    with pytest.raises(ArchiveRefused, match="renamed or removed"):
        action(archive, Address("DEMO", "DEMO-001", "ELSEWHERE"))


def test_a_share_ends_and_takes_the_subject_with_it(archive):
    archive.share(ADDRESS, "TRIAL")
    archive.unshare(ADDRESS, "TRIAL")
    archive.unshare(ADDRESS, "TRIAL")
    assert archive.shared(ADDRESS) == {"DEMO"}
    assert sorted(archive.held(ADDRESS)) == sorted(WHOLE.held)


def test_the_subject_stays_where_another_session_of_theirs_is_shown(archive, url):
    other = Address("DEMO", "DEMO-001", "DEMO-001_2")
    by_hand(url, "PUT", f"{SESSION[:-1]}2?xsiType=xnat:ctSessionData")
    archive.share(ADDRESS, "TRIAL")
    archive.share(other, "TRIAL")
    archive.unshare(ADDRESS, "TRIAL")
    assert (archive.shared(ADDRESS), archive.shared(other)) == ({"DEMO"}, {"DEMO", "TRIAL"})


def test_a_session_is_never_taken_out_of_its_own_project(archive, xnat):
    with pytest.raises(ArchiveRefused, match="own project"):
        archive.unshare(ADDRESS, "DEMO")
    assert not xnat.asked(("DELETE", "/projects/DEMO$"))


@pytest.mark.parametrize("status", [200, 403, 404, 409])
def test_a_share_that_the_archive_does_not_end_is_told(archive, xnat, status):
    archive.share(ADDRESS, "TRIAL")
    xnat.set(("DELETE", "/projects/TRIAL$"), answer(status))
    with pytest.raises(ArchiveRefused, match="still shown"):
        archive.unshare(ADDRESS, "TRIAL")


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (403, "make it a member"),
        (404, "not a member of it"),
        (409, "status 409"),
        (200, "status 200"),
        (201, "status 201"),
    ],
)
@pytest.mark.parametrize("what", ["subjects/DEMO-001", "experiments/DEMO-001_1"])
def test_a_refusal_to_share_says_what_to_do(archive, xnat, status, says, what):
    xnat.set(("PUT", f"{what}/projects/TRIAL$"), answer(status))
    with pytest.raises(ArchiveRefused, match=says):
        archive.share(ADDRESS, "TRIAL")


def shared_meanwhile(status):
    """Another client is quicker: it is shared, and we are told so."""

    def trap(request, forward):
        forward()
        return Response("Already assigned to project:TRIAL", status)

    return trap


@pytest.mark.parametrize("status", [200, 201, 409])
def test_what_is_shown_when_looked_at_again_is_shared_whatever_the_answer(archive, xnat, status):
    xnat.set(("PUT", "/projects/TRIAL$"), shared_meanwhile(status))
    archive.share(ADDRESS, "TRIAL")
    assert archive.shared(ADDRESS) == {"DEMO", "TRIAL"}


def test_sharing_goes_on_after_the_subject_alone_was_shared(archive, xnat):
    xnat.set(("PUT", "experiments/DEMO-001_1/projects/TRIAL$"), answer(502), times=1)
    with pytest.raises(UploaderError):
        archive.share(ADDRESS, "TRIAL")
    archive.share(ADDRESS, "TRIAL")
    assert archive.shared(ADDRESS) == {"DEMO", "TRIAL"}

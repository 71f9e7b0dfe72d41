"""An archive that misbehaves never gets a false success, a duplicate or a loss out of the adapter."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests.archives import traps
from tests.archives.central import adapter, by_hand
from tests.archives.traps import ANYTHING, FILES, LOGIN, UPLOAD, Traps, answer, at_once, served, stored_then
from tests.contracts.archive_contract import put
from tests.contracts.sessions import ADDRESS, WHOLE, Given
from uploader.domain.errors import (
    ArchiveRefused,
    ArchiveUnavailable,
    DigestMismatch,
    LabelTaken,
    LoginRefused,
    Misconfigured,
    UploaderError,
)
from uploader.domain.session import Address
from uploader.stages.deposit import deposit

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def archive(url, tmp_path):
    return adapter(url, tmp_path)


def give(archive):
    return deposit(WHOLE.session, WHOLE.manifest, WHOLE.open, archive, lambda: NOW)


def after(xnat, archive):
    """What is held once the archive behaves again."""
    xnat.lift()
    return sorted(archive.held(ADDRESS))


ALL = sorted(WHOLE.held)
PASSING = {
    "3 claims duplicates": traps.duplicates,
    "4 says 200 and keeps nothing": traps.SWALLOWS,
    "10 login page with 200": traps.LOGIN_PAGE,
    "10 error page": answer(500, "<html><h3>Internal Server Error</h3></html>"),
    "11 400 for its own fault": answer(400, "<html><h3>unable to read DICOM object 0001.dcm</h3></html>"),
    "12 skips a file and says 200": traps.skips_second,
    "401 in the middle": answer(401),
    "401 before the body was read": at_once(401),
    "403 that is a full disk": answer(403, "<html><h3>No space left on device</h3></html>"),
    "409 concurrent": answer(409, "<html><h3>Concurrent file sends of the same data is not supported.</h3></html>"),
    "423 locked": answer(423),
    "502 though stored": stored_then(502),
    "504 before the body was read": at_once(504),
    "507 full": answer(507),
    "reply lost": traps.reply_lost,
    "line dead": traps.line_dead,
}
"""Trouble with one upload that passes."""


@pytest.mark.parametrize("trap", PASSING.values(), ids=PASSING)
def test_trouble_that_passes_ends_with_a_receipt_and_each_file_once(xnat, archive, trap):
    xnat.set(UPLOAD, trap, times=1)
    assert give(archive).digest == WHOLE.manifest.digest
    assert after(xnat, archive) == ALL


LASTING = {
    "3 claims duplicates": (UPLOAD, traps.duplicates, DigestMismatch),
    "4 says 200 and keeps nothing": (UPLOAD, traps.SWALLOWS, DigestMismatch),
    "5 ignores a tail": (FILES, traps.tail_ignored, ArchiveRefused),
    "6 a script rewrites": (UPLOAD, traps.rewrites, DigestMismatch),
    "6 a script rewrites to the same size": (UPLOAD, traps.rewrites_same_size, DigestMismatch),
    "7 empty listing": (FILES, traps.empty_listing, DigestMismatch),
    "8 stores elsewhere": (UPLOAD, traps.stores_elsewhere, DigestMismatch),
    "10 login page for everything": (ANYTHING, traps.LOGIN_PAGE, ArchiveUnavailable),
    "10 login page for uploads": (UPLOAD, traps.LOGIN_PAGE, ArchiveUnavailable),
    "10 login page for listings": (FILES, traps.LOGIN_PAGE, ArchiveUnavailable),
    "11 400 for its own fault": (UPLOAD, answer(400), ArchiveUnavailable),
    "12 skips a file": (UPLOAD, traps.skips_second, DigestMismatch),
    "401 for ever": (UPLOAD, answer(401), LoginRefused),
    "login with a page": (LOGIN, traps.LOGIN_PAGE, ArchiveUnavailable),
    "login with 500": (LOGIN, answer(500), ArchiveUnavailable),
    "login with nothing": (LOGIN, answer(200), ArchiveRefused),
    "403": (UPLOAD, answer(403), ArchiveRefused),
    "502 for ever": (UPLOAD, at_once(502), ArchiveUnavailable),
    "line dead": (UPLOAD, traps.line_dead, ArchiveUnavailable),
    "lists everything twice": (FILES, traps.listing_twice, DigestMismatch),
    "redirect": (ANYTHING, traps.redirects("http://127.0.0.1:9/"), ArchiveRefused),
    "no JSON": (FILES, answer(200, "ok", "text/plain"), ArchiveUnavailable),
}


@pytest.mark.parametrize(("where", "trap", "error"), LASTING.values(), ids=LASTING)
def test_trouble_that_lasts_gives_no_receipt(xnat, archive, where, trap, error):
    xnat.set(where, trap)
    with pytest.raises(error):
        give(archive)


@pytest.mark.parametrize(("where", "trap", "error"), LASTING.values(), ids=LASTING)
def test_after_trouble_that_lasted_nothing_is_double_or_falsely_confirmed(xnat, archive, where, trap, error):
    xnat.set(where, trap)
    with pytest.raises(UploaderError):
        give(archive)
    xnat.lift()
    try:
        give(archive)
    except LabelTaken:  # the script rewrote what it got: a person must look
        assert trap in (traps.rewrites, traps.rewrites_same_size)
    else:
        assert sorted(archive.held(ADDRESS)) == ALL


@pytest.mark.parametrize("step", range(1, 30))
def test_a_reply_lost_at_any_step_is_made_good_by_doing_it_again(xnat, archive, step):
    xnat.set(ANYTHING, traps.passing, times=step)
    xnat.set(ANYTHING, traps.reply_lost, times=1)
    try:
        give(archive)
    except ArchiveUnavailable:
        give(archive)
    assert after(xnat, archive) == ALL


def test_without_digests_every_file_is_read_back(xnat, archive):
    xnat.set(FILES, traps.without_digests)
    assert give(archive).digest == WHOLE.manifest.digest
    assert len(xnat.asked(("GET", r"/files/000\d\.dcm$"))) >= len(WHOLE.files)


def test_without_digests_a_rewritten_file_is_still_found(xnat, archive):
    xnat.set(FILES, traps.without_digests)
    xnat.set(UPLOAD, traps.rewrites_same_size)
    with pytest.raises(DigestMismatch):
        give(archive)


def test_a_download_that_ends_early_is_no_digest(xnat, archive):
    put(archive, WHOLE)
    xnat.set(FILES, traps.without_digests)
    xnat.set(("GET", r"/files/0002\.dcm$"), traps.cut_short)
    with pytest.raises(ArchiveUnavailable):
        list(archive.held(ADDRESS))


@pytest.mark.parametrize("trap", [traps.cut_short, traps.LOGIN_PAGE, traps.line_dead], ids=["short", "page", "dead"])
def test_a_file_that_does_not_come_whole_is_an_error(xnat, archive, trap):
    put(archive, WHOLE)
    entry = next(e for e in WHOLE.manifest if e.name.endswith("0002.dcm"))
    xnat.set(("GET", r"/files/0002\.dcm$"), trap)
    with pytest.raises(ArchiveUnavailable), archive.open(ADDRESS, entry) as data:
        data.read()


def test_1_2_8_11_12_nothing_is_ever_imported_overwritten_or_left_out(xnat, archive):
    give(archive)
    give(archive)
    archive.share(ADDRESS, "TRIAL")
    archive.remove(ADDRESS)
    asked = " ".join(r.full_path for r in xnat.seen)
    assert not re.search(r"/import|/prearchive|overwrite|action=|Ignore-Unparsable|Direct-Archive|primary=", asked)


def test_we_do_not_look_like_a_browser(xnat, archive):
    give(archive)
    assert not [r for r in xnat.seen if re.search(r"Mozilla|Chrome|Safari|Gecko|python", r.headers["User-Agent"], re.I)]


def test_no_cookie_is_sent_but_the_session(xnat, archive):
    xnat.set(("PUT", "/experiments/DEMO-001_1$"), answer(401), times=1)
    xnat.set(("PUT|GET", "/data/"), traps.many_cookies)
    give(archive)
    assert {name for r in xnat.seen for name in r.cookies} == {"JSESSIONID"}


def test_a_second_deposit_uploads_nothing(xnat, archive):
    give(archive)
    xnat.seen.clear()
    give(archive)
    assert not xnat.asked(UPLOAD)


def test_a_login_that_ended_is_renewed_and_the_request_sent_again(xnat, archive):
    xnat.set(("PUT", "/subjects/DEMO-001$"), answer(401), times=1)
    put(archive, WHOLE)
    assert len(xnat.asked(LOGIN)) == 2


def test_threads_whose_login_ended_together_log_in_once(xnat, archive):
    list(archive.held(ADDRESS))
    xnat.set(ANYTHING, traps.expired(xnat.seen[-1].cookies["JSESSIONID"]))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: list(archive.held(ADDRESS)), range(8)))
    assert len(xnat.asked(LOGIN)) == 2


def test_an_answer_that_does_not_come_is_looked_for_instead(xnat, archive, url, tmp_path):
    list(archive.held(ADDRESS))  # the first login may take longer than the hasty one's patience
    xnat.set(UPLOAD, traps.stalls(30), times=1)
    assert give(adapter(url, tmp_path, stall_seconds=10)).digest == WHOLE.manifest.digest
    assert len(xnat.asked(UPLOAD)) == 2  # one for each scan: what was stored in silence is not sent again


def test_an_ended_login_on_a_site_with_guests_does_not_look_like_an_absent_session(xnat, archive):
    put(archive, WHOLE)
    xnat.set(("GET", "/data/auth$"), answer(200, "User 'guest' is logged in", "text/plain"), times=1)
    xnat.set(("GET", "/experiments/DEMO-001_1$"), answer(404), times=1)
    assert sorted(archive.held(ADDRESS)) == ALL


def test_a_redirect_is_not_followed(xnat, archive):
    with served(other := Traps(xnat)) as elsewhere:
        xnat.set(ANYTHING, traps.redirects(elsewhere + "/data"))
        with pytest.raises(ArchiveRefused, match="redirect"):
            list(archive.held(ADDRESS))
    assert not other.seen


SHARE = ("PUT", r"/projects/TRIAL$")


@pytest.mark.parametrize("status", [200, 201, 409])
def test_9_a_share_that_was_done_counts_whatever_the_answer(xnat, archive, status):
    put(archive, WHOLE)
    xnat.set(SHARE, stored_then(status, "CENTRAL_E00001"))
    archive.share(ADDRESS, "TRIAL")
    assert archive.shared(ADDRESS) == {"DEMO", "TRIAL"}


@pytest.mark.parametrize("status", [200, 201, 409])
def test_9_a_share_that_was_not_done_is_an_error_whatever_the_answer(xnat, archive, status):
    put(archive, WHOLE)
    xnat.set(SHARE, answer(status, "ok"))
    with pytest.raises(ArchiveRefused):
        archive.share(ADDRESS, "TRIAL")
    assert archive.shared(ADDRESS) == {"DEMO"}


def test_9_a_label_that_the_other_project_uses_is_said_to_be_taken(xnat, archive):
    put(archive, WHOLE)
    xnat.set(SHARE, answer(409, "<html><h3>Label already in use:DEMO-001</h3></html>"))
    with pytest.raises(LabelTaken):
        archive.share(ADDRESS, "TRIAL")


def test_the_subject_is_shared_before_the_session(xnat, archive):
    put(archive, WHOLE)
    archive.share(ADDRESS, "TRIAL")
    assert ["experiments" in r.path for r in xnat.asked(SHARE)] == [False, True]


def test_assessors_are_shared_after_their_session(xnat, archive):
    put(archive, WHOLE)
    rows = {"ResultSet": {"Result": [{"ID": "CENTRAL_E00009"}], "totalRecords": "1"}}
    xnat.set(("GET", "/assessors$"), answer(200, json.dumps(rows), "application/json"))
    with pytest.raises(ArchiveRefused):
        archive.share(ADDRESS, "TRIAL")
    assert xnat.asked(("GET", "/data/experiments/CENTRAL_E00009/projects$"))


@pytest.mark.parametrize("whose", ["/xapi/anonymize/site/enabled", "/xapi/anonymize/projects/DEMO/enabled"])
def test_6_an_enabled_script_stops_the_start(xnat, archive, whose):
    xnat.set(("GET", whose), answer(200, "true", "application/json"))
    with pytest.raises(Misconfigured, match="script"):
        archive.preflight("DEMO")


def test_where_we_may_not_ask_for_scripts_the_digests_read_back_are_the_proof(xnat, archive):
    xnat.set(("GET", "/xapi/anonymize/"), answer(403))
    archive.preflight("DEMO")


def test_a_session_that_is_still_there_was_not_removed(xnat, archive):
    put(archive, WHOLE)
    xnat.set(("DELETE", "/experiments/"), answer(200))
    with pytest.raises(ArchiveUnavailable, match="still there"):
        archive.remove(ADDRESS)


def test_another_subject_s_session_is_not_ours_though_the_archive_hands_it_out(xnat, archive, url):
    put(archive, WHOLE)
    by_hand(url, "PUT", "/data/projects/DEMO/subjects/DEMO-002")
    xnat.set(("GET", "/experiments/DEMO-001_1$"), traps.subject_ignored)
    other = Given(WHOLE.files, Address("DEMO", "DEMO-002", "DEMO-001_1"))
    assert not list(archive.held(other.address))
    with pytest.raises(LabelTaken):
        put(archive, other)


def test_another_session_in_the_answer_is_refused(xnat, archive):
    put(archive, WHOLE)
    xnat.set(("GET", "/experiments/DEMO-001_1$"), traps.tail_ignored)
    with pytest.raises(ArchiveRefused):
        list(archive.held(ADDRESS))

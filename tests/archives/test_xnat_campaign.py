"""Every fault at every moment of an upload to a strict XNAT: never a false success, a duplicate or a lost file."""

from __future__ import annotations

import json
import os
from itertools import count, cycle

import pytest

from tests.archives import traps
from tests.archives.central import adapter, archive_with_projects
from tests.archives.driving import driven, stored
from tests.archives.strict_xnat import StrictXnat
from tests.archives.strict_xnat.busy import SENDING, WORKING
from tests.archives.traps import FILES, LOGIN, UPLOAD, Traps, answer, at_once, served, stored_then
from tests.contracts import sessions
from tests.contracts.sessions import Given
from uploader.domain.errors import Held, Misconfigured
from uploader.domain.session import Address

SECRET = "DOE^JANE"
"""What a server may quote in its errors; nobody is told."""
ANY = (".*", "")
MOMENTS = {
    "the first request": (ANY, 1),
    "logging in": (LOGIN, 1),
    "looking for the subject": (("GET", r"/subjects/[^/]+$"), 1),
    "looking who has the label": (("GET", r"/projects/DEMO/experiments/[^/]+$"), 1),
    "making the subject": (("PUT", r"/subjects/[^/]+$"), 1),
    "making the session": (("PUT", r"/experiments/[^/]+$"), 1),
    "listing the scans": (("GET", r"/scans$"), 1),
    "making the first scan": (("PUT", r"/scans/[^/]+$"), 1),
    "making the last resource": (("PUT", r"/resources/DICOM$"), 2),
    "the first upload": (UPLOAD, 1),
    "the last upload": (UPLOAD, 2),
    "listing what arrived": (FILES, 1),
    "letting it read the headers": (("PUT", r"\?pullDataFromHeaders"), 1),
    "the proof": (FILES, 2),
}


def page(status: int, says: str) -> traps.Trap:
    return answer(status, f"<!DOCTYPE html><html><h3>{says} {SECRET}</h3></html>")


NOTHING_DONE = {
    "400": page(400, "unable to read DICOM object 0001.dcm"),
    "400 concurrent": page(400, SENDING),
    "401": page(401, "Full authentication is required"),
    "403": page(403, "You may not"),
    "403 that is a full disk": page(403, "No space left on device"),
    "404": page(404, "Not found"),
    "409 in progress": page(409, WORKING),
    "423": page(423, "Operation already in progress on this prearchive entry."),
    "500": page(500, "NullPointerException"),
    "503 restarting": at_once(503),
    "504 before the body was read": at_once(504),
    "507": page(507, "Insufficient Storage"),
    "302 to a login": traps.redirects("https://login.example/"),
    "login page with 200": traps.LOGIN_PAGE,
    "200 and nothing": traps.SWALLOWS,
    "200 and no JSON": answer(200, "ok", "text/plain"),
    "200 and an empty list": traps.empty_listing,
    "line dead": traps.line_dead,
    "cut off half-way": traps.cut_off,
}
DONE_ALL_THE_SAME = {
    "500": stored_then(500),
    "502 of a proxy": stored_then(502),
    "504 of a proxy": stored_then(504),
    "400 of an archiver that took too long": stored_then(400),
    "409 though done": stored_then(409, f"<html><h3>{WORKING}</h3></html>"),
    "login page with 200": stored_then(200, "<!DOCTYPE html><html>Login</html>"),
    "reply lost": traps.reply_lost,
}
FAULTS = {f"{name}, nothing done": trap for name, trap in NOTHING_DONE.items()} | {
    f"{name}, done": trap for name, trap in DONE_ALL_THE_SAME.items()
}


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    """The server, and another client's way past every trap and habit."""
    embedded = archive_with_projects(tmp_path_factory.mktemp("central"))
    xnat = Traps(StrictXnat(embedded.app))
    with served(xnat) as url, served(embedded.app) as behind:
        yield xnat, url, behind
    embedded.close()


_numbers = count(1)


@pytest.fixture
def given():
    """A session of its own for each test, so that all may share one archive."""
    subject = f"DEMO-{next(_numbers):04}"
    return Given(sessions.FILES, Address("DEMO", subject, f"{subject}_1"))


@pytest.fixture
def xnat(central):
    yield central[0]
    central[0].lift()


@pytest.fixture
def archive(central, tmp_path):
    return adapter(central[1], tmp_path)


@pytest.fixture
def behind(central):
    return central[2]


def put_in_the_way(xnat, moment, trap, times):
    where, number = MOMENTS[moment]
    if number > 1:
        xnat.set(where, traps.passing, times=number - 1)
    xnat.set(where, trap, times=times)


def check_rest(outcome, behind, given):
    """Either all of it, proved, or an error with its remedy; in both cases nothing else, and nothing twice."""
    there = stored(behind, given)
    assert there <= given.held
    if outcome.receipt:
        assert outcome.receipt.digest == given.manifest.digest
        assert there == given.held
        return
    assert outcome.waits or isinstance(outcome.error, Held | Misconfigured)
    said = str(outcome.error)
    assert said.startswith("central: ") or "central" in said
    assert SECRET not in said
    assert json.dumps(said)[1:-1].isascii()
    assert "<" not in said


def some(moments, often):
    """Each fault at `often` of the moments, so that each moment meets every so many-th of the faults; all of them
    where UPLOADER_CAMPAIGN is ``all``."""
    if os.environ.get("UPLOADER_CAMPAIGN") == "all":
        often = len(moments)
    turns = cycle(moments)
    return [(fault, next(turns)) for fault in FAULTS for _ in range(often)]


@pytest.mark.parametrize(("fault", "moment"), some([*MOMENTS, "the first upload"], 3))
def test_a_fault_that_passes_leaves_a_proof_or_a_remedy_and_a_retry_completes(
    xnat, archive, behind, given, fault, moment
):
    put_in_the_way(xnat, moment, FAULTS[fault], times=1)
    check_rest(driven(given, archive), behind, given)
    xnat.lift()
    outcome = driven(given, archive)
    assert outcome.receipt, outcome.error
    check_rest(outcome, behind, given)


@pytest.mark.parametrize(
    ("fault", "moment"),
    some(["the first upload", "logging in", "the proof", "making the session", "the last upload"], 1),
)
def test_a_fault_that_lasts_is_no_success_and_a_retry_completes_when_it_is_over(
    xnat, archive, behind, given, fault, moment
):
    put_in_the_way(xnat, moment, FAULTS[fault], times=1_000_000)
    check_rest(driven(given, archive, attempts=2), behind, given)
    xnat.lift()
    outcome = driven(given, archive)
    assert outcome.receipt, outcome.error
    check_rest(outcome, behind, given)


def test_the_moments_are_all_there_in_an_upload_without_faults(xnat, archive, given):
    xnat.seen.clear()
    assert driven(given, archive).receipt
    for moment, (where, number) in MOMENTS.items():
        assert len(xnat.asked(where)) >= number, moment

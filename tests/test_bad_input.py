"""What goes wrong in a hospital, end to end: each trouble is said clearly, and nothing is lost by it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
import zipfile
from contextlib import contextmanager, suppress

import pydicom
import pytest

from tests.cli.calling import call
from tests.cli.calling import run as uploader_run
from tests.homes import (
    archives_of,
    arrive,
    bring_to_signature,
    carry,
    new_home,
    sign_and_release,
)
from tests.patience import PATIENCE_SECONDS
from uploader.domain.errors import UnknownTrial
from uploader.domain.session import Address
from uploader.gateway import archive_of, build_intake, build_review, open_home
from uploader.reception import Reception

FILES = 9
"""Of the small demo session."""


@pytest.fixture
def inbox(built):
    return built.settings.folder.path


def watched(built, condition):
    """Look at the watched folder as the worker does, until `condition` holds."""
    reception = Reception(built.records, build_intake(built), built.aliases())
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, (reception.intake.waiting(), reception.intake.quarantined())
        reception.look()
        time.sleep(0.1)
    return {item.code: item for item in reception.intake.quarantined()}


def arrived(built):
    """Number of files of each submission."""
    return [len(built.records.manifest(s.id, "identifiable")) for s in built.records.all()]


def set_aside(built):
    """What quarantine holds, by content."""
    return {digest(p) for p in built.home.quarantine.rglob("*") if p.is_file()}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def held(built, place, address):
    return sorted((h.name, h.size, h.md5) for h in archive_of(built.settings, place).held(address))


def listed(built, submission, kind):
    return sorted((e.name, e.size, e.md5) for e in built.records.manifest(submission, kind))


def carry_until(built, submission, state):
    """Carry as often as it becomes due, until it rests in `state`; returns the states on the way."""
    end, states = time.monotonic() + PATIENCE_SECONDS, []
    while (now := carry(built, submission)) != state:
        assert time.monotonic() < end, (now, built.records.get(submission))
        states.append(now)
        time.sleep(0.05)
    return states


# What is dropped into the folder ------------------------------------------------------------------------------


def test_a_text_file_beside_a_session_is_set_aside_and_the_session_is_taken(built, session, inbox):
    note = session / "please read.txt"
    note.write_text("Dear colleague, Mrs Quillfeather is for the trial. " * 9)
    text = digest(note)
    session.replace(inbox / "session")
    found = watched(built, lambda: arrived(built) and set_aside(built))
    assert arrived(built) == [FILES]
    assert list(found) == ["quarantine.not-dicom"]
    assert text in set_aside(built)


def test_a_truncated_file_is_told_and_its_session_is_taken_whole_once_it_is_complete(built, session, inbox):
    whole = (session / "CT0003.dcm").read_bytes()
    (session / "CT0003.dcm").write_bytes(whole[:3000])
    session.replace(inbox / "session")
    found = watched(built, lambda: "quarantine.truncated" in {q.code for q in build_intake(built).quarantined()})
    assert arrived(built) == [], "the structures wait for their image"
    assert any("wait" in sentence for sentence in built.records.notices.read("waiting"))
    assert "breaks off" in found["quarantine.truncated"].says or "end" in found["quarantine.truncated"].says
    (inbox / "session" / "CT0003.dcm").write_bytes(whole)
    watched(built, lambda: arrived(built))
    assert arrived(built) == [FILES]


def test_a_zip_bomb_is_set_aside_without_being_unpacked(built, session, inbox):
    bomb = session.parent / "images.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for n in range(8):
            zipped.writestr(f"CT{n}.dcm", bytes(20_000_000))
    kept = digest(bomb)
    bomb.replace(inbox / "images.zip")
    found = watched(built, lambda: set_aside(built))
    assert list(found) == ["quarantine.zip-limit"]
    assert kept in set_aside(built)
    assert sum(p.stat().st_size for p in built.home.spool.rglob("*") if p.is_file()) < 1_000_000


def test_two_patients_in_one_study_are_set_aside_whole(built, session, inbox):
    of_another_patient(session / "CT0002.dcm")
    kept = {digest(p) for p in session.iterdir()}
    session.replace(inbox / "session")
    found = watched(built, lambda: len(set_aside(built)) >= FILES)
    assert set(found) == {"quarantine.patient-conflict"}
    assert "more than one patient" in found["quarantine.patient-conflict"].says
    assert kept <= set_aside(built)
    assert arrived(built) == []


def of_another_patient(path):
    ct = pydicom.dcmread(path)
    ct.PatientID, ct.PatientName = "MRN-9999999", "Else^Somebody"
    ct.save_as(path)


# The same by `uploader run` -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    root = new_home(tmp_path_factory.mktemp("gateway") / "home")
    built = open_home(root)
    with archives_of(built):
        yield root
    built.records.close()


def cut(session):
    (session / "CT0003.dcm").write_bytes((session / "CT0003.dcm").read_bytes()[:3000])


def mix(session):
    of_another_patient(session / "CT0002.dcm")


@pytest.mark.parametrize(("spoil", "code"), [(cut, "truncated"), (mix, "patient-conflict")])
def test_run_refuses_a_folder_with_something_broken_and_leaves_it_as_it_is(home, session, spoil, code):
    spoil(session)
    before = {p.name: digest(p) for p in session.iterdir()}
    answer = uploader_run(home, session, "--sign-as", "ada")
    assert answer.returncode == 3, answer
    assert f'"quarantine.{code}"' in answer.stdout
    assert "Traceback" not in answer.stderr
    assert {p.name: digest(p) for p in session.iterdir()} == before
    assert list((home / "spool").iterdir()) == []


def test_run_takes_a_session_with_a_text_file_beside_it(home, session):
    (session / "read me.txt").write_text("Nothing of this is an image. " * 9)
    answer = uploader_run(home, session)
    assert answer.returncode == 0
    assert answer.stderr.startswith("not taken: quarantine.not-dicom: ")


def test_a_wrong_password_of_an_archive_stops_the_start_and_names_the_archive(home, session):
    secret = home / "secrets" / "anonymised-uploader"
    right = secret.read_text()
    secret.write_text("wrong")
    answer = uploader_run(home, session)
    secret.write_text(right)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("uploader: anonymised: ")
    assert answer.stderr.strip().endswith("[login-refused]")
    assert "Traceback" not in answer.stderr
    assert call(home, "audit", "verify").returncode == 0


# On the line --------------------------------------------------------------------------------------------------


def test_an_unknown_trial_changes_nothing(built, session):
    submission = arrive(built, session)
    carry(built, submission)
    with pytest.raises(UnknownTrial, match="installed are: DEMO-RT, SPINE-PHANTOM"):
        build_review(built).choose(submission, "DEMO-XY", "DEMO-001", "ada")
    assert built.records.get(submission).state == "received"


def test_a_session_without_its_structures_is_refused_and_kept_in_the_hospital(built, session):
    for file in session.glob("R*.dcm"):
        file.unlink()
    submission = arrive(built, session)
    carry(built, submission)
    build_review(built).choose(submission, "DEMO-RT", "DEMO-001", "ada")
    assert carry(built, submission) == "refused"
    about = built.records.get(submission)
    assert held(built, "identifiable", Address("INCOMING", about.alias, submission)) == listed(
        built, submission, "identifiable"
    )
    assert held(built, "anonymised", Address("DEMO-RT", "DEMO-001", about.label)) == []


def test_a_password_that_stops_working_holds_the_session_until_it_is_put_right(built, session):
    submission = bring_to_signature(built, session)
    secret = built.settings.central.password_file
    right = secret.read_text()
    secret.write_text("wrong")
    assert sign_and_release(built, submission) == "held"
    assert built.records.get(submission).why == "login-refused"
    secret.write_text(right)
    build_review(built).retry(submission, "ada")
    assert carry(built, submission) == "released"


def test_a_centre_that_is_down_for_three_tries_gets_the_session_once(tmp_path, session):
    root = new_home(tmp_path / "home")
    built = open_home(root)
    with archives_of(built, "identifiable", "anonymised"):
        submission = bring_to_signature(built, session)
        states = [sign_and_release(built, submission)]
        first = built.records.get(submission).attempt
        while (tries := built.records.get(submission).attempt) < first + 3:
            states.append(carry(built, submission))
            time.sleep(0.05)
        assert set(states) == {"waiting"}
        assert built.records.get(submission).why == "archive-unavailable"
        assert tries > 3
        with archives_of(built, "central"):
            carry_until(built, submission, "released")
            label = built.records.get(submission).label
            assert held(built, "central", Address("SITE01", "DEMO-001", label)) == listed(
                built, submission, "anonymised"
            )
            assert [r.place for r in built.records.receipts(submission)].count("central") == 1
    built.records.close()


@contextmanager
def small_disk(folder):
    """A disk of 3 MB at `folder`; a test that needs it is skipped where none may be made."""
    folder.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m,mode=0700", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        pytest.skip(f"no small disk can be made here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder, *, but_for):
    """Fill the disk of `folder` and leave `but_for` bytes; returns the ballast."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as out:
        with suppress(OSError):
            while True:
                out.write(bytes(4096))
        out.truncate(max(0, out.tell() - but_for))
        os.fsync(out.fileno())
    return ballast


@pytest.mark.parametrize(
    ("disk", "route", "why"),
    [
        ("archives/identifiable", "receive", "archive-unavailable"),
        ("archives/anonymised", "prepare", "archive-unavailable"),
        ("archives/central", "release", "archive-unavailable"),
        ("work", "prepare", "disk-full"),
    ],
)
def test_a_disk_that_fills_in_the_middle_stores_nothing_half_and_the_session_goes_on(
    tmp_path, session, disk, route, why
):
    root = new_home(tmp_path / "home")
    with small_disk(root / disk):
        built = open_home(root)
        with archives_of(built):
            submission = arrive(built, session)
            go_to(built, submission, route)
            ballast = fill(root / disk, but_for=40_000)
            assert carry(built, submission) == "waiting"
            assert built.records.get(submission).why == why
            for place, address, kind in places(built, submission):
                assert set(held(built, place, address)) <= set(listed(built, submission, kind))
            ballast.unlink()
            carry_until(built, submission, RESTS[route])
            if route != "release":
                go_to(built, submission, "release")
                carry_until(built, submission, "released")
            for place, address, kind in places(built, submission):
                assert held(built, place, address) == listed(built, submission, kind)
        built.records.close()


RESTS = {"receive": "received", "prepare": "awaiting-signoff", "release": "released"}


def go_to(built, submission, route):
    """Bring the submission to where `route` is due."""
    review = build_review(built)
    state = built.records.get(submission).state
    if route == "receive":
        return
    if state == "queued":
        carry_until(built, submission, "received")
    if built.records.get(submission).state == "received":
        review.choose(submission, "DEMO-RT", "DEMO-001", "ada")
    if route == "release":
        if built.records.get(submission).state == "queued":
            carry_until(built, submission, "awaiting-signoff")
        review.sign(submission, "ada", "correct horse battery staple", review.show(submission).seen)
        review.release(submission, "ada")


def places(built, submission):
    """Where the session may lie by now, and the list that says what should be there."""
    about = built.records.get(submission)
    yield "identifiable", Address("INCOMING", about.alias, submission), "identifiable"
    if about.label and about.state in ("awaiting-signoff", "waiting", "released") and about.route != "prepare":
        yield "anonymised", Address("DEMO-RT", "DEMO-001", about.label), "anonymised"
        yield "central", Address("SITE01", "DEMO-001", about.label), "anonymised"

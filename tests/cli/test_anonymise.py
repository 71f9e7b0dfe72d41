"""`uploader anonymise`: what it writes, what it holds, what it says, and when it refuses to begin."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess

import pydicom
import pytest

from tests.cli.calling import PROGRAM, Answer, call, call_from_nothing, children_of, environment, living
from tests.engine.making import digests
from tests.homes import demo
from tests.leaks.search import blobs_below, found
from tests.patience import PATIENCE_SECONDS, until
from uploader.phantom import write_session


def anonymise(home, source, target, *more, trial="DEMO-RT", by=call) -> Answer:
    given = ("--subject" in more) or ("--ids" in more)
    return by(home, "anonymise", source, target, "--trial", trial, *([] if given else ["--ids", "automatic"]), *more)


def told(answer: Answer, code: int = 0):
    assert answer.returncode == code, answer.stdout + answer.stderr
    return json.loads(answer.stdout)


def refused(answer: Answer) -> str:
    """The one sentence of a command that did not begin."""
    assert answer.returncode == 2, answer.stdout + answer.stderr
    assert answer.stdout == ""
    (line,) = answer.stderr.strip().splitlines()[-1:]
    return line


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("engine") / "home"


@pytest.fixture
def session(tmp_path):
    return demo(tmp_path / "IN" / "session")


@pytest.fixture(scope="module")
def one(tmp_path_factory, home):
    """A session with strays beside it, anonymised: IN, OUT, the identity, what the command said."""
    root = tmp_path_factory.mktemp("one")
    identity = write_session(root / "IN" / "deep" / "er", 11, slices=6, size=32)
    for stray in ("note.txt", "empty"):
        (root / "IN" / f"{identity.name} {stray}").write_text(identity.name * 9 if "note" in stray else "")
    before = digests(root / "IN")
    answer = anonymise(home, root / "IN", root / "OUT", "--names", root / "names.json")
    assert digests(root / "IN") == before
    return root, identity, answer


def test_every_file_of_the_session_is_in_out_under_our_names(one):
    root, _, answer = one
    report = told(answer, 3)
    (session,) = report["sessions"]
    names = digests(root / "OUT")
    assert len(names) == session["files"] == 9
    pattern = rf"{session['subject']}/{session['session']}/scans/[0-9]+/DICOM/[0-9]{{4}}\.dcm"
    assert all(re.fullmatch(pattern, name) for name in names)


def test_the_digest_of_the_report_is_that_of_the_files_in_out(one):
    root, _, answer = one
    (session,) = told(answer, 3)["sessions"]
    folder = root / "OUT" / session["subject"] / session["session"]
    lines = [f"{digest} {(folder / name).stat().st_size} {name}\n" for name, digest in sorted(digests(folder).items())]
    assert session["digest"] == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_files_bear_the_subject_and_say_that_identity_was_removed(one):
    root, _, answer = one
    (session,) = told(answer, 3)["sessions"]
    for path in (root / "OUT").rglob("*.dcm"):
        header = pydicom.dcmread(path, stop_before_pixels=True)
        assert (header.PatientID, header.PatientIdentityRemoved) == (session["subject"], "YES")


def test_what_is_not_dicom_is_held_and_told_by_its_number(one):
    _, _, answer = one
    report = told(answer, 3)
    assert {h["code"] for h in report["held"]} == {"quarantine.not-dicom", "quarantine.truncated"}
    assert all(isinstance(h["file"], int) for h in report["held"])
    assert (report["totals"]["found"], report["totals"]["written"], report["totals"]["held"]) == (11, 9, 2)


def test_nothing_of_the_patient_is_said_or_written(one):
    root, identity, answer = one
    blobs = {"stdout": answer.stdout.encode(), "stderr": answer.stderr.encode()}
    names = "\n".join(str(p.relative_to(root / "OUT")) for p in (root / "OUT").rglob("*"))
    assert found({**blobs, "names": names.encode(), **blobs_below(root / "OUT")}, identity) == set()


def test_the_file_of_names_leads_back_to_the_files_of_in_and_is_for_its_owner_alone(one):
    root, _, answer = one
    names = json.loads((root / "names.json").read_text())
    assert (root / "names.json").stat().st_mode & 0o777 == 0o600
    assert sorted(names.values()) == sorted(str(p) for p in (root / "IN").rglob("*") if p.is_file())
    assert {f"file {h['file']}" for h in told(answer, 3)["held"]} <= names.keys()


def test_the_originals_leave_no_trace_in_the_home_but_the_sealed_link(one, home):
    _, identity, _ = one
    assert found(blobs_below(home), identity) == set()
    assert list((home / "work").iterdir()) == []


def test_the_report_names_scripts_and_policy_with_their_digests(one, home):
    _, _, answer = one
    report = told(answer, 3)
    for name, digest in report["anonymised_by"]["scripts"].items():
        assert hashlib.sha256((home / "dicomedit_scripts" / name).read_bytes()).hexdigest() == digest
    assert report["protocol"]["trial"] == "DEMO-RT"
    assert report["anonymised_by"]["policy"]


def test_keys_of_a_home_made_on_first_use_are_for_its_owner_alone(one, home):
    assert {p.stat().st_mode & 0o777 for p in (home / "secrets").iterdir()} == {0o600}


def test_the_same_again_writes_the_same_bytes_and_says_so(one, home, tmp_path):
    root, _, answer = one
    again = told(anonymise(home, root / "IN", root / "OUT"), 3)
    assert [s["state"] for s in again["sessions"]] == ["same"]
    elsewhere = told(anonymise(home, root / "IN", tmp_path / "OUT", "--jobs", "2", by=call_from_nothing), 3)
    assert [s["digest"] for s in elsewhere["sessions"]] == [s["digest"] for s in told(answer, 3)["sessions"]]
    assert digests(tmp_path / "OUT") == digests(root / "OUT")


def test_an_id_that_is_not_the_trials_is_refused_before_anything_is_read(home, tmp_path):
    (tmp_path / "IN").mkdir()
    assert "for example DEMO-001" in refused(anonymise(home, tmp_path / "IN", tmp_path / "OUT", "--subject", "Quill"))


@pytest.fixture
def checked_home(tmp_path):
    """A home whose trial CHECKED asks for a check character."""
    root = tmp_path / "checked"
    assert call(root, "init").returncode == 0
    protocol = json.loads((root / "trial_protocols" / "DEMO-RT" / "v1.json").read_text())
    protocol["trial"] = "CHECKED"
    protocol["subject_id"] = {
        "pattern": "CH-[0-9]{5}",
        "example": "CH-00130",
        "check_digit": "damm",
        "automatic": "CH-{digits:4}{check}",
    }
    (root / "trial_protocols" / "CHECKED").mkdir()
    (root / "trial_protocols" / "CHECKED" / "v1.json").write_text(json.dumps(protocol))
    settings = root / "uploader.toml"
    settings.write_text(settings.read_text().replace('trials = ["DEMO-RT"', 'trials = ["CHECKED", "DEMO-RT"'))
    return root


def test_a_mistyped_id_is_refused_by_its_check_character_and_automatic_ones_have_it(checked_home, session, tmp_path):
    mistyped = anonymise(checked_home, session, tmp_path / "OUT", "--subject", "CH-00131", trial="CHECKED")
    assert "check character" in refused(mistyped)
    (automatic,) = told(anonymise(checked_home, session, tmp_path / "OUT", trial="CHECKED"))["sessions"]
    again = anonymise(checked_home, session, tmp_path / "OUT", "--subject", automatic["subject"], trial="CHECKED")
    assert [s["state"] for s in told(again)["sessions"]] == ["same"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--trial", "NOPE", "--ids", "automatic"], "[unknown-trial]"),
        (["--trial", "DEMO-RT"], "either --subject ID, or --ids automatic"),
        (["--trial", "DEMO-RT", "--ids", "automatic", "--subject", "DEMO-001"], "either --subject ID"),
        (["--trial", "DEMO-RT", "--ids", "automatic", "--policy", "no_such"], "no_such"),
        (["--trial", "DEMO-RT", "--ids", "automatic", "--timepoint", "W12"], "has no such time point"),
    ],
)
def test_wrong_use_exits_2_with_one_sentence(home, session, tmp_path, more, says):
    assert says in refused(call(home, "anonymise", session, tmp_path / "OUT", *more))
    assert not (tmp_path / "OUT").exists()


def test_an_empty_folder_is_wrong_use(home, tmp_path):
    (tmp_path / "IN").mkdir()
    assert "holds no files" in refused(anonymise(home, tmp_path / "IN", tmp_path / "OUT"))


def test_two_commands_that_make_the_home_together_agree_on_every_subject(session, tmp_path):
    demo(session.parent / "other", 2)
    arguments = ["--trial", "DEMO-RT", "--ids", "automatic", "--home", str(tmp_path / "new home")]
    running = [
        subprocess.Popen(
            [*PROGRAM, "anonymise", str(session.parent), str(tmp_path / f"OUT{n}"), *arguments],
            stdout=subprocess.PIPE,
            env=environment(),
        )
        for n in range(2)
    ]
    reports = [json.loads(process.communicate(timeout=PATIENCE_SECONDS)[0]) for process in running]
    assert reports[0]["totals"]["written"] == 18
    assert digests(tmp_path / "OUT0") == digests(tmp_path / "OUT1")


def test_a_command_that_is_killed_leaves_no_session_half_written(home, tmp_path):
    for seed in range(60, 80):
        demo(tmp_path / "IN" / str(seed), seed)
    arguments = [
        tmp_path / "IN",
        tmp_path / "OUT",
        "--trial",
        "DEMO-RT",
        "--ids",
        "automatic",
        "--jobs",
        2,
        "--home",
        home,
    ]
    process = subprocess.Popen([*PROGRAM, "anonymise", *map(str, arguments)], stdout=subprocess.DEVNULL)
    until(lambda: list((tmp_path / "OUT").glob("DEMO-*/*")))
    workers = children_of(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not living(workers))
    written = {p.name for p in (tmp_path / "OUT").glob("DEMO-*/*")}
    report = told(anonymise(home, tmp_path / "IN", tmp_path / "OUT"))
    assert {s["session"] for s in report["sessions"] if s["state"] == "same"} == written
    assert len(digests(tmp_path / "OUT")) == 180
    assert not (tmp_path / "OUT" / ".anonymising").exists()
    assert list((home / "work").iterdir()) == []

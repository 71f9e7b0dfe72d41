"""The prearchive: its states, what brings a session from one to the next, and what happens when something fails."""

from __future__ import annotations

import errno
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from werkzeug.exceptions import Locked

from tests.archives.embedded.door import PASSWORDS, SESSION, Caller, image, reopened, tarred, zipped
from tests.patience import PATIENCE_SECONDS, until
from uploader.archives.embedded import Embedded, deposits, quiet, removal, serve, store, vault, waiting
from uploader.archives.embedded.database import Row

IMPORT = "/data/services/import"
TO_ARCHIVE = f"{IMPORT}?dest=/archive/projects/P/subjects/S/experiments/E"
WAITING = f"{IMPORT}?project=P&subject=S&session=E&import-handler=DICOM-zip"
LISTING = "/data/prearchive/projects/P"
ARCHIVE, VALIDATE = "/data/services/archive", "/data/services/validate-archive"


def send(caller: Caller, url: str, *files: bytes) -> str:
    answer = caller("POST", url, zipped({str(n): data for n, data in enumerate(files)}))
    assert answer.status_code == 200, answer.text
    return answer.text.strip()


def status(caller: Caller) -> str:
    (row,) = caller.rows(LISTING)
    return row["status"]


def row_of(archive: Embedded) -> Row:
    with archive.store.database.read() as c:
        row: Row = c.execute("SELECT * FROM waiting").fetchone()
    return row


def set_status(archive: Embedded, word: str) -> None:
    with archive.store.database.write() as c:
        c.execute("UPDATE waiting SET status = ?", (word,))


def settle(archive: Embedded) -> None:
    quiet.settle(archive.store, datetime.now(UTC) + timedelta(seconds=1))


def restarted(archive: Embedded) -> Embedded:
    archive.close()
    return reopened(archive.store.vault.root)


@pytest.mark.endpoint(29)
def test_what_arrives_without_a_destination_is_receiving_and_with_one_ready(olga: Caller) -> None:
    send(olga, WAITING, image())
    assert status(olga) == "RECEIVING"
    send(olga, f"{WAITING}&dest=/prearchive/projects/P", image(1, 2))
    assert status(olga) == "READY"


@pytest.mark.endpoint(29)
def test_a_listing_may_name_several_projects_and_shows_none_that_is_not_yours(archive: Embedded, olga: Caller) -> None:
    send(olga, WAITING, image())
    send(olga, WAITING.replace("P", "Q", 1), image())
    assert {row["project"] for row in olga.rows("/data/prearchive/projects/P,Q")} == {"P", "Q"}
    nora = Caller(archive, "nora")
    assert nora.rows("/data/prearchive/projects") == []
    assert nora("GET", "/data/prearchive/projects/P,Q").status_code == 404


@pytest.mark.endpoint(30)
@pytest.mark.parametrize("action", ["build", "reset", "rebuild"])
def test_a_build_makes_a_session_ready(olga: Caller, action: str) -> None:
    uri = send(olga, WAITING, image())
    assert olga("POST", f"{uri}?action={action}").text.strip() == uri
    assert status(olga) == "READY"


@pytest.mark.endpoint(30)
def test_more_files_open_a_session_again(olga: Caller) -> None:
    uri = send(olga, WAITING, image())
    olga("POST", f"{uri}?action=build")
    assert send(olga, WAITING, image(1, 2)) == uri
    assert status(olga) == "RECEIVING"


@pytest.mark.endpoint(31)
def test_a_session_with_a_file_that_cannot_be_read_any_more_is_in_error_and_its_log_says_which(
    archive: Embedded, olga: Caller
) -> None:
    uri = send(olga, WAITING, image())
    (file,) = (archive.store.vault.root / "prearchive").rglob("*.dcm")
    file.write_bytes(b"torn")
    assert olga("POST", f"{uri}?action=build").status_code == 500
    assert status(olga) == "ERROR"
    assert olga("GET", f"{uri}/logs/last").text.startswith("File 1 of scan 1 cannot be read")
    (entry,) = olga.rows(f"{uri}/logs")
    assert olga("GET", f"{uri}/logs/{entry['id']}").text == entry["entry"]
    assert olga("GET", f"{uri}/logs/7").status_code == 404
    assert olga("DELETE", uri).status_code == 200
    assert olga.rows(LISTING) == []


@pytest.mark.endpoint(30)
@pytest.mark.parametrize(("code", "answers"), [("0", 200), ("4", 301), ("5", 301)])
def test_a_commit_archives_where_the_project_wants_it(olga: Caller, code: str, answers: int) -> None:
    olga("PUT", f"/data/projects/P/prearchive_code/{code}")
    uri = send(olga, WAITING, image())
    answer = olga("POST", f"{uri}?action=commit")
    assert answer.status_code == answers
    where = "/data/archive/projects/P/subjects/S/experiments/E" if answers == 301 else uri
    assert answer.text == f"{where}\r\n"


@pytest.mark.endpoint(30)
def test_a_commit_archives_when_it_is_asked_to_whatever_the_project_wants(olga: Caller) -> None:
    olga("PUT", "/data/projects/P/prearchive_code/0")
    uri = send(olga, WAITING, image())
    assert olga("POST", f"{uri}?action=commit&AA=true").status_code == 301
    assert olga.rows(LISTING) == []


@pytest.mark.endpoint(28)
@pytest.mark.parametrize("parameter", ["action=commit", "AA=true", "auto-archive=true"])
def test_an_import_that_is_committed_is_in_the_archive_when_it_is_answered(olga: Caller, parameter: str) -> None:
    assert send(olga, f"{WAITING}&{parameter}", image()).endswith("/subjects/S/experiments/E")
    assert olga.rows(LISTING) == []


@pytest.mark.endpoint(30)
def test_a_session_moves_to_another_project_with_its_files_and_its_log(olga: Caller) -> None:
    uri = send(olga, WAITING, image())
    send(olga, TO_ARCHIVE, image())
    olga("POST", f"{ARCHIVE}?src={uri}")
    answer = olga("POST", f"{uri}?action=move&newProject=Q")
    assert (answer.status_code, answer.text) == (301, uri.replace("/P/", "/Q/") + "\r\n")
    there = answer.text.strip()
    assert len(olga.rows(f"{there}/scans/1/resources/DICOM/files")) == 1
    assert "already exists" in olga("GET", f"{there}/logs/last").text
    assert olga("GET", uri).status_code == 404
    assert olga("POST", f"{ARCHIVE}?src={there}").text.startswith("/data/archive/projects/Q/")


@pytest.mark.parametrize(("code", "told"), [("0", "Manual"), ("4", "AutoArchive"), ("5", "AutoArchiveOverwrite")])
def test_a_session_that_moves_archives_itself_as_the_project_wants_it_that_it_comes_to(
    olga: Caller, code: str, told: str
) -> None:
    olga("PUT", "/data/projects/P/prearchive_code/5")
    olga("PUT", f"/data/projects/Q/prearchive_code/{code}")
    olga("POST", f"{send(olga, WAITING, image())}?action=move&newProject=Q")
    (row,) = olga.rows("/data/prearchive/projects/Q")
    assert row["autoarchive"] == told


@pytest.mark.endpoint(33)
def test_sessions_are_moved_rebuilt_and_deleted_in_batches(olga: Caller) -> None:
    first, second = send(olga, WAITING, image()), send(olga, WAITING, image(study="9.9"))
    services = "/data/services/prearchive"
    built = olga("POST", f"{services}/rebuild?src={first}&src={second}").json
    assert built
    assert [row["status"] for row in built["ResultSet"]["Result"]] == ["READY", "READY"]
    moved = olga("POST", f"{services}/move?src={first}&src={second}&newProject=Q").json
    assert moved
    urls = [row["url"] for row in moved["ResultSet"]["Result"]]
    assert olga.rows(LISTING) == []
    assert olga("POST", f"{services}/delete", form={"src": urls}).status_code == 200
    assert olga.rows("/data/prearchive/projects/Q") == []


@pytest.mark.endpoint(33)
@pytest.mark.parametrize("work", ["delete", "rebuild", "move"])
def test_who_may_only_look_changes_nothing_in_the_prearchive(archive: Embedded, olga: Caller, work: str) -> None:
    uri = send(olga, WAITING, image())
    for login, code in (("cora", 403), ("nora", 404)):
        caller = Caller(archive, login)
        assert caller("POST", f"/data/services/prearchive/{work}?src={uri}&newProject=Q").status_code == code
        assert caller("POST", f"{VALIDATE}?src={uri}").status_code == code
        assert caller("POST", f"{ARCHIVE}?src={uri}").status_code == code
    assert status(olga) == "RECEIVING"


def test_nobody_moves_a_session_into_a_project_that_is_not_theirs(archive: Embedded, olga: Caller) -> None:
    archive.create_project("R", members={"nora": "owner"})
    uri = send(olga, WAITING, image())
    assert olga("POST", f"{uri}?action=move&newProject=R").status_code == 404
    assert status(olga) == "RECEIVING"


def notices(caller: Caller, uri: str, more: str = "") -> dict[str, str]:
    answer = caller("POST", f"{VALIDATE}?src={uri}{more}").json
    assert answer
    return {row["code"]: row["type"] for row in answer["ResultSet"]["Result"]}


@pytest.mark.endpoint(33)
def test_validating_tells_every_conflict_by_its_code_and_archives_nothing(olga: Caller) -> None:
    uri = send(olga, WAITING, image())
    assert notices(olga, uri) == {"12": "WARN"}
    send(olga, TO_ARCHIVE, image())
    assert notices(olga, uri) == {"1": "CONFLICT", "14": "CONFLICT", "16": "CONFLICT"}
    assert notices(olga, uri, "&subject=T") == {
        "12": "WARN",
        "1": "CONFLICT",
        "4": "FAIL",
        "14": "CONFLICT",
        "16": "CONFLICT",
    }
    other = send(olga, WAITING, image(study="9.9"))
    assert notices(olga, other) == {"1": "CONFLICT", "5": "CONFLICT", "17": "CONFLICT"}
    assert len(olga.rows(LISTING)) == 2


@pytest.mark.endpoint(32)
@pytest.mark.parametrize(
    ("more", "study", "number", "says"),
    [
        ("", "1.2.3", 2, "Session already exists, retry with overwrite enabled"),
        ("&overwrite=none", "1.2.3", 2, "Session already exists, retry with overwrite enabled"),
        ("&overwrite=append", "9.9", 2, "Invalid modification of session UID"),
        ("&overwrite=append&subject=T", "1.2.3", 2, "Invalid modification of session subject"),
        ("&overwrite=append", "1.2.3", 1, "Session already exists with matching files."),
    ],
)
def test_a_conflict_is_told_logged_and_the_session_stays_in_conflict(
    olga: Caller, more: str, study: str, number: int, says: str
) -> None:
    send(olga, TO_ARCHIVE, image())
    before = olga.digests(f"{SESSION}/scans/ALL/files")
    uri = send(olga, WAITING, image(1, number, study=study))
    answer = olga("POST", f"{ARCHIVE}?src={uri}{more}")
    assert (answer.status_code, says in answer.text) == (409, True)
    assert status(olga) == "CONFLICT"
    assert olga("GET", f"{uri}/logs/last").text.startswith(says)
    assert olga.digests(f"{SESSION}/scans/ALL/files") == before


@pytest.mark.endpoint(32)
def test_where_a_session_goes_may_be_said_as_a_destination(olga: Caller) -> None:
    uri = send(olga, WAITING, image())
    dest = "/archive/projects/Q/subjects/T/experiments/F"
    assert olga("POST", ARCHIVE, form={"src": uri, "dest": dest}).text == f"/data{dest}\r\n"


@pytest.mark.endpoint(32)
def test_a_session_that_is_being_worked_on_is_locked(
    archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PATIENCE_SECONDS", 0.05)
    uri = send(olga, WAITING, image())
    held, done = threading.Event(), threading.Event()

    def work() -> None:
        with archive.store.lock(waiting.lock_of(row_of(archive))):
            held.set()
            done.wait(PATIENCE_SECONDS)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(work)
        assert held.wait(PATIENCE_SECONDS)
        answers = [olga("POST", f"{ARCHIVE}?src={uri}"), olga("POST", f"{uri}?action=build"), olga("DELETE", uri)]
        done.set()
    assert {answer.status_code for answer in answers} == {Locked.code}
    assert status(olga) == "RECEIVING"


@pytest.mark.parametrize("code", ["4", "5"])
def test_a_session_that_is_quiet_is_archived_where_the_project_wants_it(
    archive: Embedded, olga: Caller, code: str
) -> None:
    olga("PUT", f"/data/projects/P/prearchive_code/{code}")
    send(olga, WAITING, image())
    settle(archive)
    assert olga.rows(LISTING) == []
    assert len(olga.rows(f"{SESSION}/scans/1/files")) == 1


@pytest.mark.parametrize(
    ("code", "more"), [("0", ""), ("4", "&dest=/prearchive/projects/P"), ("4", "&prevent_auto_commit=true")]
)
def test_a_session_that_is_to_wait_is_ready_and_waits(archive: Embedded, olga: Caller, code: str, more: str) -> None:
    olga("PUT", f"/data/projects/P/prearchive_code/{code}")
    send(olga, WAITING + more, image())
    settle(archive)
    assert status(olga) == "READY"


def test_who_wants_a_session_to_wait_is_obeyed_whoever_sends_more_of_it(archive: Embedded, olga: Caller) -> None:
    send(olga, f"{WAITING}&dest=/prearchive/projects/P", image())
    send(olga, WAITING, image(1, 2))
    settle(archive)
    (row,) = olga.rows(LISTING)
    assert (row["status"], row["autoarchive"], row["prevent_auto_commit"]) == ("READY", "Manual", "true")


def test_a_session_to_which_files_still_come_is_left_alone(archive: Embedded, olga: Caller) -> None:
    send(olga, WAITING, image())
    quiet.settle(archive.store, datetime.now(UTC) - timedelta(seconds=60))
    assert status(olga) == "RECEIVING"


def test_what_comes_late_is_merged_into_the_session_in_the_archive(archive: Embedded, olga: Caller) -> None:
    for number in (1, 2):
        send(olga, WAITING, image(1, number))
        settle(archive)
    assert len(olga.rows(f"{SESSION}/scans/1/files")) == 2
    assert olga.rows(LISTING) == []


@pytest.mark.parametrize(("code", "ends"), [("4", ["CONFLICT"]), ("5", [])])
def test_files_that_are_there_already_are_replaced_only_under_code_5(
    archive: Embedded, olga: Caller, code: str, ends: list[str]
) -> None:
    olga("PUT", f"/data/projects/P/prearchive_code/{code}")
    send(olga, TO_ARCHIVE, image(patient="Old"))
    send(olga, WAITING, image(patient="New"))
    settle(archive)
    assert [row["status"] for row in olga.rows(LISTING)] == ends
    data = olga("GET", f"{SESSION}/scans/1/resources/DICOM/files/1.2.3.1.1.1.dcm").data
    assert data == image(patient="New" if code == "5" else "Old")


def test_nothing_is_archived_in_the_name_of_an_account_that_may_no_longer_create(
    archive: Embedded, olga: Caller
) -> None:
    send(Caller(archive, "mark"), WAITING, image())
    olga("DELETE", "/data/projects/P/users/Members/mark")
    settle(archive)
    assert status(olga) == "ERROR"
    (row,) = olga.rows(LISTING)
    assert olga("GET", f"/data{row['url']}/logs/last").text.endswith("Archive it by hand.")
    assert olga("POST", f"{ARCHIVE}?src={row['url']}").status_code == 200


def test_a_served_archive_settles_its_prearchive_by_itself(archive: Embedded, olga: Caller) -> None:
    archive.quiet_seconds = 0.2
    server = serve(archive, "127.0.0.1", 0)
    server.start()
    send(olga, WAITING, image())
    until(lambda: not olga.rows(LISTING))
    server.stop()
    assert len(olga.rows(f"{SESSION}/scans/1/files")) == 1


@pytest.mark.endpoint(28)
@pytest.mark.parametrize("dest", ["", "&dest=/prearchive/projects/P"], ids=["no destination", "prearchive"])
def test_parallel_batches_of_one_session_merge_into_one_and_lose_nothing(olga: Caller, url: str, dest: str) -> None:
    """As xnatctl sends them: tars, zips and single files of one session at once, some of them twice."""
    auth = ("mark", PASSWORDS["mark"])

    def one(number: int) -> int:
        files = {f"{s}.{n}": image(s, n) for s in (1, 2, 3) for n in (number, number + 1)}
        body = (tarred if number % 2 else zipped)(files)
        address = f"{url}{WAITING}&overwrite_files=true&inbody=true{dest}"
        return requests.post(address, data=body, auth=auth, timeout=PATIENCE_SECONDS).status_code

    def gradual(number: int) -> int:
        address = f"{url}{WAITING.replace('DICOM-zip', 'gradual-DICOM')}&inbody=true{dest}"
        return requests.post(address, data=image(1, number), auth=auth, timeout=PATIENCE_SECONDS).status_code

    with ThreadPoolExecutor(12) as pool:
        sent = [pool.submit(one, n) for n in range(8)] + [pool.submit(gradual, n) for n in range(12)]
    assert {each.result() for each in sent} == {200}
    (row,) = olga.rows(LISTING)
    found = {n: len(olga.rows(f"/data{row['url']}/scans/{n}/resources/DICOM/files")) for n in (1, 2, 3)}
    assert found == {1: 12, 2: 9, 3: 9}


@pytest.mark.endpoint(28)
def test_batches_that_come_while_sessions_are_archived_all_end_in_the_archive(
    archive: Embedded, olga: Caller, url: str
) -> None:
    def one(number: int) -> int:
        body = zipped({"a": image(1, number)})
        return requests.post(
            f"{url}{WAITING}", data=body, auth=("mark", PASSWORDS["mark"]), timeout=PATIENCE_SECONDS
        ).status_code

    with ThreadPoolExecutor(6) as pool:
        sent = [pool.submit(one, n) for n in range(16)]
        while not all(each.done() for each in sent):
            settle(archive)
    settle(archive)
    assert {each.result() for each in sent} == {200}
    assert olga.rows(LISTING) == []
    assert len(olga.rows(f"{SESSION}/scans/1/files")) == 16


@pytest.mark.endpoint(28)
def test_batches_that_are_committed_at_once_are_all_answered_with_the_session_in_the_archive(
    olga: Caller, url: str
) -> None:
    def one(number: int) -> tuple[int, str]:
        body, auth = zipped({"a": image(1, number)}), ("mark", PASSWORDS["mark"])
        answer = requests.post(f"{url}{WAITING}&action=commit", data=body, auth=auth, timeout=PATIENCE_SECONDS)
        return answer.status_code, answer.text

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(one, range(12))) == {(200, "/data/archive/projects/P/subjects/S/experiments/E\r\n")}
    assert len(olga.rows(f"{SESSION}/scans/1/files")) == 12


@pytest.mark.endpoint(28)
def test_a_batch_with_other_bytes_under_a_uid_is_refused_whole(olga: Caller) -> None:
    uri = send(olga, WAITING, image())
    answer = olga("POST", f"{WAITING}&overwrite_files=true", zipped({"a": image(2), "b": image(patient="X")}))
    assert answer.status_code == 409
    assert [scan["ID"] for scan in olga.rows(f"{uri}/scans")] == ["1"]


@pytest.mark.endpoint(28)
def test_the_same_batch_sent_twice_with_more_adds_what_is_new(olga: Caller) -> None:
    uri = send(olga, WAITING, image())
    assert send(olga, WAITING, image(), image(1, 2)) == uri
    assert len(olga.rows(f"{uri}/scans/1/resources/DICOM/files")) == 2


@pytest.mark.parametrize(
    ("word", "auto", "then"),
    [
        ("RECEIVING", "4", "RECEIVING"),
        ("BUILDING", "4", "RECEIVING"),
        ("ARCHIVING", "4", "RECEIVING"),
        ("ARCHIVING", "0", "READY"),
        ("MOVING", "4", "READY"),
        ("CONFLICT", "4", "CONFLICT"),
        ("ERROR", "4", "ERROR"),
    ],
)
def test_after_a_crash_in_any_state_a_session_can_be_archived(
    archive: Embedded, olga: Caller, word: str, auto: str, then: str
) -> None:
    olga("PUT", f"/data/projects/P/prearchive_code/{auto}")
    uri = send(olga, WAITING, image())
    set_status(archive, word)
    again = restarted(archive)
    caller = Caller(again)
    assert status(caller) == then
    assert caller("POST", f"{ARCHIVE}?src={uri}").status_code == 200
    again.close()


def test_a_removal_that_a_crash_cut_off_is_finished(archive: Embedded, olga: Caller) -> None:
    send(olga, WAITING, image())
    set_status(archive, "DELETING")
    again = restarted(archive)
    assert Caller(again).rows(LISTING) == []
    assert list((archive.store.vault.root / "prearchive").rglob("*.dcm")) == []
    again.close()


def test_with_a_project_goes_all_that_is_known_of_its_prearchive(archive: Embedded, olga: Caller) -> None:
    uri = send(olga, WAITING, image())
    send(olga, TO_ARCHIVE, image())
    olga("POST", f"{ARCHIVE}?src={uri}")
    assert olga("DELETE", "/data/projects/P?removeFiles=true").status_code == 200
    with archive.store.database.read() as c:
        left = [c.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("waiting", "handling", "waiting_log")]
    assert left == [0, 0, 0]


def test_files_of_a_session_that_was_archived_just_before_a_crash_are_cleared_away(
    archive: Embedded, olga: Caller
) -> None:
    send(olga, WAITING, image())
    with archive.store.database.write() as c:
        removal.forget_waiting(c, row_of(archive)["id"])
    again = restarted(archive)
    assert list((archive.store.vault.root / "prearchive").rglob("*.dcm")) == []
    again.close()


class Cut(BaseException):
    """The power goes."""


def cut_off_deposit(archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Archive two series, and lose power between them."""
    place = vault.Vault.place
    calls: list[str] = []

    def placed(self: vault.Vault, folder: str, staged: object) -> object:
        if folder.startswith("archive/") and calls:
            raise Cut
        calls.append(folder) if folder.startswith("archive/") else None
        return place(self, folder, staged)  # type: ignore[arg-type]

    monkeypatch.setattr(vault.Vault, "place", placed)
    monkeypatch.setattr(deposits, "take_back", lambda *_: None)  # a dead process takes nothing back
    with pytest.raises(Cut):
        olga("POST", url, zipped({"a": image(1), "b": image(2)}))
    monkeypatch.undo()


def test_half_a_session_that_a_crash_left_in_the_archive_is_taken_back(
    archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off_deposit(archive, olga, monkeypatch, TO_ARCHIVE)
    assert len(list((archive.store.vault.root / "archive").rglob("*.dcm"))) == 1
    again = restarted(archive)
    caller = Caller(again)
    assert caller.rows("/data/projects/P/experiments") == []
    assert list((archive.store.vault.root / "archive").rglob("*.dcm")) == []
    send(caller, TO_ARCHIVE, image(1), image(2))
    assert len(caller.rows(f"{SESSION}/scans/ALL/files")) == 2
    again.close()


def test_what_is_taken_back_late_takes_no_scan_of_another_session_with_it(
    archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off_deposit(archive, olga, monkeypatch, TO_ARCHIVE)
    assert {olga("DELETE", f"{SESSION}/scans/{scan}").status_code for scan in (2, 1)} == {200}
    send(olga, f"{IMPORT}?dest=/archive/projects/P/subjects/S/experiments/F", image(study="9.9"))
    again = restarted(archive)
    assert len(Caller(again).rows("/data/projects/P/subjects/S/experiments/F/scans/ALL/files")) == 1
    again.close()


@pytest.mark.parametrize("way", ["import", "file"])
def test_what_is_taken_back_late_takes_no_file_with_it_that_was_stored_since(
    archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    cut_off_deposit(archive, olga, monkeypatch, TO_ARCHIVE)
    if way == "import":
        send(olga, f"{TO_ARCHIVE}&overwrite=append&overwrite_files=true", image(1))
    else:
        url = f"{SESSION}/scans/1/resources/DICOM/files/1.2.3.1.1.1.dcm?overwrite=true"
        assert olga("PUT", url, image(1)).status_code == 200
    stored = olga.rows(f"{SESSION}/scans/1/files")
    again = restarted(archive)
    assert Caller(again).rows(f"{SESSION}/scans/1/files") == stored
    again.close()


def test_a_merge_that_a_crash_cut_off_leaves_the_session_as_it_was(
    archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(olga, TO_ARCHIVE, image(1, 7))
    cut_off_deposit(archive, olga, monkeypatch, f"{TO_ARCHIVE}&overwrite=append")
    again = restarted(archive)
    caller = Caller(again)
    assert [row["Name"] for row in caller.rows(f"{SESSION}/scans/ALL/files")] == ["1.2.3.1.1.7.dcm"]
    assert [row["ID"] for row in caller.rows(f"{SESSION}/scans")] == ["1"]
    again.close()


def test_a_session_that_a_crash_cut_off_while_it_archived_itself_is_archived_whole(
    archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off_deposit(archive, olga, monkeypatch, f"{WAITING}&action=commit")
    set_status(archive, "ARCHIVING")
    again = restarted(archive)
    settle(again)
    caller = Caller(again)
    assert caller.rows(LISTING) == []
    assert len(caller.rows(f"{SESSION}/scans/ALL/files")) == 2
    again.close()


@pytest.mark.endpoint(32)
def test_a_full_disk_while_archiving_leaves_the_session_where_it_was_and_nothing_in_the_archive(
    archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = send(olga, WAITING, image(1), image(2))
    replace = Path.replace

    def full(path: Path, target: Path) -> Path:
        if "/archive/P/" in str(target) and "/SCANS/2/" in str(target):
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", full)
    assert olga("POST", f"{ARCHIVE}?src={uri}").status_code == 507
    monkeypatch.undo()
    assert status(olga) == "ERROR"
    assert "disk is full" in olga("GET", f"{uri}/logs/last").text
    assert olga.rows("/data/projects/P/experiments") == []
    assert list((archive.store.vault.root / "archive").rglob("*.dcm")) == []
    assert olga("POST", f"{ARCHIVE}?src={uri}").status_code == 200
    assert len(olga.rows(f"{SESSION}/scans/ALL/files")) == 2


@pytest.mark.endpoint(33)
def test_a_request_that_names_no_session_is_refused(olga: Caller) -> None:
    for url in (ARCHIVE, VALIDATE, "/data/services/prearchive/delete", "/data/services/prearchive/rebuild"):
        for src in ("", "?src=", "?src=/prearchive/projects/P/../x", "?src=/archive/projects/P/1/2"):
            assert olga("POST", f"{url}{src}").status_code in (400, 404)


@pytest.mark.endpoint(33)
@pytest.mark.parametrize("url", ["/data/services/prearchive/burn", "/data/services/prearchive/move"])
def test_a_batch_that_makes_no_sense_is_refused(olga: Caller, url: str) -> None:
    uri = send(olga, WAITING, image())
    assert olga("POST", f"{url}?src={uri}").status_code in (400, 404)
    assert status(olga) == "RECEIVING"


def test_a_series_that_a_full_disk_cut_off_before_its_first_image_does_not_keep_the_others_waiting(
    archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(olga, WAITING, image(1, 1))

    def full(path: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as cut:
        cut.setattr(Path, "replace", full)
        assert olga("POST", WAITING, zipped({"1": image(2, 1)})).status_code == 507
    settle(archive)
    assert olga.rows(LISTING) == []
    assert [row["Name"] for row in olga.rows(f"{SESSION}/scans/ALL/files")] == ["1.2.3.1.1.1.dcm"]


def test_a_scan_whose_known_images_are_gone_from_the_disk_stops_its_session(archive: Embedded, olga: Caller) -> None:
    send(olga, WAITING, image(1, 1), image(2, 1))
    (gone,) = (archive.store.vault.root / "prearchive").rglob("1.2.3.2.1.1.dcm")
    gone.unlink()
    settle(archive)
    assert status(olga) == "ERROR"


def test_a_session_of_which_nothing_had_arrived_before_the_archive_stopped_is_forgotten_when_it_starts_again(
    archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as cut:
        cut.setattr(Path, "replace", full)
        assert olga("POST", WAITING, zipped({"1": image()})).status_code == 507
    again = restarted(archive)
    assert Caller(again).rows(LISTING) == []
    again.close()

"""One patient, one subject in a trial; and without the key the table says nothing about anybody."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.patience import PATIENCE_SECONDS
from tests.records.made import files_of
from uploader.domain.errors import Held, Misconfigured, NotFound, SubjectTaken
from uploader.domain.identity import Identity, PrivateIdentity, Pseudonym
from uploader.domain.private import Private
from uploader.records.linktable import LinkTable, make_key

TRIAL = "DEMO-RT"


def patient(number: str = "MRN4711", issuer: str = "St Elsewhere", name: str = "Quixano^Alonso") -> PrivateIdentity:
    return Private(Identity(number, issuer, name))


@pytest.fixture
def key(tmp_path: Path) -> Path:
    make_key(tmp_path / "link.key")
    return tmp_path / "link.key"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "links.sqlite"


@pytest.fixture
def links(path: Path, key: Path) -> Iterator[LinkTable]:
    table = LinkTable(path, key)
    yield table
    table.close()


def change(path: Path, *statements: str) -> None:
    raw = sqlite3.connect(path)
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()


def test_an_assigned_patient_is_found_and_revealed(links: LinkTable) -> None:
    assert links.assign(TRIAL, patient(), "DEMO-001") == Pseudonym(TRIAL, "DEMO-001")
    assert links.find(TRIAL, patient()) == Pseudonym(TRIAL, "DEMO-001")
    assert links.reveal(Pseudonym(TRIAL, "DEMO-001")) == patient()


def test_assigning_again_changes_nothing(links: LinkTable, path: Path) -> None:
    for name in ("Quixano^Alonso", "QUIXANO^A"):
        links.assign(TRIAL, patient(name=name), "DEMO-001")
    assert links.reveal(Pseudonym(TRIAL, "DEMO-001")) == patient()


def test_a_forgotten_binding_leaves_subject_and_patient_free(links: LinkTable) -> None:
    links.assign(TRIAL, patient(), "DEMO-001")
    assert links.forget(Pseudonym(TRIAL, "DEMO-001"))
    assert not links.forget(Pseudonym(TRIAL, "DEMO-001"))
    assert links.find(TRIAL, patient()) is None
    assert links.assign(TRIAL, patient("MRN4712"), "DEMO-001") == Pseudonym(TRIAL, "DEMO-001")
    assert links.assign(TRIAL, patient(), "DEMO-002") == Pseudonym(TRIAL, "DEMO-002")


def test_a_subject_of_another_patient_is_taken(links: LinkTable) -> None:
    links.assign(TRIAL, patient(), "DEMO-001")
    with pytest.raises(SubjectTaken, match="another patient") as caught:
        links.assign(TRIAL, patient("MRN4712"), "DEMO-001")
    assert "4711" not in str(caught.value)
    assert "DEMO-001" not in str(caught.value)


def test_a_patient_has_one_subject_in_a_trial(links: LinkTable) -> None:
    links.assign(TRIAL, patient(), "DEMO-001")
    with pytest.raises(SubjectTaken, match="already has") as caught:
        links.assign(TRIAL, patient(), "DEMO-002")
    assert "DEMO-001" not in str(caught.value)


def test_a_patient_may_take_part_in_two_trials(links: LinkTable) -> None:
    links.assign(TRIAL, patient(), "DEMO-001")
    links.assign("SPINE", patient(), "DEMO-002")
    assert links.find("SPINE", patient()) == Pseudonym("SPINE", "DEMO-002")


def test_the_same_number_from_another_issuer_is_another_patient(links: LinkTable) -> None:
    links.assign(TRIAL, patient(), "DEMO-001")
    assert links.find(TRIAL, patient(issuer="General")) is None


def test_an_unknown_patient_or_subject_is_not_found(links: LinkTable) -> None:
    assert links.find(TRIAL, patient()) is None
    with pytest.raises(NotFound):
        links.reveal(Pseudonym(TRIAL, "DEMO-001"))


@pytest.mark.parametrize("blank", ["", "  "])
def test_patients_without_a_number_are_not_taken_for_one(links: LinkTable, blank: str) -> None:
    with pytest.raises(Held):
        links.assign(TRIAL, patient(blank), "DEMO-001")
    with pytest.raises(Held):
        links.find(TRIAL, patient(blank))


def test_links_outlive_a_restart(links: LinkTable, path: Path, key: Path) -> None:
    links.assign(TRIAL, patient(), "DEMO-001")
    links.close()
    again = LinkTable(path, key)
    assert again.find(TRIAL, patient()) == Pseudonym(TRIAL, "DEMO-001")
    again.close()


def test_of_many_who_want_one_subject_one_gets_it(links: LinkTable) -> None:
    def ask(number: int) -> str:
        try:
            return links.assign(TRIAL, patient(f"MRN{number}"), "DEMO-001").subject
        except SubjectTaken:
            return "taken"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(16)))
    assert sorted(answers) == ["DEMO-001"] + ["taken"] * 15


def test_of_many_subjects_for_one_patient_one_is_given(links: LinkTable) -> None:
    def ask(number: int) -> str:
        try:
            return links.assign(TRIAL, patient(), f"DEMO-{number:03}").subject
        except SubjectTaken:
            return "taken"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(16)))
    assert answers.count("taken") == 15
    assert links.find(TRIAL, patient()) in [Pseudonym(TRIAL, answer) for answer in answers]


def test_nothing_of_a_patient_is_in_the_files(links: LinkTable, path: Path) -> None:
    links.assign(TRIAL, patient(), "DEMO-001")
    data = b"".join(file.read_bytes() for file in files_of(f"sqlite:///{path}")).lower()
    links.close()
    data += path.read_bytes().lower()
    for word in (b"mrn4711", b"4711", b"elsewhere", b"quixano", b"alonso"):
        assert word not in data
        assert word.decode().encode("utf-16-le") not in data


def test_the_same_patient_looks_different_in_every_trial(links: LinkTable, path: Path) -> None:
    for trial in ("ONE", "TWO", "THREE"):
        links.assign(trial, patient(), "S-1")
    raw = sqlite3.connect(path)
    rows = raw.execute("SELECT blind, nonce, sealed FROM links").fetchall()
    raw.close()
    assert [len(set(column)) for column in zip(*rows, strict=True)] == [3, 3, 3]


def test_a_short_and_a_long_name_are_sealed_in_the_same_size(links: LinkTable, path: Path) -> None:
    links.assign(TRIAL, patient("1", "", "Li^X"), "S-1")
    links.assign(TRIAL, patient("2", "St Elsewhere", "Quixano^Alonso^de la Mancha"), "S-2")
    raw = sqlite3.connect(path)
    assert len(set(raw.execute("SELECT length(sealed) FROM links"))) == 1
    raw.close()


SWAPS = {
    "identities": "sealed = (SELECT sealed FROM links o WHERE o.number <> links.number),"
    " nonce = (SELECT nonce FROM links o WHERE o.number <> links.number)",
    "versions": "version = 2",
    "trials": "trial = 'OTHER'",
    "subjects": "subject = CASE number WHEN 1 THEN 'S-3' ELSE 'S-1' END",
    "noise": "sealed = randomblob(272)",
    "nonces": "nonce = randomblob(12)",
}


@pytest.mark.parametrize("swap", SWAPS)
def test_rows_that_were_tampered_with_do_not_open(links: LinkTable, path: Path, swap: str) -> None:
    links.assign(TRIAL, patient("1"), "S-1")
    links.assign(TRIAL, patient("2"), "S-2")
    change(path, f"UPDATE links SET {SWAPS[swap]}")
    trial = "OTHER" if swap == "trials" else TRIAL
    with pytest.raises(Held):
        links.reveal(Pseudonym(trial, "S-1"))


@pytest.mark.parametrize("column", ["subject", "blind"])
def test_a_patient_whose_row_was_exchanged_is_not_taken_for_another(links: LinkTable, path: Path, column: str) -> None:
    links.assign(TRIAL, patient("1"), "S-1")
    links.assign(TRIAL, patient("2"), "S-2")
    raw = sqlite3.connect(path)
    one, two = (row[0] for row in raw.execute(f"SELECT {column} FROM links ORDER BY number"))
    for value, number in ((b"aside", 1), (one, 2), (two, 1)):
        raw.execute(f"UPDATE links SET {column} = ? WHERE number = ?", (value, number))
    raw.commit()
    raw.close()
    with pytest.raises(Held):
        links.find(TRIAL, patient("1"))
    with pytest.raises(Held):
        links.assign(TRIAL, patient("1"), "S-1")


def test_another_key_does_not_open_the_table(links: LinkTable, path: Path, tmp_path: Path) -> None:
    make_key(tmp_path / "other.key")
    with pytest.raises(Misconfigured, match="not the one"):
        LinkTable(path, tmp_path / "other.key")


def test_a_table_that_lost_its_key_check_does_not_open(links: LinkTable, path: Path, key: Path) -> None:
    links.assign(TRIAL, patient(), "DEMO-001")
    change(path, "DELETE FROM about")
    with pytest.raises(Misconfigured):
        LinkTable(path, key)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(path: Path, key: Path, mode: int) -> None:
    key.chmod(mode)
    with pytest.raises(Misconfigured, match="chmod 600"):
        LinkTable(path, key)


def test_a_missing_or_cut_key_is_refused(path: Path, key: Path, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="missing"):
        LinkTable(path, tmp_path / "nowhere.key")
    key.write_bytes(key.read_bytes()[:31])
    with pytest.raises(Misconfigured, match="32 bytes"):
        LinkTable(path, key)


def test_a_key_is_never_made_over_another(key: Path) -> None:
    before = key.read_bytes()
    with pytest.raises(Misconfigured):
        make_key(key)
    assert (key.read_bytes(), len(before), key.stat().st_mode & 0o777) == (before, 32, 0o600)


def test_only_the_owner_may_read_the_table(links: LinkTable, path: Path) -> None:
    links.assign(TRIAL, patient(), "DEMO-001")
    assert {file.stat().st_mode & 0o777 for file in files_of(f"sqlite:///{path}")} == {0o600}


def test_the_first_free_candidate_is_given_and_then_kept(links: LinkTable) -> None:
    links.assign(TRIAL, patient("1"), "DEMO-001")
    assert links.allocate(TRIAL, patient("2"), ["DEMO-001", "DEMO-002"]) == Pseudonym(TRIAL, "DEMO-002")
    assert links.allocate(TRIAL, patient("2"), ["DEMO-003"]) == Pseudonym(TRIAL, "DEMO-002")
    assert links.reveal(Pseudonym(TRIAL, "DEMO-002")) == patient("2")


def test_when_no_candidate_is_free_nothing_is_given(links: LinkTable) -> None:
    links.assign(TRIAL, patient("1"), "DEMO-001")
    with pytest.raises(SubjectTaken, match="more characters"):
        links.allocate(TRIAL, patient("2"), ["DEMO-001"])
    assert links.find(TRIAL, patient("2")) is None


ALLOCATE = """
import sys
from pathlib import Path
from uploader.domain.identity import Identity
from uploader.domain.private import Private
from uploader.records.linktable import LinkTable

links = LinkTable(Path(sys.argv[1]), Path(sys.argv[2]))
for number in range(30):
    given = links.allocate("RACE", Private(Identity(f"MRN{number}", "", "")), (f"S-{n}" for n in range(100)))
    print(number, given.subject)
"""


def test_processes_that_allocate_at_once_agree_and_give_no_subject_twice(path: Path, key: Path) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", ALLOCATE, str(path), str(key)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=PATIENCE_SECONDS)[0].splitlines() for process in running]
    assert [len(lines) for lines in answers] == [30] * 4
    assert all(lines == answers[0] for lines in answers)
    assert len({line.split()[1] for line in answers[0]}) == 30


def test_sessions_keep_their_numbers_and_new_ones_follow(links: LinkTable) -> None:
    who = links.assign(TRIAL, patient(), "DEMO-001")
    assert links.number_sessions(who, ["1.2.3", "1.2.4"]) == (1, 2)
    assert links.number_sessions(who, ["1.2.5", "1.2.4", "1.2.3"]) == (3, 2, 1)
    assert links.number_sessions(Pseudonym(TRIAL, "DEMO-002"), ["1.2.3"]) == (1,)


def test_what_was_made_of_a_session_is_remembered(links: LinkTable) -> None:
    who = links.assign(TRIAL, patient(), "DEMO-001")
    links.number_sessions(who, ["1.2.3", "1.2.4"])
    links.keep_made(who, 2, "abc")
    assert [links.made(who, number) for number in (1, 2, 3)] == ["", "abc", ""]


def test_a_subject_with_sessions_is_not_forgotten(links: LinkTable) -> None:
    who = links.assign(TRIAL, patient(), "DEMO-001")
    links.number_sessions(who, ["1.2.3"])
    assert not links.forget(who)
    assert links.find(TRIAL, patient()) == who


def test_the_study_of_a_session_is_not_in_the_file(links: LinkTable, path: Path) -> None:
    links.number_sessions(links.assign(TRIAL, patient(), "DEMO-001"), ["1.2.276.0.7230010.3"])
    assert b"1.2.276.0.7230010.3" not in b"".join(file.read_bytes() for file in files_of(f"sqlite:///{path}"))


def test_subjects_of_a_trial_are_listed(links: LinkTable) -> None:
    links.assign(TRIAL, patient("1"), "DEMO-001")
    links.assign("OTHER", patient("2"), "OTHER-1")
    assert links.subjects(TRIAL) == {"DEMO-001"}


def test_a_table_of_the_earlier_form_is_taken_over(links: LinkTable, path: Path, key: Path) -> None:
    links.assign(TRIAL, patient(), "DEMO-001")
    links.close()
    change(path, "DROP TABLE sessions")
    again = LinkTable(path, key)
    assert again.find(TRIAL, patient()) == Pseudonym(TRIAL, "DEMO-001")
    assert again.number_sessions(Pseudonym(TRIAL, "DEMO-001"), ["1.2.3"]) == (1,)
    again.close()


def test_a_file_that_is_no_table_is_told_without_its_text(path: Path, key: Path) -> None:
    path.write_bytes(b"Quixano^Alonso " * 100)
    with pytest.raises(Misconfigured, match="SQLITE_NOTADB") as caught:
        LinkTable(path, key)
    assert "Quixano" not in str(caught.value)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=texts.filter(lambda t: bool(t.strip())), issuer=texts, name=texts)
def test_any_name_comes_back_as_it_was(links: LinkTable, number: str, issuer: str, name: str) -> None:
    who = patient(number, issuer, name)
    given_before = links.find("LAW", who)
    subject = given_before.subject if given_before else f"S-{hash((number, issuer)) & 0xFFFFFFFFFFFF:x}"
    revealed = links.reveal(links.assign("LAW", who, subject)).reveal()
    assert revealed.key == who.reveal().key
    assert given_before is not None or revealed == who.reveal()

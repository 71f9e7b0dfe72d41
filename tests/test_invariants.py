"""The checker of the invariants flags every planted violation, and nothing where all is well."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.homes import SMALL, arrive, bring_to_signature, carry, gateway_at, sign_and_release
from tests.invariants import check_invariants
from uploader.phantom import PhantomIdentity, write_session


def few_values(patient: PhantomIdentity) -> PhantomIdentity:
    """The same patient, with little to search for: `test_leaks` searches for all."""
    return replace(patient, values=(patient.name, patient.patient_id, patient.accession), uids=patient.uids[:1])


class Planted:
    """A home with one submission released, one awaiting its signature, one received and one just arrived."""

    def __init__(self, home: Path, patient: PhantomIdentity, released: str, awaiting: str, received: str, arrived: str):
        self.home, self.patient = home, patient
        self.released, self.awaiting, self.received, self.arrived = released, awaiting, received, arrived

    def copied(self, to: Path) -> Planted:
        ids = (self.released, self.awaiting, self.received, self.arrived)
        return Planted(shutil.copytree(self.home, to), self.patient, *ids)

    @property
    def violations(self):
        return check_invariants(self.home, [self.patient])

    def session(self, archive: str, label: str = "*") -> Path:
        [found] = (self.home / "archives" / archive / "archive").glob(f"*/arc001/{label}")
        return found

    def file(self, archive: str, label: str = "*") -> Path:
        return sorted(self.session(archive, label).glob("SCANS/*/DICOM/*.dcm"))[0]

    def records(self, statement: str, *values: object) -> None:
        self._change("records/records.sqlite", statement, values)

    def at_the_centre(self, statement: str, *values: object) -> None:
        self._change("archives/central/archive.db", statement, values)

    def _change(self, database: str, statement: str, values: tuple[object, ...]) -> None:
        with closing(sqlite3.connect(self.home / database)) as connection, connection:
            connection.create_function("actor", 0, lambda: "planted")  # triggers of the archives ask who acts
            assert connection.execute(statement, values).rowcount > 0


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Planted:
    root = tmp_path_factory.mktemp("planted")
    folders = [root / f"session {seed}" for seed in range(1, 5)]
    for seed, folder in enumerate(folders, 1):
        folder.mkdir()
        patient = write_session(folder, seed, **SMALL)
    with gateway_at(root / "home") as built:
        released = bring_to_signature(built, folders[0])
        assert sign_and_release(built, released) == "released"
        awaiting = bring_to_signature(built, folders[1], subject="DEMO-002")
        received = arrive(built, folders[2])
        assert carry(built, received) == "received"
        arrived = arrive(built, folders[3])
        home = built.home.root
    return Planted(home, few_values(patient), released, awaiting, received, arrived)


@pytest.fixture
def planted(made, tmp_path) -> Planted:
    return made.copied(tmp_path / "home")


def test_nothing_is_flagged_where_all_is_well(made):
    assert made.violations == []


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def spooled(p):
    return sorted((p.home / "spool" / p.arrived).rglob("*.dcm"))[0]


def released_file(p):
    return p.file("central", "DEMO-001_1")


def awaiting_file(p):
    return p.file("anonymised", "DEMO-002_1")


def upload_unsigned(p):
    """What awaits its signature lies at the centre already."""
    there = p.session("central", "DEMO-001_1")
    shutil.copytree(p.session("anonymised", "DEMO-002_1"), there.with_name("DEMO-002_1"))


def upload_under_another_label(p):
    there = p.session("central", "DEMO-001_1")
    shutil.copytree(there, there.with_name("DEMO-001_2"))


def upload_into_another_project(p):
    there = p.session("central", "DEMO-001_1")
    there.parent.parent.with_name("OTHER").joinpath("arc001").mkdir(parents=True)
    there.rename(there.parent.parent.with_name("OTHER") / "arc001" / there.name)


def another_instance(p):
    """A file at the centre that holds another image than the one that was signed."""
    dataset = dcmread(released_file(p))
    dataset.InstanceNumber = 99
    dataset.save_as(released_file(p))


def beside(path: Path, name: str, text: bytes) -> None:
    path.mkdir(parents=True, exist_ok=True)
    (path / name).write_bytes(text)


def refused(p):
    finding = json.dumps([["verify.residue", 2, "0001.dcm", "says", "remedy"]])
    p.records("UPDATE verdicts SET findings = ? WHERE submission = ? AND kind = 'verification'", finding, p.released)


PLANTED = {
    "a file of the spool deleted": ("I1", lambda p: spooled(p).unlink()),
    "a byte of the spool flipped": ("I1", lambda p: flip(spooled(p))),
    "a session in the spool that nobody knows": ("I1", lambda p: beside(p.home / "spool" / "nobody", "1.dcm", b"x")),
    "a received file deleted": ("I1", lambda p: p.file("identifiable", p.received).unlink()),
    "a byte of a received file flipped": ("I1", lambda p: flip(p.file("identifiable", p.received))),
    "a received session gone": ("I1", lambda p: shutil.rmtree(p.session("identifiable", p.received))),
    "an anonymised file deleted": ("I1", lambda p: awaiting_file(p).unlink()),
    "a manifest forgotten": ("I1", lambda p: p.records("DELETE FROM manifests WHERE submission = ?", p.received)),
    "a released file deleted": ("I2", lambda p: released_file(p).unlink()),
    "a byte of an acknowledged file flipped": ("I2", lambda p: flip(awaiting_file(p))),
    "a receipt of nothing": ("I2", lambda p: p.records("UPDATE receipts SET digest = 'x' WHERE place = 'central'")),
    "a receipt of fewer files": ("I2", lambda p: p.records("UPDATE receipts SET files = 1 WHERE place = 'central'")),
    "an unsigned upload": ("I3", upload_unsigned),
    "a signature gone": ("I3", lambda p: p.records("DELETE FROM signoffs WHERE submission = ?", p.released)),
    "a verdict gone": ("I3", lambda p: p.records("DELETE FROM verdicts WHERE submission = ?", p.released)),
    "a verdict that refuses": ("I3", refused),
    "an upload under another label": ("I3", upload_under_another_label),
    "an upload into another project": ("I4", upload_into_another_project),
    "an upload under another subject": (
        "I4",
        lambda p: p.at_the_centre("UPDATE subjects SET label = 'DEMO-009' WHERE label = 'DEMO-001'"),
    ),
    "a byte flipped at the centre": ("I4", lambda p: flip(released_file(p))),
    "another image at the centre": ("I4", another_instance),
    "a file too many at the centre": ("I4", lambda p: shutil.copy(released_file(p), released_file(p).parent / "9.dcm")),
    "another digest signed": ("I4", lambda p: p.records("UPDATE signoffs SET digest = 'x'")),
    "a note beside the scans": (
        "I4",
        lambda p: beside(p.session("central", "DEMO-001_1") / "RESOURCES" / "NOTES", "note.txt", b"x"),
    ),
    "a patient in a log": ("I5", lambda p: beside(p.home / "logs", "a.log", f"read {p.patient.name}".encode())),
    "a patient in the name of a file": ("I5", lambda p: beside(p.home / "logs", f"{p.patient.patient_id}.log", b"")),
    "a patient in base64": (
        "I5",
        lambda p: beside(p.home / "logs", "b.log", base64.b64encode(b"it was " + p.patient.patient_id.encode())),
    ),
    "a patient in the records": (
        "I5",
        lambda p: p.records("UPDATE submissions SET says = ? WHERE id = ?", p.patient.patient_id, p.released),
    ),
    "a patient in an anonymised file": (
        "I5",
        lambda p: beside(awaiting_file(p).parent, "0009.dcm", p.patient.name.encode()),
    ),
    "a double upload": ("I6", lambda p: shutil.copy(released_file(p), released_file(p).parent / "0009.dcm")),
    "a second session of the same images": ("I6", upload_under_another_label),
    "two submissions under one label": (
        "I6",
        lambda p: p.records("UPDATE submissions SET label = 'DEMO-001_1' WHERE id = ?", p.awaiting),
    ),
}


@pytest.mark.parametrize(("invariant", "plant"), PLANTED.values(), ids=PLANTED)
def test_a_planted_violation_is_flagged(planted, invariant, plant):
    plant(planted)
    patients = [planted.patient] if invariant == "I5" else []
    assert invariant in {violation.invariant for violation in check_invariants(planted.home, patients)}


def test_every_invariant_has_a_violation_planted():
    assert {invariant for invariant, _ in PLANTED.values()} == {f"I{n}" for n in range(1, 7)}


def test_no_flag_tells_the_patient(planted):
    beside(planted.home / "logs", "a.log", planted.patient.name.encode())
    told = " ".join(chain.from_iterable((v.where, v.says) for v in planted.violations))
    assert planted.patient.name not in told

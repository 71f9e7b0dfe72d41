"""A centre with two sites and two trials on a real socket, and sites that send as the line does."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from pydicom import dcmread

from tests.archives.embedded.door import image
from tests.archives.traps import Traps, served
from tests.patience import PATIENCE_SECONDS
from uploader.archives.embedded import Account, Embedded
from uploader.archives.xnat import XnatArchive
from uploader.archives.xnat.centre import XnatCentre
from uploader.central.rounds import Rounds
from uploader.central.visit import Row
from uploader.central.word import Site
from uploader.domain.canonical import canonical
from uploader.domain.consignment import Consignment, recall_of
from uploader.domain.manifest import Manifest, measure
from uploader.domain.session import Address, Session
from uploader.seal import public_half, sealed
from uploader.stages.deposit import deposit

KEYS = {"SITE01": b"1" * 32, "SITE02": b"2" * 32}
TRIALS = {"DEMO-RT": "TRIAL-A", "OTHER": "TRIAL-B"}
PASSWORDS = {"SITE01": "of site one", "SITE02": "of site two", "sharing": "of the centre", "root": "of all"}
SCANS = {"1": "CT", "2": "RTSTRUCT"}


@dataclass
class Places:
    """The archive, its traps, and the service of the centre."""

    root: Path
    url: str
    traps: Traps
    rounds: Rounds

    def round(self, act: bool = True) -> dict[str, Row]:
        """One round from nothing, as after a restart: label -> row."""
        fresh = replace(self.rounds, _settled={})
        return {row.session: row for row in fresh.round(act)}

    def only(self, act: bool = True) -> Row:
        [row] = self.round(act).values()
        return row

    def archive(self, login: str) -> XnatArchive:
        return XnatArchive("centre", self.url, login.lower(), _password(self.root, login), stall_seconds=20)

    def send(
        self, consignment: Consignment, files: Mapping[str, bytes], *, key: bytes = b"", word: bytes = b""
    ) -> None:
        """All that a site's release does, but for sharing."""
        address = Address(consignment.project, consignment.subject, consignment.session)
        archive, noon = self.archive(consignment.project), datetime(2026, 11, 28, tzinfo=UTC)
        manifest = manifest_of(files)
        deposit(Session(address, SCANS), manifest, lambda e: io.BytesIO(files[e.name]), archive, lambda: noon)
        archive.mark(address, consignment.trial)
        signed = word or signed_by(key or KEYS[consignment.project], consignment)
        archive.attach(address, consignment.name, signed)

    def recall(self, consignment: Consignment, **changes: str) -> None:
        address = Address(consignment.project, consignment.subject, consignment.session)
        recall = replace(recall_of(consignment), **changes)
        document = canonical(sealed(recall.document(), KEYS[consignment.project]))
        self.archive(consignment.project).attach(address, recall_of(consignment).name, document)

    def by_hand(self, method: str, path: str, data: bytes | None = None, login: str = "root") -> requests.Response:
        """A request of somebody else at the centre."""
        answer = requests.request(
            method, self.url + path, auth=(login.lower(), PASSWORDS[login]), data=data, timeout=PATIENCE_SECONDS
        )
        answer.raise_for_status()
        return answer

    def empty(self) -> None:
        """Remove what a test has left, what is shared first; the service forgets it too."""
        for project in (*TRIALS.values(), *KEYS):
            for label in self.subjects(project):
                self.by_hand("DELETE", f"/data/projects/{project}/subjects/{label}?removeFiles=true")
        self.rounds._settled.clear()

    def labels(self, project: str) -> set[str]:
        """Sessions that are listed in a project."""
        return {row["label"] for row in self._rows(f"/data/projects/{project}/experiments?format=json")}

    def subjects(self, project: str) -> set[str]:
        return {row["label"] for row in self._rows(f"/data/projects/{project}/subjects?format=json")}

    def _rows(self, path: str) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = self.by_hand("GET", path).json()["ResultSet"]["Result"]
        return rows


@contextmanager
def places(root: Path, behaved: Callable[[Any], Any] = lambda app: app) -> Iterator[Places]:
    """SITE01 and SITE02 are members of their own projects; `sharing` of both, and owns the trials'.

    behaved: middleware around the archive
    """
    accounts = [Account(login.lower(), word, admin=login == "root") for login, word in PASSWORDS.items()]
    embedded = Embedded(root, name="central", site_id="CENTRE", accounts=accounts)
    for site in KEYS:
        embedded.create_project(site, members={site.lower(): "member", "sharing": "member"})
    for trial in TRIALS.values():
        embedded.create_project(trial, members={"sharing": "owner"})
    traps = Traps(behaved(embedded.app))
    with served(traps) as url:
        yield Places(root, url, traps, rounds_at(url, root))
    embedded.close()


def rounds_at(url: str, root: Path) -> Rounds:
    """The service as the settings would build it; its clock stands still."""
    return Rounds(
        centre=XnatCentre("centre", url, "sharing", _password(root, "sharing"), stall_seconds=20),
        sites=[Site(name=name, project=name, keys=[public_half(key)]) for name, key in KEYS.items()],
        trials=TRIALS,
        clock=lambda: 0.0,
        recheck_seconds=3600,
    )


def session(trial: str = "DEMO-RT", study: str = "1.2.3") -> dict[str, bytes]:
    """Two images and a structure set of one trial: entry name -> bytes."""
    made = {
        "scans/1/DICOM/0001.dcm": image(1, 1, study),
        "scans/1/DICOM/0002.dcm": image(1, 2, study),
        "scans/2/DICOM/0001.dcm": image(2, 1, study, "RTSTRUCT"),
    }
    return {name: of_trial(data, trial) for name, data in made.items()}


def of_trial(data: bytes, trial: str) -> bytes:
    dataset = dcmread(io.BytesIO(data))
    dataset.ClinicalTrialProtocolID = trial
    out = io.BytesIO()
    dataset.save_as(out)
    return out.getvalue()


def manifest_of(files: Mapping[str, bytes]) -> Manifest:
    return Manifest(frozenset(measure(name, io.BytesIO(data)) for name, data in files.items()))


def consignment(
    files: Mapping[str, bytes],
    site: str = "SITE01",
    subject: str = "S-001",
    number: int = 1,
    trial: str = "DEMO-RT",
    submission: str = "k7q29xmd",
) -> Consignment:
    return Consignment(
        site=site,
        project=site,
        submission=submission,
        trial=trial,
        protocol="v1",
        protocol_digest="a" * 64,
        subject=subject,
        session=f"{subject}_{number}",
        signoff="b" * 64,
        manifest=manifest_of(files),
    )


def signed_by(key: bytes, consignment: Consignment, **changes: object) -> bytes:
    """The consignment as a file; `changes` to the document before it is signed."""
    return canonical(sealed({**consignment.document(), **changes}, key))


def _password(root: Path, login: str) -> Path:
    file = root / f"{login}.password"
    file.write_text(PASSWORDS[login])
    return file

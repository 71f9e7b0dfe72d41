"""What the tests of the embedded archive share: archives, logins and small DICOM files."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage
from werkzeug.test import TestResponse

from uploader.archives.embedded import Account, Embedded

ACCOUNTS = (
    Account("admin", "of-all", admin=True),
    Account("olga", "owns-it"),
    Account("mark", "works-on-it"),
    Account("cora", "looks-at-it"),
    Account("nora", "is-nobody"),
)
MEMBERS = {"olga": "owner", "mark": "member", "cora": "collaborator"}
PASSWORDS = {a.login: a.password for a in ACCOUNTS}
SESSION = "/data/projects/P/subjects/S/experiments/E"
FILES = f"{SESSION}/scans/3/resources/DICOM/files"


def opened(root: Path) -> Embedded:
    """An archive with projects P and Q, and one account of each role in both."""
    archive = reopened(root, ACCOUNTS)
    archive.create_project("P", members=MEMBERS)
    archive.create_project("Q", members=MEMBERS)
    return archive


def reopened(root: Path, accounts: Sequence[Account] = ()) -> Embedded:
    """The archive that is there already."""
    return Embedded(root, name="central", site_id="CEN", accounts=accounts)


class Caller:
    """One who asks the archive in process."""

    def __init__(self, archive: Embedded, login: str = "olga", password: str | None = None) -> None:
        self._client = archive.app.test_client()
        self._auth = (login, PASSWORDS[login] if password is None else password)

    def __call__(
        self, method: str, url: str, data: bytes | None = None, form: Mapping[str, Any] | None = None, **more: Any
    ) -> TestResponse:
        """Ask. `data`: a raw body; `form`: fields and files of a multipart one."""
        if form is not None:
            return self._client.open(url, method=method, auth=self._auth, data=form, **more)
        if data is not None:
            more.setdefault("content_type", "application/octet-stream")
        return self._client.open(url, method=method, auth=self._auth, data=data, **more)

    def rows(self, url: str) -> list[dict[str, str]]:
        """A listing's rows."""
        answer = self("GET", url)
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return list(answer.json["ResultSet"]["Result"])

    def digests(self, url: str = FILES) -> dict[str, str]:
        """File name -> MD5 as listed."""
        return {row["Name"]: row["digest"] for row in self.rows(url)}

    def make_scan(self) -> None:
        """Session E of subject S in project P, with scan 3."""
        assert self("PUT", f"{SESSION}?xsiType=xnat:ctSessionData").status_code == 201
        assert self("PUT", f"{SESSION}/scans/3?xsiType=xnat:ctScanData").status_code == 200


def image(series: int = 1, number: int = 1, study: str = "1.2.3", modality: str = "CT", patient: str = "S") -> bytes:
    """A small DICOM file."""
    ds = Dataset()
    ds.SOPClassUID = CTImageStorage if modality == "CT" else RTStructureSetStorage
    ds.SOPInstanceUID = f"{study}.{series}.{modality == 'CT':d}.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, f"{study}.{series}.{modality == 'CT':d}"
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = modality, series, number
    ds.PatientID = ds.PatientName = patient
    ds.StudyDate, ds.StudyTime, ds.SeriesDescription = "20260131", "101530", f"series {series}"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w", kind: bytes = tarfile.REGTYPE) -> bytes:
    """A tar of these files; `kind` other than regular: links and devices of these names."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(data) if kind == tarfile.REGTYPE else 0, kind, "/etc/passwd"
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()

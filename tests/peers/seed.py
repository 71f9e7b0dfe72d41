"""An archive with what the peers' suites expect to find, put there through its REST door."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from uploader.archives.embedded import Account, Embedded, serve

LOGIN, PASSWORD = "admin", "of-all-the-peers"
PROJECTS = (
    "pyxnat_tests",
    "pyxnat_tests2",
    "dummydicomproject",
    "OASIS3",
    "ixi",
    *(f"nosetests{n}" for n in range(3, 10)),
)
_P = "/data/projects/pyxnat_tests"
_STUDY_PROTOCOL = """<xnat:Project xmlns:xnat="http://nrg.wustl.edu/xnat" ID="pyxnat_tests">
<xnat:studyProtocol ID="pyxnat_tests_xnat_subjectData" name="Subjects" data-type="xnat:subjectData"/></xnat:Project>"""
_SESSION_DOCUMENT = """<xnat:MRSession xmlns:xnat="http://nrg.wustl.edu/xnat">
<xnat:investigator><xnat:firstname>Ada</xnat:firstname><xnat:lastname>Alomar</xnat:lastname></xnat:investigator>
</xnat:MRSession>"""
_VOLUMES = {
    "001_icv.txt": "001 1500000.5\n",
    "001_left_corr_nogray_volumes.txt": "001 left CA1 30 1287.675\n",
    "001_right_corr_nogray_volumes.txt": "001 right CA1 29 1301.25\n",
}
_SUBJECTS = {"BBRCDEV_S02627": "001", "BBRCDEV_S02628": "002", "BBRCDEV_S02629": "003"}
_SESSIONS = {
    "BBRCDEV_E03106": ("001", "001_obscured", "mr"),
    "BBRCDEV_E03099": ("002", "002_first", "mr"),
    "BBRCDEV_E03094": ("002", "002_second", "mr"),
    "BBRCDEV_E03095": ("003", "003_first", "mr"),
    "BBRCDEV_E03096": ("003", "003_second", "mr"),
    "BBRCDEV_E03097": ("003", "003_ct", "ct"),
    "BBRCDEV_E03098": ("003", "003_pet", "pet"),
}


@contextmanager
def archive(root: Path) -> Iterator[str]:
    """URL of a new archive below `root` that holds the seed, while the block runs."""
    embedded = Embedded(root, name="peers", site_id="PEERS", accounts=[Account(LOGIN, PASSWORD, admin=True)])
    server = serve(embedded, "127.0.0.1", 0)
    server.start()
    try:
        _sow(server.url)
        _date(embedded)
        yield server.url
    finally:
        server.stop()
        embedded.close()


def clients_files(folder: Path, url: str) -> None:
    """The configuration files that pyxnat's suite looks for in the folder it runs in."""
    settings = json.dumps({"server": url, "user": LOGIN, "password": PASSWORD})
    for name in (".devxnat.cfg", ".central.cfg", ".xnat.cfg"):
        (folder / name).write_text(settings)


def uploads(folder: Path) -> None:
    """The files that pyxnat's suite sends and its sdist leaves out, written anew from what the suite says of them."""
    (folder / "hello_xnat.txt").write_text("Hello XNAT!\n")
    (folder / "hello_again.txt").write_text("Hello again!\n")
    (folder / "sess.xml").write_text(_SESSION_DOCUMENT)
    with zipfile.ZipFile(folder / "hello_dir.zip", "w") as made:
        made.writestr("hello_dir/hello_xnat_dir.txt", "Hello!\n")
        made.writestr("hello_dir/hello_dir2/hello_xnat_dir2.txt", "Hello again!\n")


def _date(embedded: Embedded) -> None:
    """What no client may say: when things were made. As if a backup had been put back."""
    with embedded.store.database.write() as c:
        c.execute("UPDATE projects SET inserted = '2024-01-22 10:09:22.086' WHERE id = 'pyxnat_tests'")
        c.execute("UPDATE experiments SET inserted = '2024-01-22 10:25:48.637' WHERE id = 'BBRCDEV_E03106'")


class _Door:
    """One who may do everything, and to whom nothing may fail."""

    def __init__(self, url: str) -> None:
        self._url, self._session = url, requests.Session()
        self._session.auth = (LOGIN, PASSWORD)

    def put(self, path: str, data: bytes | None = None, kind: str = "application/octet-stream", **query: str) -> None:
        headers = {"Content-Type": kind} if data is not None else {}
        answer = self._session.put(self._url + path, params=query, data=data, headers=headers, timeout=60)
        answer.raise_for_status()


def _sow(url: str) -> None:
    door = _Door(url)
    facts = {"firstName": "Admin", "lastName": "Admin", "email": "fake@fake.fake"}
    door.put(f"/xapi/users/{LOGIN}", json.dumps(facts).encode(), "application/json")
    for project in PROJECTS:
        door.put(f"/data/projects/{project}")
    door.put(_P, _STUDY_PROTOCOL.encode(), "text/xml")
    door.put(_P, alias="pyxnat", name="pyxnat tests", description="pyxnat CI tests")
    for key, label in _SUBJECTS.items():
        door.put(f"{_P}/subjects/{label}", ID=key, gender="unknown")
    for key, (subject, label, kind) in _SESSIONS.items():
        door.put(f"{_P}/subjects/{subject}/experiments/{label}", ID=key, xsiType=f"xnat:{kind}SessionData")
    session = f"{_P}/subjects/001/experiments/001_obscured"
    for number in ("11", "12", "13", "14"):
        door.put(f"{session}/scans/{number}", xsiType="xnat:mrScanData", type="SPGR", frames="175")
    door.put(f"{session}/resources/obscure_algorithm_output/files/1.txt", b"1\n")
    for name, text in _VOLUMES.items():
        door.put(f"{_P}/subjects/002/experiments/002_second/resources/ASHS/files/{name}", text.encode())
    door.put("/data/projects/ixi/subjects/IXI002")

"""Memory stays flat while something large is streamed out and in, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.archives.embedded.door import SESSION, Caller
from tests.patience import PATIENCE_SECONDS
from uploader.archives.embedded import Embedded
from uploader.phantom import large_multiframe

pytestmark = pytest.mark.endpoint(42)

MIB = 1 << 20
LARGE = 512 * MIB
"""Bytes of the large image; it is a sparse file."""
GROWTH = 96 * MIB
"""Most that the process may grow by."""
SCRIPT = """
import resource, sys
from pathlib import Path
import requests
from tests.archives.embedded.door import PASSWORDS, Caller, reopened
from uploader.archives.embedded import serve

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def body(path):
    yield b"--xyz\\r\\n\\r\\n"
    with open(path, "rb") as stream:
        while chunk := stream.read(1 << 20):
            yield chunk
    yield b"\\r\\n--xyz--\\r\\n"

archive = reopened(Path(sys.argv[1]))
olga, what, path = Caller(archive), sys.argv[2], Path(sys.argv[3])
def study():
    return olga("GET", "/xapi/dicomweb/projects/P/studies").json[0]["0020000D"]["Value"][0]
def take(url):
    answer = olga("GET", url, buffered=False)
    assert answer.status_code == 200, answer.text
    return sum(len(chunk) for chunk in answer.iter_encoded())
if what == "in":
    server = serve(archive, "127.0.0.1", 0)
    server.start()
    olga("GET", "/xapi/dicomweb/projects/P/studies")
    before = peak()
    kind = {"Content-Type": "multipart/related; type=application/dicom; boundary=xyz"}
    url, auth = f"{server.url}/xapi/dicomweb/projects/P/studies", ("olga", PASSWORDS["olga"])
    answer = requests.post(url, data=body(path), headers=kind, auth=auth, timeout=200)
    assert answer.status_code == 200, answer.text
    server.stop()
    size = path.stat().st_size
else:
    at = f"/xapi/dicomweb/projects/P/studies/{study()}"
    row = olga("GET", f"{at}/instances").json[0]
    series, uid = (row[tag]["Value"][0] for tag in ("0020000E", "00080018"))
    before = peak()
    size = take(f"{at}/series/{series}/instances/{uid}{what}")
print(size, peak() - before)
archive.close()
"""


def streamed(root: Path, what: str, file: Path) -> tuple[int, int]:
    """Bytes that went through the archive, and by how many its process grew."""
    command = [sys.executable, "-c", SCRIPT, str(root), what, str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    size, growth = done.stdout.split()
    return int(size), int(growth)


@pytest.mark.parametrize("what", ["", "/bulkdata/7FE00010", "/frames/1,2,3,4,5,6,7,8,9,10"])
def test_a_large_image_goes_out_without_being_held_in_memory(
    archive: Embedded, olga: Caller, tmp_path: Path, what: str
) -> None:
    olga.make_scan()
    olga("PUT", f"{SESSION}/scans/3/resources/DICOM")
    folder = archive.store.vault.root / "archive/P/arc001/E/SCANS/3/DICOM"
    folder.mkdir(parents=True)
    large_multiframe(folder / "large.dcm", LARGE)
    archive.close()
    size, growth = streamed(tmp_path / "central", what, folder / "large.dcm")
    assert size > (LARGE // 2 if "frames" not in what else 10 * 512 * 1024)
    assert growth < GROWTH


def test_a_large_image_comes_in_without_being_held_in_memory(archive: Embedded, tmp_path: Path) -> None:
    archive.close()
    large_multiframe(tmp_path / "large.dcm", LARGE // 2)
    _, growth = streamed(tmp_path / "central", "in", tmp_path / "large.dcm")
    assert growth < GROWTH

"""The programs that are measured side by side, each as the command its users would type."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

PYTHON, BIN = sys.executable, Path(sys.executable).parent
Command = Callable[[Path, Path, int], list[str]]
"""IN, OUT, workers (more than one only where `threads`) to a command line"""


@dataclass(frozen=True, slots=True)
class Tool:
    """threads: it has workers of its own; otherwise two run side by side, each on half of the files
    runs: with one worker, with two
    part: only every tenth slice, for it is slow
    plain: without the images whose text must be read
    accepted: exit codes that mean it did its work
    """

    name: str
    command: Command
    threads: bool = False
    runs: tuple[int, int] = (5, 3)
    part: bool = False
    plain: bool = False
    accepted: tuple[int, ...] = (0,)
    note: str = ""


PLAIN, OURS = "ours: scripts and passes", "ours: and every file verified"
NO_TEXT = "ours: and every file verified, no text to be read"
GDCMANON, GDCMANON_NO_TEXT, COPY = "gdcmanon -e", "gdcmanon -e, no text to be read", "cp -r"


def tools(work: Path) -> list[Tool]:
    """All that are installed here; what is not is left out. work: where certificate and our home go"""
    found = [Tool(COPY, lambda a, b, _: ["cp", "-r", f"{a}/.", str(b)], note="no work at all")]
    found += _ours(work / "home")
    if shutil.which("gdcmanon"):
        found += _gdcmanon(work)
    if shutil.which("dcmodify"):
        found.append(_driver("dcmodify", "a table by us; not an anonymiser; its copy of the input counts", (2, 1)))
    found += _python_peers()
    return found + _elsewhere()


def _ours(home: Path) -> list[Tool]:
    engine = [PYTHON, "-m", "bench.engine"]
    product = [str(BIN / "uploader"), "anonymise"]
    options = ["--trial", "DEMO-RT", "--ids", "automatic", "--home", str(home)]
    return [
        Tool(
            PLAIN,
            lambda a, b, n: [*engine, str(a), str(b), str(home), str(n), "--no-verify"],
            threads=True,
            note="neither verified nor images blanked by device rules (those are held); not a mode of the product",
        ),
        Tool(
            OURS,
            lambda a, b, n: [*product, str(a), str(b), *options, "--jobs", str(n)],
            threads=True,
            accepted=(0, 3),
            runs=(3, 2),
            note="`uploader anonymise`; text in US and SC read; flushed to the disk; what is held is not in OUT",
        ),
        Tool(
            NO_TEXT,
            lambda a, b, n: [*product, str(a), str(b), *options, "--jobs", str(n)],
            threads=True,
            plain=True,
            accepted=(0, 3),
            note="the same without US and SC, in which text must be read",
        ),
    ]


def _gdcmanon(work: Path) -> list[Tool]:
    """On all files, and on those on which ours is measured without text to be read: ratios are of the same files."""
    certificate = work / "certificate.pem"
    _self_signed(certificate)
    options = ["-e", "-c", str(certificate), "-r"]

    def command(source: Path, target: Path, _: int) -> list[str]:
        return ["gdcmanon", *options, "-i", str(source), "-o", str(target)]

    return [
        Tool(GDCMANON, command, note="C++; encrypts the originals into the files"),
        Tool(GDCMANON_NO_TEXT, command, plain=True, note="the same without US and SC"),
    ]


def _self_signed(path: Path) -> None:
    """A certificate to encrypt for: gdcmanon does not start without one."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    begins = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begins, begins + timedelta(days=30))
    path.write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))


def _driver(name: str, note: str, runs: tuple[int, int], *, part: bool = False) -> Tool:
    def command(source: Path, target: Path, _: int) -> list[str]:
        return [PYTHON, "-m", "bench.drivers", name, str(source), str(target)]

    return Tool(name, command, runs=runs, part=part, note=note)


def _python_peers() -> list[Tool]:
    def anonymizer(source: Path, target: Path, _: int) -> list[str]:
        return [str(BIN / "dicom-anonymizer"), str(source), str(target)]

    def dicognito(source: Path, target: Path, _: int) -> list[str]:
        return [PYTHON, "-m", "dicognito", "-o", str(target), str(source)]

    return [
        Tool(f"dicom-anonymizer {version('dicom-anonymizer')}", anonymizer, runs=(2, 1)),
        Tool(f"dicognito {version('dicognito')}", dicognito, runs=(2, 1)),
        _driver("deid", f"{version('deid')}, default recipe; on every tenth slice and all else", (1, 1), part=True),
    ]


def _elsewhere() -> list[Tool]:
    """What Debian and PyPI do not have: mmiv DICOMAnonymizer (BENCH_MMIV, its program), CTP's DicomAnonymizerTool
    (BENCH_CTP, its jar; BENCH_CTP_SCRIPT, the script)."""
    found = []
    if mmiv := os.environ.get("BENCH_MMIV"):
        options = ["--patientid", "ANON", "--dateincrement", "42"]
        found.append(
            Tool(
                "mmiv DICOMAnonymizer",
                lambda a, b, n: [mmiv, "--input", str(a), "--output", str(b), *options, "--numthreads", str(n)],
                threads=True,
                note="C++/GDCM",
            )
        )
    if jar := os.environ.get("BENCH_CTP"):
        script = os.environ["BENCH_CTP_SCRIPT"]
        found.append(
            Tool(
                "CTP DicomAnonymizerTool",
                lambda a, b, n: ["java", "-jar", jar, "-in", str(a), "-out", str(b), "-da", script, "-n", str(n)],
                threads=True,
                note="Java",
            )
        )
    return found

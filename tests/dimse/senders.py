"""Who sends in these tests: Debian's dcmtk, and bytes put together by hand for what no tool would send."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydicom import dcmread

from tests.patience import PATIENCE_SECONDS, until
from uploader.dimse import Access, Receiver
from uploader.sources.storescp import HandOver

TITLE = "UPLOADER"
CT, EXPLICIT, VERIFICATION = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.1"
ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, ABORT = 2, 3, 4, 7
"""Types of PDU. PS3.8 9.3."""
RESERVE = 1_000_000
STRANGERS: list[Stranger] = []
"""All of the test that runs; they are sent home at its end."""


@contextmanager
def receiving(folder: Path, **access: object) -> Iterator[Receiver]:
    """A receiver that hands over into `folder`."""
    sink = HandOver(folder)
    sink.recover()
    allowed = Access(**{"ae_title": TITLE, "reserve_bytes": RESERVE, **access})  # type: ignore[arg-type]
    receiver = Receiver("127.0.0.1", 0, allowed, sink, "listener")
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()
        sink.close()


def dcmtk(tool: str, port: int, *arguments: str | Path, called: str = TITLE) -> subprocess.CompletedProcess[str]:
    """Run `storescu`, `dcmsend` or `echoscu` to its end."""
    return subprocess.run(
        [tool, "-aec", called, *map(str, _options(arguments)), "127.0.0.1", str(port), *map(str, _files(arguments))],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        env={**os.environ, "TCP_NODELAY": "1"},
    )


def _files(arguments: Sequence[str | Path]) -> list[Path]:
    return [a for a in arguments if isinstance(a, Path)]


def _options(arguments: Sequence[str | Path]) -> list[str]:
    return [a for a in arguments if isinstance(a, str)]


def sent(port: int, *files: str | Path) -> None:
    """Send the files as they are, in one association."""
    answer = dcmtk("dcmsend", port, *files)
    assert answer.returncode == 0, answer.stderr


def data_set(path: Path) -> bytes:
    """What stands behind the file meta. PS3.10 7.1"""
    data = path.read_bytes()
    return data[144 + int.from_bytes(data[140:144], "little") :]


def kept(folder: Path) -> dict[str, Path]:
    """SOP Instance UID -> file, of all that has been received, once the associations that brought it are over."""
    until(lambda: not list(folder.glob("*.part")))
    found = [p for p in folder.iterdir() if p.is_file()]
    return {dcmread(p, stop_before_pixels=True).SOPInstanceUID: p for p in found}


class Stranger:
    """One connection, and the bytes somebody writes into it. source: the address it comes from, of loopback's many."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=PATIENCE_SECONDS, source_address=(source, 0)
        )
        STRANGERS.append(self)

    def write(self, data: bytes) -> Stranger:
        self.socket.sendall(data)
        return self

    def answer(self) -> tuple[int, bytes]:
        """(type, rest) of the next PDU; (0, b"") when the connection has been closed."""
        try:
            head = self._exactly(6)
            return (head[0], self._exactly(int.from_bytes(head[2:6], "big"))) if head else (0, b"")
        except ConnectionError:
            return 0, b""

    def associated(self, *contexts: tuple[str, str], called: str = TITLE) -> Stranger:
        """With an association; contexts: (abstract syntax, transfer syntax), numbered 1, 3, 5 …"""
        self.write(associate(*(contexts or ((CT, EXPLICIT), (VERIFICATION, EXPLICIT))), called=called))
        assert self.answer()[0] == ASSOCIATE_AC
        return self

    def status(self) -> int:
        """Status (0000,0900) of the next answer."""
        kind, rest = self.answer()
        assert kind == P_DATA
        at = rest.index(b"\0\0\0\x09\x02\0\0\0")
        return int.from_bytes(rest[at + 8 : at + 10], "little")

    def ends(self) -> bool:
        """Whether the connection is closed without another answer, but for an abort."""
        while (kind := self.answer()[0]) == ABORT:
            pass
        return kind == 0

    def close(self) -> None:
        self.socket.close()

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size and (more := self.socket.recv(size - len(found))):
            found += more
        return found


def pdu(kind: int, rest: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BBL", kind, 0, len(rest) if length is None else length) + rest


def associate(*contexts: tuple[str, str], called: str = TITLE, calling: str = "STRANGER") -> bytes:
    """A-ASSOCIATE-RQ. PS3.8 9.3.2"""
    items = _item(0x10, b"1.2.840.10008.3.1.1.1")
    for number, (abstract, syntax) in enumerate(contexts):
        inner = _item(0x30, abstract.encode()) + _item(0x40, syntax.encode())
        items += _item(0x20, bytes([2 * number + 1, 0, 0, 0]) + inner)
    items += _item(0x50, _item(0x51, struct.pack(">L", 16384)) + _item(0x52, b"2.25.1"))
    titles = called.ljust(16).encode() + calling.ljust(16).encode()
    return pdu(1, struct.pack(">HH", 1, 0) + titles + bytes(32) + items)


def fragment(control: int, data: bytes, context: int = 1) -> bytes:
    """A P-DATA-TF with one fragment. control: 1 for a command, plus 2 for the last of it. PS3.8 E.2"""
    return pdu(P_DATA, struct.pack(">LBB", len(data) + 2, context, control) + data)


def command(field: int, sop_class: str = CT, instance: str = "1.2.3", data: bool = True) -> bytes:
    """A command set, in implicit little endian. field: 1 for C-STORE-RQ, 0x30 for C-ECHO-RQ. PS3.7 9.3"""
    body = _element(0x0002, _even(sop_class)) + _element(0x0100, struct.pack("<H", field))
    body += _element(0x0110, b"\1\0") + _element(0x0700, b"\0\0")
    body += _element(0x0800, b"\0\0" if data else b"\1\1") + _element(0x1000, _even(instance))
    return _element(0x0000, struct.pack("<L", len(body))) + body


def _even(uid: str) -> bytes:
    return uid.encode() + b"\0" * (len(uid) % 2)


def _element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHL", 0, number, len(value)) + value


def _item(kind: int, data: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(data)) + data

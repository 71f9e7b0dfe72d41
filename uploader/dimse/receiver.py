"""A DICOM node that can be sent to: C-ECHO and C-STORE, and success only when the object is durable."""

from __future__ import annotations

import logging
import re
import threading
import time
from pathlib import Path
from typing import Any, Protocol

from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AE, AllStoragePresentationContexts, _config, build_context, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from uploader.dicom import read_header
from uploader.dimse.access import Access
from uploader.dimse.door import ASSOCIATE_SECONDS, Desk, Door
from uploader.dimse.message import Assembly, Part
from uploader.dimse.wire import PDU_BYTES
from uploader.domain.errors import UnreadableFile
from uploader.logs import say
from uploader.writing import IMPLEMENTATION_NAME, IMPLEMENTATION_UID

SUCCESS, NO_ROOM, MISMATCH, CANNOT_UNDERSTAND = 0x0000, 0xA700, 0xA900, 0xC000
"""Statuses of C-STORE. PS3.4 B.2.3."""
DEFECT, NOT_AUTHORISED = 0x0110, 0x0124
"""Processing Failure; Refused: Not Authorised. PS3.7 C.5."""
_NOT_TAKEN = re.compile(r"1\.2\.840\.10008\.1\.2\.(1\.9[89]|[678]\..*|4\.(94|95|204|205))")
"""Deflated data sets, encapsulated documents' and video transport syntaxes, and JPIP, whose pixels are elsewhere."""
SYNTAXES = frozenset(uid for uid in map(str, AllTransferSyntaxes) if not _NOT_TAKEN.fullmatch(uid))
"""Transfer Syntax UIDs taken: those that ingest takes."""
STORAGE = frozenset(str(context.abstract_syntax) for context in AllStoragePresentationContexts)
"""SOP Class UIDs taken: all of the standard's Storage Service Class."""
COMPLAINT_SECONDS = 10
"""The log repeats the same complaint only after so long, whatever a flood brings."""
STOP_SECONDS = 10


class Sink(Protocol):
    """Where received objects go. Calls come from many threads; of one association, one at a time."""

    def place(self) -> Path:
        """A new name, on a disk of ours, for an object that is being received."""

    def keep(self, path: Path, sender: object) -> None:
        """The whole object lies at `path`, flushed. When this returns, it is kept durably elsewhere; `path` is cleared.

        sender: the same for all objects of one association
        Raises OSError when there is no room now, Unfit when it will never be taken.
        """

    def over(self, sender: object) -> None:
        """No more comes from this association."""


class Unfit(Exception):
    """An object that is not taken. status: what its sender is told."""

    def __init__(self, status: int = MISMATCH) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


class Receiver:
    """One DICOM node. port: 0 for any free one. place: what the log calls it."""

    def __init__(self, host: str, port: int, access: Access, sink: Sink, place: str) -> None:
        _hush()
        self._host, self._port = host, port
        self._access, self._sink, self._place = access, sink, place
        self._door: Door | None = None
        self._thread: threading.Thread | None = None
        self._complained: dict[str, float] = {}
        self._received: dict[object, tuple[int, int]] = {}

    @property
    def url(self) -> str:
        """``dicom://127.0.0.1:11112``."""
        port = self._door.server_address[1] if self._door else self._port
        return f"dicom://{self._host}:{port}"

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def start(self) -> None:
        """Listen in the background. Raises OSError when the port is taken, BadSettings for TLS files."""
        door = _entity(self._access).make_server(
            (self._host, self._port),
            ae_title=self._access.ae_title,
            contexts=[build_context(Verification)],
            evt_handlers=[
                (evt.EVT_REQUESTED, self._asked),
                (evt.EVT_C_STORE, self._store),
                (evt.EVT_REJECTED, self._rejected),
            ],
            server_class=Door,
            request_handler=Desk,
            access=self._access,
            furnish=self._furnish,
            over=self._over,
            complain=self._complain,
        )
        assert isinstance(door, Door)
        self._door = door
        self._thread = threading.Thread(target=door.serve_forever, args=(0.1,), name="dicom-door", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more, and end all associations. What was not acknowledged is not kept."""
        if self._door is not None and self._thread is not None:
            door, self._door = self._door, None
            door.shutdown()
            door.dismiss_all(STOP_SECONDS)
            self._thread.join(STOP_SECONDS)

    def _furnish(self, assoc: Association) -> None:
        assoc.dimse = Assembly(assoc, self._part)

    def _part(self, command: Any, syntax: str) -> Part:
        return Part(self._sink.place(), command, syntax, self._access.reserve_bytes)

    def _over(self, assoc: Association) -> None:
        if isinstance(assoc.dimse, Assembly):
            assoc.dimse.drop()
        self._sink.over(assoc)
        files, size = self._received.pop(assoc, (0, 0))
        if files:
            say("received-over-network", place=self._place, files=files, bytes=size)

    def _asked(self, event: evt.Event) -> None:
        """Somebody wants an association."""
        assoc, request = event.assoc, event.assoc.requestor.primitive
        address = event.assoc.requestor.address_info
        if request is None or address is None or not self._access.knows(request.calling_ae_title, address.address):
            self._complain("unknown-title")
            assoc.acse.send_reject(0x01, 0x01, 0x03)  # for good, by us: calling AE title not recognised. PS3.8 9.3.4
            assoc.kill()
        else:
            _offer(assoc, request)

    def _store(self, event: evt.Event) -> int:
        """The answer to one C-STORE."""
        part: Part = event.request._dataset_file.part  # type: ignore[union-attr]
        try:
            self._keep(part, str(event.context.abstract_syntax), event.assoc)
        except Unfit as refusal:
            self._complain(str(refusal))
            return refusal.status
        except OSError:
            self._complain("no-room")
            return NO_ROOM
        except Exception:  # a border: pynetdicom would log what it says, and forget the file
            self._complain("defect")
            return DEFECT
        finally:
            part.discard()
        return SUCCESS

    def _keep(self, part: Part, sop_class: str, sender: object) -> None:
        if not part.fits or part.sop_class != sop_class:
            raise Unfit(MISMATCH)
        part.settle()
        _check(part)
        self._sink.keep(part.path, sender)
        files, size = self._received.get(sender, (0, 0))
        self._received[sender] = files + 1, size + part.size

    def _rejected(self, _event: evt.Event) -> None:
        self._complain("unknown-title")

    def _complain(self, code: str) -> None:
        now = time.monotonic()
        if now - self._complained.get(code, -COMPLAINT_SECONDS) >= COMPLAINT_SECONDS:
            self._complained[code] = now
            say("not-received", place=self._place, code=code)


def _check(part: Part) -> None:
    """Whether the data set is what the command says it is. Raises Unfit, OSError."""
    try:
        with part.path.open("rb") as stream:
            header = read_header(stream)
            found = [str(header.get(name, "")).strip(" \0") for name in ("SOPClassUID", "SOPInstanceUID")]
    except UnreadableFile:
        raise Unfit(CANNOT_UNDERSTAND) from None
    if found != [part.sop_class, part.instance]:
        raise Unfit(MISMATCH)


def _entity(access: Access) -> AE:
    entity = AE(access.ae_title)
    entity.implementation_class_uid = IMPLEMENTATION_UID
    entity.implementation_version_name = IMPLEMENTATION_NAME
    entity.require_called_aet = True
    entity.require_calling_aet = list(access.calling)
    entity.maximum_pdu_size = PDU_BYTES
    entity.maximum_associations = access.most + 1000  # the door counts, before there is a thread
    entity.acse_timeout = ASSOCIATE_SECONDS
    entity.network_timeout = access.idle_seconds
    return entity


def _offer(assoc: Association, request: A_ASSOCIATE) -> None:
    """Take what is asked for as the sender would rather send it: its first syntax is that of its files, and what it has
    to convert may be lost. pynetdicom would go by an order of our own."""
    wanted: dict[str, list[str]] = {}
    for context in request.presentation_context_definition_list:
        if context.abstract_syntax in STORAGE:
            known = wanted.setdefault(str(context.abstract_syntax), [])
            known += [s for s in map(str, context.transfer_syntax) if s in SYNTAXES and s not in known]
    storage = [build_context(sop_class, syntaxes) for sop_class, syntaxes in wanted.items() if syntaxes]
    assoc.acceptor.supported_contexts = [build_context(Verification), *storage]


def _hush() -> None:
    """pynetdicom's loggers quote AE titles, UIDs and, on errors, data; what it would say, we say in our own words."""
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False
    log = logging.getLogger("pynetdicom")
    log.setLevel(logging.CRITICAL + 1)
    log.propagate = False

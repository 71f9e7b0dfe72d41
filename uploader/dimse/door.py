"""pynetdicom's server, made ready for strangers.

+ Who may not connect is sent away before a thread is made for them, and before a byte is read.
+ A connection must bring a whole A-ASSOCIATE-RQ in ASSOCIATE_SECONDS; what comes later is bounded by its `Wire`.
+ When there are too many connections, the one goes that has been waiting longest without an association.
+ TLS is negotiated in the connection's own thread, within the same time.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from socketserver import BaseServer
from typing import Any

from pynetdicom.association import Association
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from uploader.dimse.access import Access
from uploader.dimse.wire import Wire

ASSOCIATE_SECONDS = 5


@dataclass(slots=True, eq=False)
class Caller:
    """One connection. settled: its association has been made, or never will be; dismissed: it was told to go."""

    address: str
    socket: socket.socket
    since: float = field(default_factory=time.monotonic)
    assoc: Association | None = None
    settled: bool = False
    dismissed: bool = False

    @property
    def established(self) -> bool:
        return self.assoc is not None and self.assoc.is_established

    @property
    def over(self) -> bool:
        """Whether no thread works for it any more."""
        threads = (self.assoc, self.assoc.dul) if self.assoc else ()
        return self.settled and not any(thread.is_alive() for thread in threads)

    def dismiss(self) -> None:
        """Let the connection end; its threads find it closed."""
        self.dismissed = True
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class Desk(RequestHandler):
    """Makes an association of a connection, in a thread of its own."""

    server: Door

    def handle(self) -> None:
        caller = self.server.caller(self.client_address)
        try:
            self._serve(caller)
        except (OSError, ValueError):  # the TLS handshake failed, or it was dismissed meanwhile
            self.server.complain_of("no-handshake", caller.address)
            caller.dismiss()
            with suppress(OSError):
                caller.socket.close()
        finally:
            caller.settled = True

    def _serve(self, caller: Caller) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or each answer waits 40 ms
        self.request.settimeout(ASSOCIATE_SECONDS)
        if self.server.tls:
            self.request = caller.socket = self.server.tls.wrap_socket(
                self.request, server_side=True, do_handshake_on_connect=False
            )
            self.request.do_handshake()
        assoc = self._create_association()
        assoc.dul.event_queue.get(block=False)  # "connected", which the other socket says once more
        assoc.dul.socket = Wire(assoc, self.request, caller.since + ASSOCIATE_SECONDS)
        self.server.furnish(assoc)
        for thread in (assoc, assoc.dul):
            thread.run = self._contained(thread.run, caller, assoc)  # type: ignore[method-assign]
        caller.assoc = assoc
        assoc.start()

    def _contained(self, run: Callable[[], None], caller: Caller, assoc: Association) -> Callable[[], None]:
        """Around foreign code that strangers' bytes run through: its traceback may quote them, and goes nowhere."""

        def contained() -> None:
            try:
                run()
            except Exception:
                self.server.complain("defect")
                caller.dismiss()
            finally:
                # The association may be waiting for a request; that nothing will come, nobody tells it.
                assoc.dul.to_user_queue.put(None)

        return contained


class Door(ThreadedAssociationServer):
    """Lets senders in, and knows who is there.

    furnish: puts our own parts into a new association
    over: told of each association that has ended
    complain: told in a word why somebody was not served
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        *args: Any,
        access: Access,
        furnish: Callable[[Association], None],
        over: Callable[[Association], None],
        complain: Callable[[str], None],
        **kwargs: Any,
    ) -> None:
        self.access, self.furnish, self.complain = access, furnish, complain
        self.tls = access.tls.context() if access.tls else None
        self._over = over
        self._callers: dict[Any, Caller] = {}
        self._lock = threading.Lock()
        super().__init__(*args, **kwargs)

    def caller(self, client_address: Any) -> Caller:
        return self._callers[client_address]

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether a thread is made for the connection."""
        address = str(client_address[0])
        if not self.access.admits(address):
            self.complain_of("unknown-address", address)
            return False
        self.sweep()
        with self._lock:
            callers = list(self._callers.values())
            same = [caller for caller in callers if caller.address == address]
            room = _room(same, self.access.most_by_address) and _room(callers, self.access.most)
            if room:
                self._callers[client_address] = Caller(address, request)
        if not room:
            self.complain("too-many")
        return room

    def complain_of(self, code: str, address: str) -> None:
        """Say why nobody was served, but not of this machine's own: a health check connects, and says nothing."""
        if not ip_address(address).is_loopback:
            self.complain(code)

    def sweep(self) -> None:
        """Forget who has gone."""
        with self._lock:
            gone = {key: c for key, c in self._callers.items() if c.over}
            for key in gone:
                del self._callers[key]
        for caller in gone.values():
            if caller.assoc is not None:
                self._over(caller.assoc)
            with suppress(OSError):
                caller.socket.close()

    def service_actions(self) -> None:
        """Called by the accepting thread every moment."""
        super().service_actions()
        self.sweep()

    def shutdown(self) -> None:
        """Let nobody else in. The stock one asks to be known to pynetdicom's AE, which a server made apart is not."""
        BaseServer.shutdown(self)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """No thread or no association can be had. The stock one prints a traceback, which may quote a stranger."""
        self.complain("defect")
        if caller := self._callers.get(client_address):
            caller.settled = True

    def dismiss_all(self, seconds: float) -> None:
        """Let all associations end, and wait for that, but not longer."""
        with self._lock:
            for caller in self._callers.values():
                caller.dismiss()
        until = time.monotonic() + seconds
        while self._callers and time.monotonic() < until:
            self.sweep()
            time.sleep(0.01)


def _room(callers: list[Caller], most: int) -> bool:
    """Whether one more may come. For it goes who has waited longest without an association; of those on their way out,
    too, there are no more than `most`."""
    staying = [caller for caller in callers if not caller.dismissed]
    if len(staying) < most:
        return len(callers) < 2 * most
    waiting = sorted((caller for caller in staying if not caller.established), key=lambda caller: caller.since)
    if not waiting or len(callers) >= 2 * most:
        return False
    waiting[0].dismiss()
    return True

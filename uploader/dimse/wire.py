"""Reading PDUs: a length is looked at before anything is read, and each has its time."""

from __future__ import annotations

import socket
import time

from pynetdicom.association import Association
from pynetdicom.transport import AssociationSocket

PDU_BYTES = 128 << 10
"""Largest PDU that is read; senders are told so (Maximum Length, PS3.8 D.1)."""
PDU_SECONDS = 10
"""From the first byte of a PDU to its last."""
SEND_SECONDS = 10
"""For a sender to take our answer."""
_HEAD = 6
"""Bytes of type, reserved byte and length at the head of every PDU. PS3.8 9.3."""


class Wire(AssociationSocket):
    """The socket of an association. until: when its first PDU must have come, on the monotonic clock."""

    def __init__(self, assoc: Association, client: socket.socket, until: float) -> None:
        super().__init__(assoc, client_socket=client)
        self._until = until
        self._first = True

    def recv(self, nr_bytes: int) -> bytearray:
        """pynetdicom asks for the head of a PDU, then for the rest, and closes the connection on an OSError.

        A rest of as many bytes as a head has only gets its time anew.
        """
        if nr_bytes > PDU_BYTES:
            raise ConnectionAbortedError("a PDU is longer than was agreed")
        if nr_bytes == _HEAD and not self._first:
            self._until = time.monotonic() + PDU_SECONDS
        self._first = self._first and nr_bytes == _HEAD
        assert self.socket is not None
        try:
            return _exactly(self.socket, nr_bytes, self._until)
        finally:
            self.socket.settimeout(SEND_SECONDS)


def _exactly(source: socket.socket, size: int, until: float) -> bytearray:
    """So many bytes, fewer at the end of the stream. Raises TimeoutError."""
    found = bytearray(size)
    view, have = memoryview(found), 0
    while have < size:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError("a PDU comes too slowly")
        source.settimeout(left)
        got = source.recv_into(view[have:])
        if not got:
            break
        have += got
    view.release()
    del found[have:]
    return found

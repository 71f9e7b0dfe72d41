"""One change at a time to a session: who comes second is told off, in the words of XNAT's archiver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from werkzeug.wrappers import Request, Response

from tests.archives.strict_xnat.habits import page
from tests.archives.traps import Forward, drained

_OF_A_SESSION = re.compile(r"/projects/([^/]+)/.*?experiments/([^/]+)")
WORKING = "Session processing may already be in progress: XNAT Transfer.  Concurrent modification is discouraged."
SENDING = "Concurrent file sends of the same data is not supported."
ARCHIVING = "Operation already in progress on this prearchive entry."


class RefusesTheSecond:
    """The habit. Who comes second gets 400, 409 or 423, by what they want; none of them is a fault of the data."""

    def __init__(self) -> None:
        self._under_way: set[tuple[str, str]] = set()
        self._lock = Lock()

    def __call__(self, request: Request, forward: Forward) -> Response:
        found = _OF_A_SESSION.search(request.args.get("dest", "") or request.args.get("src", "") or request.path)
        if request.method == "GET" or not found:
            return forward()
        with self._alone((found[1], found[2])) as alone:
            return forward() if alone else _refused(request)

    @contextmanager
    def _alone(self, session: tuple[str, str]) -> Iterator[bool]:
        with self._lock:
            alone = session not in self._under_way
            self._under_way.add(session)
        try:
            yield alone
        finally:
            if alone:
                with self._lock:
                    self._under_way.discard(session)


def _refused(request: Request) -> Response:
    drained(request)
    if "/services/" in request.path:
        return page(423, ARCHIVING)
    return page(400, SENDING) if "/files/" in request.path else page(409, WORKING)

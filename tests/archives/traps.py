"""An XNAT that behaves as badly as real ones do: WSGI middleware around a well-behaved one.

`Traps` notes every request, and lets a test put a trap in the way of some. A trap gets the request and `forward`,
which hands it on to the archive behind, once or not at all. Twelve traps of XNAT's own, by their numbers in the tests:

 1  any value of `overwrite` but a few allows merging
 2  a prearchive code beside `overwrite` is always refused
 3  a file that exists already is not stored: status 200, the names as `duplicates` in a body called HTML
 4  without the right to edit nothing is stored: status 200, empty body
 5  an unknown tail of a path is ignored: the answer is what stands before it
 6  the site's script changes headers, so digests differ
 7  what a filter rejects is not stored: status 200, empty list
 8  what was to be archived directly lands somewhere else, and nobody says so
 9  sharing answers 200, 201 or 409, for success and for failure
10  pages of HTML with status 200
11  the server's own faults are called bad files: status 400
12  files that cannot be read are left out: status 200

1, 2, 8, 11 and 12 are the import service's; it is never used, which is tested, and what can be imitated at the
file upload is.
"""

from __future__ import annotations

import io
import json
import re
import socket
import tarfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from werkzeug.wrappers import Request, Response

Forward = Callable[[], Response]
Trap = Callable[[Request, Forward], Response]

UPLOAD = ("PUT", r"/files/.*\.tar$")
FILES = ("GET", r"/scans/ALL/files$")
LOGIN = ("PUT", r"/data/services/auth$")
ANYTHING = (".*", r"^(?!.*/data/services/auth$)")
"""Every request but a login."""


@dataclass
class _Rule:
    method: str
    path: str
    trap: Trap
    times: int

    def takes(self, request: Request) -> bool:
        asked = request.full_path if "\\?" in self.path else request.path
        fits = re.fullmatch(self.method, request.method) and re.search(self.path, asked)
        return bool(fits) and self.times > 0


class Traps:
    """The middleware. `seen` has every request that came in, in order."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self.seen: list[Request] = []

    def set(self, where: tuple[str, str], trap: Trap, times: int = 1_000_000) -> None:
        """Put `trap` in the way of the next `times` requests that fit `where` (method, path; patterns). A path's
        pattern that has a question mark to be found is looked for in path and query."""
        self._rules.append(_Rule(*where, trap, times))

    def lift(self) -> None:
        self._rules.clear()

    def asked(self, where: tuple[str, str]) -> list[Request]:
        """The requests that fitted `where`."""
        return [r for r in self.seen if _Rule(*where, passing, 1).takes(r)]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        with self._lock:
            self.seen.append(request)
            rule = next((r for r in self._rules if r.takes(request)), None)
            if rule:
                rule.times -= 1
        trap = rule.trap if rule else passing
        return trap(request, lambda: Response.from_app(self._app, environ))(environ, start_response)


def passing(request: Request, forward: Forward) -> Response:
    return forward()


def answer(status: int, body: str | bytes = b"", kind: str = "text/html") -> Trap:
    """Reads what was sent, keeps nothing and says `status`."""

    def trap(request: Request, forward: Forward) -> Response:
        drained(request)
        return Response(body, status, content_type=kind)

    return trap


def at_once(status: int) -> Trap:
    """Says `status` and hangs up before it has read the body."""
    return lambda request, forward: Response(b"", status, headers={"Connection": "close"})


LOGIN_PAGE = answer(200, "<!DOCTYPE html>\n<html><title>XNAT Login</title></html>")
"""10: what XNAT shows to browsers, and to everybody behind some proxies."""

SWALLOWS = answer(200)
"""4 and 7: no right to edit, or filtered by a series rule; 200, and nothing stored."""


def duplicates(request: Request, forward: Forward) -> Response:
    """3: claims that the files exist already."""
    names = [m.name for m in _members(request)]
    return Response(json.dumps({"duplicates": names}), 200, content_type="text/html")


def tail_ignored(request: Request, forward: Forward) -> Response:
    """5: answers with the experiment that stands before an unknown tail."""
    item = {"meta": {"xsi:type": "xnat:ctSessionData"}, "data_fields": {"ID": "CENTRAL_E00001", "label": "x"}}
    return Response(json.dumps({"items": [{"children": [], **item}]}), 200, content_type="application/json")


def rewrites(request: Request, forward: Forward) -> Response:
    """6: a script changes the bytes of every file."""
    return _with_members(request, forward, lambda name, data: (name, data[::-1] + b"anonymised"))


def rewrites_same_size(request: Request, forward: Forward) -> Response:
    """6, when what the script writes is as long as what was there."""
    return _with_members(request, forward, lambda name, data: (name, data.swapcase()))


def skips_second(request: Request, forward: Forward) -> Response:
    """12: leaves out what it calls unreadable, and says 200."""
    return _with_members(request, forward, lambda name, data: None if name.startswith("0002") else (name, data))


def stores_elsewhere(request: Request, forward: Forward) -> Response:
    """8: puts the files where nobody looks for them, and says 200."""
    request.environ["PATH_INFO"] = re.sub(r"/experiments/[^/]+", "/experiments/ELSEWHERE", request.path)
    forward()
    return Response(b"", 200)


def subject_ignored(request: Request, forward: Forward) -> Response:
    """Finds a session by project and label alone, whatever subject the path names."""
    request.environ["PATH_INFO"] = re.sub(r"/subjects/[^/]+", "", request.path)
    return forward()


def empty_listing(request: Request, forward: Forward) -> Response:
    """7: 200 with an empty list."""
    nothing = {"ResultSet": {"Result": [], "totalRecords": "0"}}
    return Response(json.dumps(nothing), 200, content_type="application/json")


def without_digests(request: Request, forward: Forward) -> Response:
    """A site that keeps no checksums."""
    return with_rows(forward, lambda rows: [{**row, "digest": ""} for row in rows])


def listing_twice(request: Request, forward: Forward) -> Response:
    """Two resources of one label."""
    return with_rows(forward, lambda rows: rows + rows)


def reply_lost(request: Request, forward: Forward) -> Response:
    """Does it, and then the line is dead."""
    forward()
    return _hang_up(request)


def line_dead(request: Request, forward: Forward) -> Response:
    """The line dies before anything is done."""
    return _hang_up(request)


def cut_off(request: Request, forward: Forward) -> Response:
    """The line dies when half of what is sent has come."""
    request.stream.read((request.content_length or 0) // 2)
    return _hang_up(request)


def stalls(seconds: float) -> Trap:
    """Does it, and answers after `seconds`."""

    def trap(request: Request, forward: Forward) -> Response:
        response = forward()
        time.sleep(seconds)
        return response

    return trap


def waits(begun: threading.Event, over: threading.Event) -> Trap:
    """Says by `begun` that it has been asked, and does nothing until `over`."""

    def trap(request: Request, forward: Forward) -> Response:
        begun.set()
        over.wait()
        return forward()

    return trap


def stalls_before(seconds: float) -> Trap:
    """Does it only after `seconds`."""

    def trap(request: Request, forward: Forward) -> Response:
        given_anew(request, request.get_data())
        time.sleep(seconds)
        return forward()

    return trap


def stored_then(status: int, body: str = "<html>Bad Gateway</html>") -> Trap:
    """A proxy gives up while the archive behind goes on: stored, yet answered with `status`."""

    def trap(request: Request, forward: Forward) -> Response:
        forward()
        return Response(body, status, content_type="text/html")

    return trap


def cut_short(request: Request, forward: Forward) -> Response:
    """Sends half a file, and no length that would betray it."""
    data = forward().get_data()
    response = Response(data[: len(data) // 2], 200, content_type="application/octet-stream")
    del response.headers["Content-Length"]
    response.automatically_set_content_length = False
    return response


def expired(ticket: str) -> Trap:
    """The login that `ticket` stands for is over."""

    def trap(request: Request, forward: Forward) -> Response:
        return Response(b"", 401) if request.cookies.get("JSESSIONID") == ticket else forward()

    return trap


def redirects(url: str) -> Trap:
    return lambda request, forward: Response(b"", 302, headers={"Location": url})


def many_cookies(request: Request, forward: Forward) -> Response:
    """Cookies that grow until every request is refused."""
    response = forward()
    response.set_cookie("SESSION_EXPIRATION_TIME", "1,2")
    response.set_cookie("activity", "x" * 4000)
    return response


def drained(request: Request) -> None:
    """Read the body to its end, and forget it."""
    while request.stream.read(1 << 16):
        pass


def _hang_up(request: Request) -> Response:
    connection: socket.socket = request.environ["tests.connection"]
    connection.shutdown(socket.SHUT_RDWR)
    return Response(b"", 500)


def _members(request: Request) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(request.get_data())) as tar:
        return tar.getmembers()


def _with_members(
    request: Request, forward: Forward, change: Callable[[str, bytes], tuple[str, bytes] | None]
) -> Response:
    packed_anew(request, change)
    forward()
    return Response(b"", 200, content_type="text/plain")


def packed_anew(request: Request, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:
    """Make the tar that comes another one: `change` gets name and data of each member, None leaves it out."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(request.get_data())) as sent,
        tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as kept,
    ):
        for member in sent:
            changed = change(member.name, sent.extractfile(member).read())  # type: ignore[union-attr]
            if changed:
                info = tarfile.TarInfo(changed[0])
                info.size = len(changed[1])
                kept.addfile(info, io.BytesIO(changed[1]))
    given_anew(request, out.getvalue())


def given_anew(request: Request, body: bytes) -> None:
    """Let what stands behind read `body`, from its beginning."""
    request.environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def with_rows(forward: Forward, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> Response:
    """The listing that stands behind, its rows changed."""
    response = forward()
    if response.status_code == 200:
        table = json.loads(response.get_data())
        table["ResultSet"]["Result"] = change(table["ResultSet"]["Result"])
        response.set_data(json.dumps(table))
    return response


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the play."""


class _Handler(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), "tests.connection": self.connection}

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve `app` on a free port of this machine; gives its URL."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.set_app(app)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

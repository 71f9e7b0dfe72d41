"""What XNAT does otherwise than one would think, to everybody and always.

A habit gets the request and `forward`, which hands it on to what stands behind. Numbers are those of `traps`.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from werkzeug.wrappers import Request, Response

from tests.archives.traps import Forward, drained, given_anew, packed_anew, with_rows

Habit = Callable[[Request, Forward], Response]
FILES_SENT = re.compile(r"/files/.+$")
LISTING = re.compile(r"/files$")
SESSION = re.compile(r"(/data(?:/archive)?/projects/[^/]+)/subjects/[^/]+(/experiments/[^/]+)(/(?!projects\b).*)?$")
TAIL = re.compile(r"(/data(?:/archive)?/projects/[^/]+/experiments/[^/]+)/(?!projects\b).+$")
BROWSER = re.compile(r"Mozilla|Chrome|Safari|Gecko|MSIE")
MOST_COOKIE_BYTES = 400
"""As long as a header field may be before this server refuses it; Tomcat's limit, scaled down."""


def shows_browsers_a_login_page(request: Request, forward: Forward) -> Response:
    """10: status 200 and HTML instead of 401, for whoever calls itself a browser."""
    response = forward()
    if response.status_code == 401 and BROWSER.search(request.headers.get("User-Agent", "")):
        return page(200, "XNAT Login")
    return response


def says_ok_to_names_that_are_taken(request: Request, forward: Forward) -> Response:
    """3: what is there stays, the rest is stored; status 200, the names in JSON called HTML."""
    if not (request.method in ("PUT", "POST") and FILES_SENT.search(request.path)):
        return forward()
    given_anew(request, request.get_data())
    response = forward()
    if not (taken := _taken(response)):
        return response
    if request.args.get("extract") == "true":
        packed_anew(request, lambda name, data: None if name in taken else (name, data))
        forward()
    return Response(json.dumps({"duplicates": sorted(taken)}), 200, content_type="text/html")


def _taken(response: Response) -> set[str]:
    """Names that the archive behind refuses because they exist."""
    found = re.search(r'"duplicates":\s*(\[[^\]]*\])', html.unescape(response.get_data(as_text=True)))
    return set(json.loads(found[1])) if found else set()


def says_ok_without_the_right_to_edit(request: Request, forward: Forward) -> Response:
    """4: nothing is stored, status 200, empty body."""
    response = forward()
    sent = request.method in ("PUT", "POST") and FILES_SENT.search(request.path)
    return Response(b"", 200, content_type="text/plain") if sent and response.status_code == 403 else response


def ignores_tails(request: Request, forward: Forward) -> Response:
    """5: below a project's experiments there is nothing: the answer is the experiment."""
    if request.method == "GET" and (found := TAIL.fullmatch(request.path)):
        request.environ["PATH_INFO"] = found[1]
        request.environ["QUERY_STRING"] = "format=json"
    return forward()


def finds_sessions_by_label_alone(request: Request, forward: Forward) -> Response:
    """The subject in a path is not looked at, but for making a session."""
    found = SESSION.fullmatch(request.path)
    if found and (found[3] or request.method == "GET"):
        request.environ["PATH_INFO"] = found[1] + found[2] + (found[3] or "")
    return forward()


def sets_cookies(request: Request, forward: Forward) -> Response:
    """Of its own with every answer, and refuses them when they have grown."""
    if len(request.headers.get("Cookie", "")) > MOST_COOKIE_BYTES:
        return page(400, "Request header is too large")
    response = forward()
    response.set_cookie("SESSION_EXPIRATION_TIME", "1795900000000,900000")
    response.set_cookie("ACTIVITY", "x" * MOST_COOKIE_BYTES)
    return response


def keeps_no_checksums(request: Request, forward: Forward) -> Response:
    """As sites do that want speed: listings without digests."""
    if request.method == "GET" and LISTING.search(request.path):
        return with_rows(forward, lambda rows: [{**row, "digest": ""} for row in rows])
    response = forward()
    if request.path == "/xapi/siteConfig" and response.status_code == 200:
        response.set_data(json.dumps({**json.loads(response.get_data()), "checksums": False}))
    return response


@dataclass
class EndsSessions:
    """A login is over after `requests` of them, in the middle of whatever it is: XNAT's 15 minutes, in small."""

    requests: int
    _left: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, request: Request, forward: Forward) -> Response:
        ticket = request.cookies.get("JSESSIONID", "")
        with self._lock:
            left = self._left[ticket] = self._left.get(ticket, self.requests) - 1
        if ticket and left < 0:
            drained(request)
            return page(401, "Full authentication is required to access this resource")
        return forward()


def page(status: int, says: str) -> Response:
    """An error as Tomcat shows it."""
    return Response(f"<!DOCTYPE html>\n<html><h3>{says}</h3></html>", status, content_type="text/html")

"""HTTP to one XNAT: login, requests, one login for all threads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from threading import Lock
from typing import Protocol
from urllib.parse import quote

import requests
from urllib3 import BaseHTTPResponse

from uploader.archives.xnat.faults import fault, is_page, translated
from uploader.domain.errors import ArchiveRefused, LoginRefused, Misconfigured

Form = Mapping[str, str]
Body = Callable[[], Iterable[bytes] | bytes | Form]
"""Makes the body anew, for every time it is sent; what it makes has a length."""

_USER_AGENT = "secure-dicom-uploader"
"""Not like a browser's: browsers are given the login page with status 200, and need a CSRF token."""
_LONGEST_EXCUSE = 1 << 16
"""Bytes read of an error's body."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the whole body, or for a download that succeeded the open response and no body."""

    status: int
    body: bytes
    raw: BaseHTTPResponse | None = None

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300 and not is_page(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One request, as often as it has to be sent."""

    method: str
    where: str
    doing: str
    params: Form | None = None
    body: Body | None = None
    kind: str = ""
    keep_open: bool = False


def path(*parts: str) -> str:
    """``/data/`` and the quoted parts. Raises ArchiveRefused for a part that would lead elsewhere."""
    return below("/data", *parts)


def below(where: str, *parts: str) -> str:
    """`where` and the quoted parts. Raises ArchiveRefused for a part that would lead elsewhere."""
    if any(part in ("", ".", "..") for part in parts):
        raise ArchiveRefused("a project, subject, session or file has no usable name")
    return "/".join((where, *(quote(part, safe="") for part in parts)))


class Password(Protocol):
    """What holds a password: a file, which may be changed while we work, or what somebody has just said."""

    def read_text(self) -> str: ...


class Client:
    """Requests to one XNAT under one account. Threads may share it."""

    def __init__(
        self,
        name: str,
        url: str,
        user: str,
        password_file: Password,
        *,
        stall_seconds: float,
        connect_seconds: float,
        ca_file: Path | None = None,
    ) -> None:
        self.name = name
        self.user = user
        self._url = url.rstrip("/")
        self._password_file = password_file
        self._stall_seconds = stall_seconds
        self._connect_seconds = connect_seconds
        self._ca_file = ca_file
        self._ticket = ""
        self._login = Lock()
        self.http = requests.Session()
        self.http.auth = lambda request: request  # or requests would look for a login in ~/.netrc
        # XNAT's other cookies grow until every request is refused, so only JSESSIONID is sent, by hand
        self.http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.http.headers.update({"User-Agent": _USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"})

    def ask(
        self,
        method: str,
        where: str,
        params: Form | None = None,
        *,
        doing: str,
        body: Body | None = None,
        kind: str = "",
        keep_open: bool = False,
        also: Collection[int] = (),
    ) -> Answer:
        """One request, with one fresh login when the old one is over.

        doing: our words for it, for messages
        kind: media type of the body, where it is not a form
        also: statuses that are an answer too, not a fault
        keep_open: leave the body of a success unread, in `raw`; the caller closes it
        """
        question = _Question(
            method=method, where=where, doing=doing, params=params, body=body, kind=kind, keep_open=keep_open
        )
        ticket = self._ticket or self._log_in("")
        answer = self._send(question, ticket)
        if self._logged_out(answer, ticket):
            answer = self._send(question, self._log_in(ticket))
        if not answer.good and (answer.status not in also or answer.status == 401):
            raise fault(self.name, doing, answer.status, answer.body, upload=body is not None)
        return answer

    def _send(self, question: _Question, ticket: str) -> Answer:
        data = question.body() if question.body else None
        # While a body is sent the connect timeout is also that of each send, so there the stall timeout applies
        connect = self._connect_seconds if data is None else self._stall_seconds
        with translated(self.name, question.doing):
            response = self.http.request(
                question.method,
                self._url + question.where,
                params=question.params,
                headers=_headers(ticket, question.kind),
                data=data,
                stream=True,
                allow_redirects=False,
                timeout=(connect, self._stall_seconds),
                verify=self._trusted(),
            )
            is_text = response.headers.get("Content-Type", "").startswith("text/html")
            if question.keep_open and response.ok and not is_text:
                return Answer(response.status_code, b"", response.raw)
            return _read(response)

    def _trusted(self) -> str | bool:
        """Whose certificates are trusted. Said with each request: the environment would win over the session."""
        if self._ca_file is None:
            return True
        if not self._ca_file.is_file():
            raise Misconfigured(f"{self.name}: the file named in the setting {self.name}.ca_file cannot be read")
        return str(self._ca_file)

    def _logged_out(self, answer: Answer, ticket: str) -> bool:
        """Whether the login is over. On a site that admits guests that looks like 404 for everything."""
        if answer.status == 404:
            who = self._send(_Question(method="GET", where="/data/auth", doing="asking who we are"), ticket)
            return not who.good or b"'guest'" in who.body
        return answer.status == 401 or (answer.status < 300 and is_page(answer.body))

    def _log_in(self, stale: str) -> str:
        """A ticket other than `stale`. Threads that find the same one stale share one login."""
        with self._login:
            if self._ticket == stale:
                self._ticket = self._fresh_ticket()
            return self._ticket

    def _fresh_ticket(self) -> str:
        doing = "logging in"
        form = {"username": self.user, "password": self._password()}
        answer = self._send(
            _Question(method="PUT", where="/data/services/auth", doing=doing, body=lambda: form), ticket=""
        )
        if answer.status in (401, 403):
            raise LoginRefused(
                f"{self.name}: account {self.user!r} is not accepted; check its password file, and that the account is "
                "enabled and not locked: XNAT locks it for an hour after 20 wrong passwords"
            )
        if not answer.good:
            raise fault(self.name, doing, answer.status, answer.body)
        ticket = answer.body.decode("ascii", "replace").strip()
        if not ticket or not ticket.isprintable() or set(ticket) & set(' ;,"'):
            raise ArchiveRefused(f"{self.name}: {doing}: the answer is not a session id; is this an XNAT?")
        return ticket

    def _password(self) -> str:
        try:
            return self._password_file.read_text().rstrip("\r\n")
        except OSError:
            raise Misconfigured(f"{self.name}: the password file of account {self.user!r} cannot be read") from None


def _headers(ticket: str, kind: str) -> Form:
    """What a request says besides the usual."""
    login = {"Cookie": f"JSESSIONID={ticket}"} if ticket else {}
    return login | ({"Content-Type": kind} if kind else {})


def _read(response: requests.Response) -> Answer:
    """The whole body of a success, the beginning of an error's."""
    with response:
        body = response.content if response.ok else response.raw.read(_LONGEST_EXCUSE, decode_content=True)
    return Answer(response.status_code, body)

"""Foreign errors and statuses, translated into ours.

A message names the archive, what was being done and the status: never a URL, never what the server wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

import requests
import urllib3

from uploader.domain.errors import ArchiveRefused, ArchiveUnavailable, LoginRefused, Misconfigured, UploaderError

_BUSY = frozenset({408, 423, 425, 429})
_FULL = (b"no space left", b"disk full", b"insufficient storage", b"disk quota exceeded")
_PASSING = (b"concurrent", b"being processed", b"already in progress", b"is locked", b"in progress on this")
"""Words in XNAT's error pages that tell a passing trouble from a refusal, whatever the status: another sender or a
script of the archive is at this session just now."""
_ADMINISTRATOR = "ask the archive's administrator"
_WRONG_SETTINGS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.URLRequired,
    requests.exceptions.InvalidHeader,
)


def is_page(body: bytes) -> bool:
    """Whether `body` begins as an HTML page: XNAT's login page and proxies' excuses come with status 200."""
    return body[:64].lstrip().lower().startswith((b"<!doctype", b"<html"))


def fault(name: str, doing: str, status: int, body: bytes, *, upload: bool = False) -> UploaderError:
    """The error that an answer stands for.

    upload: a 400 to an upload is no proof that the file is bad, because XNAT reports its own trouble so;
    the caller looks, and sends what is missing again.
    """
    says = f"{name}: {doing}: the archive answered with status {status}"
    if status == 401:
        return LoginRefused(f"{says} after a fresh login; check the account's rights")
    if 300 <= status < 400:
        return ArchiveRefused(f"{says}, a redirect; set the archive's url to its final address")
    if status < 300:
        return ArchiveUnavailable(f"{says}, but with a web page instead of data")
    if passing := _passing(status, body.lower()):
        return ArchiveUnavailable(f"{says}: {passing}")
    if status >= 500 or status in _BUSY or (upload and status == 400):
        return ArchiveUnavailable(f"{says}; what it kept is unknown until it is looked at")
    return ArchiveRefused(f"{says}: {_refusal(status, body.lower())}")


def _passing(status: int, body: bytes) -> str:
    """What a passing trouble is and what helps; empty when the answer does not say."""
    if status == 507 or any(word in body for word in _FULL):
        return "its disk is full; nothing is lost here, and the rest goes as soon as there is room: " + _ADMINISTRATOR
    if status == 423 or any(word in body for word in _PASSING):
        return "somebody else, or the archive itself, is at this session; it is tried again"
    return ""


def _refusal(status: int, body: bytes) -> str:
    if status == 404:
        return f"there is no such project, or our account may not see it; {_ADMINISTRATOR} for access, then try again"
    if status == 403 and b"deleted" in body:
        return "the ID belonged to a project that was deleted, and XNAT gives no ID twice; choose another project ID"
    if status == 403:
        return f"our account may not do this here; {_ADMINISTRATOR} to make it a member of the project, then try again"
    if status == 409:
        return "the archive has something else of this name; look at the session there, nothing was overwritten"
    return f"{_ADMINISTRATOR} what it has against it, then try again"


@contextmanager
def translated(name: str, doing: str) -> Iterator[None]:
    """Turns everything that requests, urllib3 and the network raise into an error of ours."""
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
        raise _translation(name, doing, error) from None


def _translation(name: str, doing: str, error: Exception) -> UploaderError:
    kind = type(error).__name__
    if isinstance(error, _WRONG_SETTINGS):
        return Misconfigured(f"{name}: {doing}: the archive's url or proxy in the settings is wrong ({kind})")
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Misconfigured(
            f"{name}: {doing}: the archive's TLS certificate is {_distrusted(str(error))}; nothing was sent. Where the "
            f"hospital has an authority of its own, name its certificate in the setting {name}.ca_file"
        )
    return ArchiveUnavailable(f"{name}: {doing}: no answer ({kind})")


def _distrusted(said: str) -> str:
    """Why a certificate is not trusted, in words of ours."""
    if "has expired" in said:
        return "out of date: its administrator must renew it"
    if "Hostname mismatch" in said or "doesn't match" in said or "IP address mismatch" in said:
        return "made for another name: set url to the name that it is made for"
    if "self-signed" in said or "self signed" in said:
        return "self-signed, or signed by an authority that is not trusted here"
    return "not trusted here"

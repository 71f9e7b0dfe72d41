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
_PASSING = (b"concurrent", b"being processed", b"no space left", b"disk full", b"insufficient storage")
"""Words in XNAT's error pages that tell a passing trouble from a refusal, whatever the status."""
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
    if status >= 500 or status in _BUSY or (upload and status == 400):
        return ArchiveUnavailable(f"{says}; what it kept is unknown until it is looked at")
    if any(word in body.lower() for word in _PASSING):
        return ArchiveUnavailable(f"{says} and says that it is busy or full")
    return ArchiveRefused(f"{says}; ask its administrator whether our account may do this")


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
        return Misconfigured(f"{name}: {doing}: the archive's TLS certificate is not trusted here")
    return ArchiveUnavailable(f"{name}: {doing}: no answer ({kind})")

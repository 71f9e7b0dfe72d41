"""An XNAT that nobody has set up yet: wait until it answers, and lift its gate.

Apart from the client, which logs in: before the set-up an XNAT knows no login but its factory's, by Basic.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import requests

from uploader.archives.xnat.faults import translated
from uploader.domain.errors import ArchiveRefused, ArchiveUnavailable

FACTORY = ("admin", "admin")
"""Login and password of an XNAT as it is delivered."""
_OPEN = "/xapi/siteConfig/buildInfo"
"""Answers JSON without a login as soon as the XNAT has started."""
_PAUSE = 2.0
_AGENT = {"User-Agent": "secure-dicom-uploader"}


def await_site(name: str, url: str, *, seconds: float, verify: str | bool, tell: Callable[[str], None]) -> str:
    """Ask until the XNAT at `url` has started; returns its version. The first start takes minutes.

    Raises ArchiveUnavailable when it has not answered after `seconds`, Misconfigured for a certificate that is not
    trusted.
    """
    until, told = time.monotonic() + seconds, False
    while True:
        try:
            version = _ask(name, "GET", url + _OPEN, verify)
            if isinstance(version, dict) and "version" in version:
                return str(version["version"])
            trouble = f"{name}: what answers at {url} is not an XNAT"
        except ArchiveUnavailable as error:
            trouble = str(error)
        if time.monotonic() > until:
            raise ArchiveUnavailable(f"{trouble}; waited {seconds:.0f} s for it to start")
        if not told:
            tell(f"{name}: waiting for {url} to start")
            told = True
        time.sleep(_PAUSE)


def initialized(name: str, url: str, verify: str | bool) -> bool:
    """Whether the first set-up was done. One that does not say so without a login has been set up."""
    try:
        return _ask(name, "GET", f"{url}/xapi/siteConfig/initialized", verify) is not False
    except ArchiveRefused:
        return True


def initialise(name: str, url: str, verify: str | bool, values: Mapping[str, object]) -> None:
    """Lift the gate of an XNAT that was not set up yet, as its factory login. Raises ArchiveRefused."""
    _ask(name, "POST", f"{url}/xapi/siteConfig", verify, {**values, "initialized": True}, FACTORY)


def _ask(
    name: str,
    method: str,
    url: str,
    verify: str | bool,
    values: Mapping[str, object] | None = None,
    login: tuple[str, str] | None = None,
) -> object:
    doing = "first set-up"
    with translated(name, doing):
        answer = requests.request(
            method, url, json=values, auth=login, headers=_AGENT, timeout=(10, 60), verify=verify, allow_redirects=False
        )
    if answer.status_code >= 500:
        raise ArchiveUnavailable(f"{name}: {doing}: the archive answered with status {answer.status_code}")
    if not answer.ok or answer.is_redirect:
        raise ArchiveRefused(f"{name}: {doing}: the archive answered with status {answer.status_code}")
    if method != "GET":
        return None
    try:
        return answer.json()
    except ValueError:
        return None

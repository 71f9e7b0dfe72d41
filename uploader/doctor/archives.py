"""Each archive: does it answer, let our account in, leave bytes alone, agree on the time, and prove who it is."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from uploader.config import ArchiveSettings
from uploader.doctor.observation import Observation, note, observed, well, wrong
from uploader.gateway import Built, archive_of
from uploader.home import ARCHIVES
from uploader.hosted import projects_of

MOST_SKEW = timedelta(seconds=60)
"""Clocks farther apart make a history that nobody can read, and end logins early."""
RENEW = timedelta(days=30)
"""A certificate that ends sooner is worth a word."""
_AGENT = {"User-Agent": "secure-dicom-uploader"}


def look(built: Built, names: Sequence[str] = ARCHIVES) -> Iterator[Observation]:
    """All three, or those that are named."""
    for name in names:
        for part in (_reach, _certificate):
            yield from observed(name, part, (built, name))


def _reach(what: tuple[Built, str]) -> Iterator[Observation]:
    """Raises what the pre-flight raises."""
    built, name = what
    about: ArchiveSettings = getattr(built.settings, name)
    projects = [project for project, _ in projects_of(built.settings, name)]
    said = archive_of(built.settings, name).preflight(*projects)
    yield well(name, f"answers at {about.url}, lets {about.user!r} in, shows {', '.join(projects)}; no script is on")
    for sentence in said:
        yield note(name, sentence, "nothing has to be done now")
    yield from _clock(name, about)


def _clock(name: str, about: ArchiveSettings) -> Iterator[Observation]:
    answer = requests.get(f"{about.url}/xapi/siteConfig/buildInfo", headers=_AGENT, timeout=10, verify=about.trusted)
    said = answer.headers.get("Date")
    if said is None:
        yield note(name, "does not say what time it has", "nothing has to be done")
        return
    apart = abs(datetime.now(UTC) - parsedate_to_datetime(said))
    if apart > MOST_SKEW:
        says = f"its clock and ours are {apart.total_seconds():.0f} s apart"
        yield wrong(name, says, "let both machines take the time from the hospital's NTP server")
    else:
        yield well(name, "its clock agrees with ours")


def _certificate(what: tuple[Built, str]) -> Iterator[Observation]:
    built, name = what
    about: ArchiveSettings = getattr(built.settings, name)
    address = urlsplit(about.url)
    if address.scheme != "https":
        if address.hostname not in ("127.0.0.1", "localhost", "::1") and name == "central":
            yield wrong(name, f"is asked without TLS at {about.url}", "set its url to the https address")
        return
    ends = expiry(str(address.hostname), address.port or 443, str(about.ca_file) if about.ca_file else None)
    left = ends - datetime.now(UTC)
    if left < RENEW:
        yield note(name, f"its certificate ends on {ends:%Y-%m-%d}", "have it renewed before: then nothing is sent")
    else:
        yield well(name, f"its certificate is good until {ends:%Y-%m-%d}")


def expiry(host: str, port: int, ca_file: str | None) -> datetime:
    """When the certificate at host:port ends. One that is not trusted was found by the reach already."""
    context = ssl.create_default_context(cafile=ca_file)
    with (
        socket.create_connection((host, port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host) as s,
    ):
        certificate = s.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)

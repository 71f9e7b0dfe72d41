"""The settings of the centre's service: one TOML file, `central.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from uploader.config import read_toml
from uploader.domain.errors import BadSettings
from uploader.seal import PublicKey

FILE = "central.toml"

TEMPLATE = """\
# Settings of the centre's sharing service (uploader central). Relative paths start at this file's folder.
# An unknown key stops the start and is named. docs/central.md explains every key.

url = "https://xnat.example.org"     # the centre's XNAT
user = "sharing"                     # account of this service: owner of the trials' projects, member of the sites'
password_file = "secrets/sharing"    # file with its password, mode 0600
poll_seconds = 60                    # how often the sites' projects are looked at
recheck_seconds = 3600               # how often what is shared is verified anew

# One entry a site: its own project, and the file secrets/site.pub of its home, as that site handed it to you.
# [[sites]]
# name = "SITE01"
# project = "SITE01"
# key = "keys/SITE01.pub"

# One entry a trial: its ID, as the sites' protocols and (0012,0020) say it, and its project.
# [[trials]]
# id = "DEMO-RT"
# project = "DEMO-RT"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """One site that sends sessions."""

    name: str
    """The site's name as its own settings say it, and its consignments."""
    project: str
    """The site's own project at the centre."""
    key: Path
    """The site's public key."""
    former_keys: tuple[Path, ...] = ()
    """Keys that the site has replaced: what they signed before is believed still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialSettings:
    """One trial that takes sessions."""

    id: str
    """As in (0012,0020)."""
    project: str
    """Project of the trial at the centre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralSettings:
    """Whom the service talks to, whom it believes, and what goes where."""

    home: Path
    """The folder of `central.toml`."""
    url: str
    """Root of the centre's XNAT."""
    user: str
    """Account of the service there."""
    password_file: Path
    """File with its password."""
    sites: tuple[SiteSettings, ...]
    """The sites whose projects are watched."""
    trials: tuple[TrialSettings, ...]
    """The trials into whose projects sessions are shared."""
    poll_seconds: float = 60
    """How often the sites' projects are looked at."""
    recheck_seconds: float = 3600
    """How often what is shared is verified anew."""
    stall_seconds: float = 120
    """Give up on an answer, and look again, when nothing has come for this long."""
    ca_file: Path | None = None
    """Certificates (PEM) of the authorities that `url` must be signed by; None: those the system trusts."""

    @classmethod
    def read(cls, home: Path) -> CentralSettings:
        """Raises BadSettings for an unknown, missing or impossible setting, naming it."""
        settings: CentralSettings = read_toml(cls, home, FILE, f"make one with: uploader central init --home {home}")
        _once("sites", "name", [site.name for site in settings.sites])
        _once("sites", "project", [site.project for site in settings.sites])
        _once("trials", "id", [trial.id for trial in settings.trials])
        if both := {s.project for s in settings.sites} & {t.project for t in settings.trials}:
            raise BadSettings(f"{FILE}: project {min(both)} is a site's and a trial's; each has its own")
        return settings

    def keys(self) -> dict[str, list[PublicKey]]:
        """Site -> its public keys. Raises BadSettings for one that cannot be read, or that occurs twice."""
        keys = {site.name: [PublicKey.read(path) for path in (site.key, *site.former_keys)] for site in self.sites}
        _once("sites", "key", [key.fingerprint for each in keys.values() for key in each])
        return keys


def _once(table: str, key: str, values: list[str]) -> None:
    if len(set(values)) != len(values):
        raise BadSettings(f"{FILE}: two entries of {table} have the same {key}; each has one of its own")

"""Settings: one TOML file, read once, at the top. Secrets are named in it, not written."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from uploader.domain.errors import BadSettings

FILE = "uploader.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """How `uploader provision` sets an XNAT up, and where browsers find it. The line itself reads none of it."""

    admin_user: str = "admin"
    """Administrator's account; another one than ``admin`` is made, and ``admin`` is switched off."""
    admin_email: str = "xnat@localhost"
    """Address of the administrator; accounts get it with their login as detail, ``xnat+ada@…``."""
    site_id: str = ""
    """First part of the IDs that XNAT gives, never changed once set; empty: the archive's name."""
    public_url: str = ""
    """Root of the XNAT as browsers reach it, for the desk's links to its viewer too; empty: `url`."""
    people: tuple[str, ...] = ()
    """Logins of staff who may look at the sessions there."""
    receiver_port: int = 0
    """Port of a DICOM receiver of the XNAT itself; 0: all are switched off, since the listener receives."""
    receiver_ae_title: str = ""
    """AE title of that receiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """One of the three archives the line talks to."""

    url: str
    """Root of the XNAT, e.g. ``https://xnat.example.org``."""
    user: str = "uploader"
    """Account of the line at this archive."""
    password_file: Path
    """File that holds the account's password, mode 0600."""
    project: str
    """Project that takes the sessions. Anonymised archive: unused, each trial has a project of its own."""
    embedded: bool = False
    """Whether `uploader serve` runs this archive itself, at the port of `url`."""
    admin_password_file: Path | None = None
    """Password of the administrator, for embedded archives and for `uploader provision`."""
    site: SiteSettings = field(default_factory=SiteSettings)
    """How `uploader provision` sets this archive up."""
    share: bool = True
    """Central archive: whether the line shows sessions in the trials' projects itself; false where the centre does."""
    stall_seconds: float = 120
    """Give up on a transfer, and look again, when nothing has moved for this long."""
    quiet_seconds: float = 60
    """Embedded archives only: a session in the prearchive is complete when no file has come for this long."""
    viewer: Path | None = None
    """Embedded archives only: folder with a build of the OHIF viewer, served at ``/VIEWER/``."""
    ca_file: Path | None = None
    """Certificates (PEM) of the authorities that `url` must be signed by; None: those the system trusts."""

    @property
    def trusted(self) -> str | bool:
        """Whose certificates `requests` is to trust: those of `ca_file`, else those that browsers trust; never any."""
        return str(self.ca_file) if self.ca_file else True


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSettings:
    """The watched folder."""

    path: Path
    """Folder that people and systems drop sessions into."""
    quiet_seconds: float = 10
    """A file is complete when its size and date have not changed for this long."""
    poll_seconds: float = 2
    """How often the folder is looked at."""
    max_files: int = 50_000
    """Most files in one zip."""
    max_bytes: int = 64_000_000_000
    """Most bytes a zip may unpack to."""
    max_ratio: int = 200
    """Most bytes a zip may unpack to for each of its own."""
    max_depth: int = 2
    """Most zips inside zips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSettings:
    """The DICOM listener: what is sent to it goes into the watched folder."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 11112
    """Port to listen on."""
    ae_title: str = "UPLOADER"
    """AE title that senders must call it."""
    calling: tuple[str, ...] = ()
    """AE titles that may send; empty takes any."""
    peers: tuple[str, ...] = ()
    """Addresses and networks that may connect, e.g. ``("10.1.2.0/24",)``; empty takes any."""
    tls_certificate: Path | None = None
    """PEM file of its certificate: then it speaks TLS only."""
    tls_key: Path | None = None
    """PEM file of the certificate's key."""
    tls_clients: Path | None = None
    """PEM file of the authorities whose certificates senders must show."""
    most: int = 32
    """Connections at the same time."""
    most_by_address: int = 4
    """Connections of one address at the same time."""
    idle_seconds: float = 60
    """An association on which nothing comes for so long is aborted."""
    reserve_bytes: int = 2_000_000_000
    """Room that stays free on the disk of the watched folder; when there is less, senders are told to try later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """The web desk."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8080
    """Port to listen on."""
    idle_minutes: int = 15
    """A login ends when nothing was done for this long."""
    https: bool = False
    """A proxy in front brings HTTPS: the browser then sends the cookie over HTTPS only."""
    hosts: tuple[str, ...] = ()
    """Names the desk is asked for by, e.g. ``("desk.hospital.example",)``; empty takes any."""

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/"

    @property
    def public_url(self) -> str:
        """Where browsers find the desk."""
        return f"{'https' if self.https else 'http'}://{self.hosts[0]}/" if self.hosts else self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSettings:
    """A validator that is not part of the program, and runs shut in."""

    manifest: Path
    """Its ``validator.json``."""
    digest: str
    """What it is, to the byte, ``sha256:…``: of the image, or without one of the files beside the manifest."""
    image: str = ""
    """Image that it is in, as the container engine calls it; empty: it runs as a process of this machine."""
    door: Path | None = None
    """Folder shared with the container in which it waits for sessions; None: no such container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """What validators that run shut in may use at most, whatever their manifests wish for."""

    engine: str = "unix:///var/run/docker.sock"
    """Socket of the container engine."""
    memory_mb: int = 2048
    """Memory of one validator."""
    seconds: float = 300
    """Time of one validator for one session."""
    processes: int = 64
    """Processes and threads of one validator."""
    cpus: float = 1
    """Cores of one validator."""
    scratch_mb: int = 256
    """What one validator may write meanwhile."""
    bare: bool = False
    """Run those without an image even where the machine cannot shut them in: they can read what the uploader can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where this gateway keeps things, whom it talks to, and what it allows."""

    home: Path
    """The folder of `uploader.toml`; relative paths start here. Must be on an encrypted volume."""
    site: str
    """Short name of this hospital, shown on receipts."""
    identifiable: ArchiveSettings
    """Archive of what arrives, as it arrived."""
    anonymised: ArchiveSettings
    """Archive of what is ready to be looked at and signed."""
    central: ArchiveSettings
    """Archive of the trials' centre; `project` is this site's own there."""
    folder: FolderSettings
    """The watched folder."""
    desk: DeskSettings = field(default_factory=DeskSettings)
    """The web desk."""
    listener: ListenerSettings | None = None
    """The DICOM listener; None: there is none."""
    protocols: Path = Path("trial_protocols")
    """Folder of trial protocols."""
    scripts: Path = Path("dicomedit_scripts")
    """Folder of DicomEdit scripts."""
    policies: Path = Path("privacy_policies")
    """Folder of privacy policies."""
    blanking: Path = Path("blanking_rules")
    """Folder of rules that say what devices draw into images, and where."""
    trials: tuple[str, ...] = ()
    """Trials this site takes part in."""
    validators: tuple[str, ...] = (
        "acquisition",
        "completeness",
        "dose",
        "dvh",
        "geometry",
        "identity",
        "mr",
        "names",
        "pet",
        "pixels",
        "plan",
        "references",
        "relations",
        "structures",
    )
    """Validators this site allows, by entry-point name."""
    plugins: tuple[PluginSettings, ...] = ()
    """Validators this site allows that are no part of the program."""
    sandbox: SandboxSettings = field(default_factory=SandboxSettings)
    """What those may use."""
    jobs: int = 2
    """Processes that anonymise and verify the files of one session."""
    at_once: int = 2
    """Sessions under way at the same time."""
    retry_seconds: float = 30
    """First wait after transient trouble; doubles with every attempt, up to an hour."""
    database_url: str = ""
    """Records elsewhere than in `records/`, e.g. ``postgresql+psycopg://uploader@db/uploader``; empty for SQLite."""
    database_password_file: Path | None = None
    """File that holds the password of the account in `database_url`."""
    engine_url: str = ""
    """Tables of the durable engine elsewhere; empty: beside the records on a server, else SQLite in `records/`."""
    engine_password_file: Path | None = None
    """File that holds the password of the account in `engine_url`."""

    @classmethod
    def read(cls, home: Path) -> Settings:
        """Raises BadSettings for an unknown, missing or impossible setting, naming it, and for a folder of what decides
        over patients' data that is not there."""
        settings: Settings = read_toml(cls, home, FILE, f"make one with: uploader init --home {home}")
        for name in ("protocols", "scripts", "policies", "blanking"):
            _check_folder(name, getattr(settings, name), settings.home)
        return settings


def read_toml(kind: Any, home: Path, file: str, remedy: str) -> Any:
    """Settings of the dataclass `kind` from `file` in `home`. Raises BadSettings, naming what is wrong.

    remedy: what to do when there is no such file
    """
    try:
        given = tomllib.loads((home / file).read_text())
        return _build(kind, {**given, "home": str(home.resolve())}, "", home.resolve())
    except FileNotFoundError:
        raise BadSettings(f"there is no {file} in {home}; {remedy}") from None
    except (tomllib.TOMLDecodeError, BadSettings) as error:
        raise BadSettings(f"{file}: {error}") from None


def _check_folder(name: str, folder: Path, home: Path) -> None:
    """A folder that is gone is not the same as one that is empty: a share may be away, or the home may be older than
    what comes with the program."""
    if folder.is_dir():
        return
    [default] = (str(f.default) for f in fields(Settings) if f.name == name)
    remedy = f"restore it, or correct the setting {name}"
    if folder == home / default:
        remedy = (
            f"restore it, or put in its place the one that comes with the program: uploader init --home {home} "
            "adds what is missing of a home and leaves the rest as it is"
        )
    raise BadSettings(f"{FILE}: the folder {folder} is missing; {remedy}")


def _build(kind: Any, given: Mapping[str, Any], where: str, home: Path) -> Any:
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(kind)}
    if unknown := sorted(given.keys() - known.keys()):
        raise BadSettings(f"unknown setting(s): {', '.join(where + name for name in unknown)}")
    missing = [n for n, f in known.items() if n not in given and _default(f) is MISSING]
    if missing:
        raise BadSettings(f"missing setting(s): {', '.join(where + name for name in missing)}")
    values = {n: _default(f) for n, f in known.items() if n not in given} | dict(given)
    return kind(**{name: _value(hints[name], value, where + name, home) for name, value in values.items()})


def _default(setting: Field[Any]) -> Any:
    """The setting's default, or MISSING where it has none."""
    return setting.default if setting.default_factory is MISSING else setting.default_factory()


def _value(hint: Any, value: Any, where: str, home: Path) -> Any:
    if isinstance(hint, UnionType):
        return None if value is None else _value(get_args(hint)[0], value, where, home)
    if is_dataclass(hint):
        if isinstance(value, Mapping):
            return _build(hint, value, where + ".", home)
        return value
    if hint is Path and isinstance(value, (str, Path)):
        return home / value
    if get_origin(hint) is tuple and isinstance(value, (list, tuple)):
        return tuple(_value(get_args(hint)[0], v, where, home) for v in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise BadSettings(f"{where} must be {getattr(hint, '__name__', hint)}, not {type(value).__name__}")
    return value

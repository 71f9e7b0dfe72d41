"""The home of one gateway: what lies where in it, and how it is first made."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from uploader.config import FILE
from uploader.domain.errors import BadSettings

ARCHIVES = ("identifiable", "anonymised", "central")
KEY_BYTES = 32
KEYS = ("link.key", "trial.key", "alias.key", "desk.key")
"""Seals the link table; moves UIDs and dates; labels patients inside the hospital; signs the desk's cookies."""
SITE_KEY = "site.key"
"""Signs what the site says of the sessions it sends. Homes older than it get one at the next `uploader init`."""

SETTINGS = """\
# Settings of this Secure DICOM Uploader. Relative paths start at this file's folder.
# An unknown key stops the start and is named. docs/settings.md explains every key.

site = "SITE01"                      # this hospital, as receipts and the trials' headers name it
trials = ["DEMO-RT", "SPINE-PHANTOM"]   # trials this site takes part in; their protocols lie in trial_protocols/
jobs = 2                             # processes that anonymise and verify one session
at_once = 2                          # sessions under way at the same time
retry_seconds = 30                   # first wait after transient trouble; doubles with every attempt

[folder]                             # the watched folder: drop sessions here
path = "inbox"
quiet_seconds = 5                    # a file is complete when it has not changed for this long
poll_seconds = 2

# [listener]                         # without the first # of these lines: receive by C-STORE, see docs/hospital-it.md
# host = "0.0.0.0"                   # 127.0.0.1 unless said: nobody but this machine
# port = 11112
# ae_title = "UPLOADER"              # what senders must call it
# calling = ["PACS"]                 # AE titles that may send; without it any may
# peers = ["10.1.2.3"]               # addresses that may connect; without it any may

[desk]                               # the web desk
host = "127.0.0.1"
port = {desk}

[identifiable]                       # XNAT that keeps what arrives, as it arrives
url = "http://127.0.0.1:{identifiable}"
embedded = true                      # false: a real XNAT at `url`
project = "INCOMING"
user = "uploader"
password_file = "secrets/identifiable-uploader"
admin_password_file = "secrets/identifiable-admin"

[anonymised]                         # XNAT that keeps what waits for a signature; one project a trial
url = "http://127.0.0.1:{anonymised}"
embedded = true
project = ""
user = "uploader"
password_file = "secrets/anonymised-uploader"
admin_password_file = "secrets/anonymised-admin"

[central]                            # XNAT of the trials' centre
url = "http://127.0.0.1:{central}"
embedded = true
project = "SITE01"                   # this site's own project there; sessions are shared from it into the trial's
user = "uploader"
password_file = "secrets/central-uploader"
admin_password_file = "secrets/central-admin"
"""

PORTS = {"desk": 8080, "identifiable": 8081, "anonymised": 8082, "central": 8083}
"""Where `uploader init` puts the desk and the embedded archives unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below the home folder."""

    root: Path

    @property
    def in_use(self) -> bool:
        """Whether there are records or links, or a worker ran whose records lie elsewhere: from then on a lost key is
        restored, never made anew."""
        return any(p.exists() for p in (self.root / "records" / "records.sqlite", self.links, self.worker_lock))

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def spool(self) -> Path:
        """Durable copies of what has arrived. Identifiable."""
        return self.root / "spool"

    @property
    def work(self) -> Path:
        """Copies of sessions under way. Identifiable."""
        return self.root / "work"

    @property
    def quarantine(self) -> Path:
        """What could not be taken, each with its reason. Identifiable."""
        return self.root / "quarantine"

    @property
    def diagnostics(self) -> Path:
        """What foreign errors said. May be identifiable."""
        return self.root / "diagnostics"

    @property
    def logs(self) -> Path:
        """What the archives and commands that nobody watches would say on a terminal."""
        return self.root / "logs"

    @property
    def links(self) -> Path:
        """The link table, sealed."""
        return self.root / "link" / "links.sqlite"

    @property
    def records_url(self) -> str:
        return f"sqlite:///{self.root / 'records' / 'records.sqlite'}"

    @property
    def engine_url(self) -> str:
        """The durable engine's own database."""
        return f"sqlite:///{self.root / 'records' / 'engine.sqlite'}"

    @property
    def anchor(self) -> Path:
        """Head of the audit chain, outside the database that holds the chain."""
        return self.root / "link" / "audit-anchor.json"

    @property
    def worker_lock(self) -> Path:
        return self.root / "records" / "worker.lock"

    @property
    def commands_lock(self) -> Path:
        return self.root / "records" / "commands.lock"

    def archive(self, name: str) -> Path:
        """Data of an embedded archive."""
        return self.root / "archives" / name

    def lay_out(self) -> None:
        """Make the folders that every home has, even when they are empty."""
        below = (self.secrets, self.spool, self.work, self.quarantine, self.diagnostics, self.logs, self.links.parent)
        for folder in (self.root, *below, *(self.root / name for name in ("records", "archives", "inbox"))):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def public_key(self) -> Path:
        """What checks the site's signatures: handed to the centres."""
        return self.secrets / "site.pub"

    def site_key(self) -> bytes:
        """The key that signs for this site. Raises BadSettings."""
        if not self.public_key.exists() and not (self.secrets / SITE_KEY).exists():
            raise BadSettings(
                f"this home has no {SITE_KEY} yet, which signs what leaves it; run: uploader init --home {self.root}"
            )
        return self.key(SITE_KEY)

    def key(self, name: str) -> bytes:
        """The 32 bytes of a key file; raises BadSettings when it is missing, cut short, or others may read it."""
        path = self.secrets / name
        if not path.is_file():
            raise BadSettings(f"the key {path} is missing; restore it from its backup, do not make a new one")
        if path.stat().st_mode & 0o077:
            raise BadSettings(f"others may read the key {path}; run: chmod 600 {path}")
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise BadSettings(f"the key {path} is damaged: it must have {KEY_BYTES} bytes; restore it from its backup")
        return key


def make(root: Path, ports: dict[str, int]) -> Home:
    """Make a home: settings, keys, passwords, protocols, scripts and policies. What is already there stays as it is.

    Raises BadSettings when a home that is in use has lost a key: a new one would move UIDs and dates.
    """
    home = Home(root.resolve())
    home.lay_out()
    for name in KEYS:
        if home.in_use:
            home.key(name)
        write_secret(home.secrets / name, secrets.token_bytes(KEY_BYTES))
    _make_site_key(home)
    for archive in ARCHIVES:
        for account in ("admin", "uploader"):
            write_secret(home.secrets / f"{archive}-{account}", secrets.token_urlsafe(24).encode())
    write_secret(home.secrets / "first-login", secrets.token_urlsafe(12).encode())
    for name in ("trial_protocols", "dicomedit_scripts", "privacy_policies", "blanking_rules"):
        if not (home.root / name).exists():
            shutil.copytree(shipped(name), home.root / name)
    if not (home.root / FILE).exists():
        (home.root / FILE).write_text(SETTINGS.format(**{**PORTS, **ports}))
    return home


def _make_site_key(home: Home) -> None:
    """The key and its public half. Raises BadSettings when the key is gone: the centres know its public half."""
    if home.public_key.exists() and not (home.secrets / SITE_KEY).exists():
        raise BadSettings(
            f"the key {home.secrets / SITE_KEY} is missing; restore it from its backup. If it is lost for good, remove "
            f"{home.public_key}, run this again, and hand the new {home.public_key.name} to every centre"
        )
    from uploader.seal import public_half  # loaded here: an archive's process need not load it

    write_secret(home.secrets / SITE_KEY, secrets.token_bytes(KEY_BYTES))
    write_secret(home.public_key, public_half(home.key(SITE_KEY)).pem)


def shipped(name: str) -> Path:
    """A folder that comes with the program: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "shipped" / name
    return inside if inside.is_dir() else package.parent / name


def write_secret(path: Path, value: bytes) -> None:
    """Write once and durably, readable by the owner only; an existing secret is never replaced."""
    if path.exists():
        return
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(value)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)

"""The composition root: Settings in, everything built out. The one place where names become things."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from uploader.absent import Absent
from uploader.archives.xnat import XnatArchive
from uploader.config import ArchiveSettings, Settings
from uploader.domain.automatic import automatic_subjects
from uploader.domain.errors import Misconfigured, Transient
from uploader.domain.identity import PrivateIdentity
from uploader.domain.policy import Permit
from uploader.domain.session import Address
from uploader.domain.submission import ROUTES, Submission
from uploader.domain.trial import Protocol
from uploader.given import Gateway, Progress
from uploader.home import ARCHIVES, Home
from uploader.hosted import projects_of
from uploader.looks import look
from uploader.passes import Policy
from uploader.ports import Archive, Validator
from uploader.protocols import Protocols, check
from uploader.recall import Centre
from uploader.receipt import receipt
from uploader.reception import instance_tokens
from uploader.recipes import Kitchen, permit_of, recipe_of, some_of
from uploader.records import SqlRecords, open_records
from uploader.records.database import is_shared, server_at
from uploader.records.linktable import LinkTable
from uploader.review import Review
from uploader.sandbox import check_params, plugins
from uploader.seal import sealed
from uploader.sources.folder import FolderSource, Limits
from uploader.stages.anonymise import Recipe
from uploader.stages.ingest.intake import Intake
from uploader.validators import installed, installed_names
from uploader.viewer import Viewer, root_of


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Built:
    """What a home is made of, for the commands."""

    settings: Settings
    home: Home
    protocols: Protocols
    records: SqlRecords

    def aliases(self) -> bytes:
        """The key of the labels that stand for patients inside the hospital."""
        return self.home.key("alias.key")


def open_home(root: Path) -> Built:
    """Read the settings and open the records. Raises Misconfigured for whatever is wrong."""
    settings = Settings.read(root)
    home = Home(settings.home)
    validators = validators_of(settings)
    protocols = Protocols(settings.protocols, settings.trials)
    for protocol in protocols.all():
        check(protocol, validators, settings.scripts, settings.policies, Policy.read)
        check_params(protocol, validators)
    records = open_records(settings.database_url or home.records_url, settings.database_password_file)
    return Built(settings, home, protocols, records)


def validators_of(settings: Settings) -> Mapping[str, Validator]:
    """All validators that this site allows, those that run shut in among them. Raises UnknownValidator, BadSettings."""
    ours = installed(settings.validators)
    shut_in = plugins(settings.plugins, settings.sandbox, Home(settings.home).diagnostics, {*ours, *installed_names()})
    return {**ours, **shut_in}


def engine_database(settings: Settings) -> Any:
    """Where the durable engine keeps its tables: connections to a server, beside the records, or the address of a file.

    Raises Misconfigured for a file beside records that several share: two workers would not know of each other.
    """
    if settings.engine_url:
        if is_shared(settings.database_url) and not is_shared(settings.engine_url):
            raise Misconfigured("engine_url must name a server too, where database_url does; or leave it out")
        url, password_file = settings.engine_url, settings.engine_password_file
    elif is_shared(settings.database_url):
        url, password_file = settings.database_url, settings.database_password_file
    else:
        return Home(settings.home).engine_url
    return server_at(url, password_file, "the engine") if is_shared(url) else url


NEEDS: Mapping[str, frozenset[str]] = {
    "receive": frozenset({"spool", "work folder", "identifiable archive"}),
    "prepare": frozenset({"work folder", "identifiable archive", "anonymised archive", "link table", "trial key"}),
    "release": frozenset({"anonymised archive", "central archive", "site key"}),
}
"""Route -> what it touches, of what somebody could wish to keep from somebody."""


def build_line(built: Built, progress: Progress | None = None, routes: Sequence[str] = ROUTES) -> Gateway:
    """The line of this home. Holds the keys: for the worker and one-shot commands, not for the desk.

    routes: those that are to be carried; what only others need is not opened, and refuses to be used
    Raises BadSettings, Misconfigured for a key that is needed and not as it should be.
    """
    settings, home = built.settings, built.home
    needed = frozenset().union(*(NEEDS[route] for route in routes))

    def part(name: str, make: Callable[[], Any]) -> Any:
        return make() if name in needed else Absent(name, routes)

    extra = {"progress": progress} if progress else {}
    return Gateway(
        records=built.records,
        links=part("link table", lambda: LinkTable(home.links, home.secrets / "link.key")),
        identifiable=part("identifiable archive", lambda: archive_of(settings, "identifiable")),
        anonymised=part("anonymised archive", lambda: archive_of(settings, "anonymised")),
        central=part("central archive", lambda: archive_of(settings, "central")),
        identifiable_project=settings.identifiable.project,
        central_project=settings.central.project,
        protocol=partial(installed_protocol, settings),
        validators=validators_of(settings),
        recipe=part("trial key", lambda: partial(recipe, settings, home.key("trial.key"))),
        permit=partial(permit, settings),
        look=look,
        seal=part("site key", lambda: lambda document: sealed(document, home.site_key())),
        site=settings.site,
        spool=part("spool", lambda: home.spool),
        work=part("work folder", lambda: home.work),
        now=now,
        shares=settings.central.share,
        jobs=settings.jobs,
        retry=timedelta(seconds=settings.retry_seconds),
        **extra,
    )


def automatic_subject(built: Built, protocol: Protocol, identity: PrivateIdentity) -> str:
    """The subject ID that the patient has in the trial, or now gets. Raises SubjectTaken, Refused, Held."""
    settings = built.settings
    kitchen = Kitchen.of(settings, built.home.key("trial.key"))
    candidates = automatic_subjects(kitchen.key_of(protocol.trial), identity, protocol)
    links = LinkTable(built.home.links, built.home.secrets / "link.key")
    try:
        return links.allocate(protocol.trial, identity, candidates).subject
    finally:
        links.close()


def installed_protocol(settings: Settings, trial: str, version: str) -> Protocol:
    """The protocol as its file says now, not as it was when this process started."""
    return Protocols(settings.protocols, settings.trials).version(trial, version)


def build_review(built: Built) -> Review:
    """People's actions, without any key."""
    identifiable, anonymised = (archive_of(built.settings, name) for name in ("identifiable", "anonymised"))

    def looking(submission: Submission, person: str) -> tuple[Archive, Address]:
        built.records.note(person, "looked-at-identifiable", submission.id, {})
        project = built.settings.identifiable.project
        return identifiable, Address(project, submission.alias, submission.id)

    return Review(
        records=built.records,
        accounts=built.records.accounts,
        anonymised=anonymised,
        looking=looking,
        trials=built.protocols,
        receipt=partial(
            receipt, built.records, built.protocols.version, built.settings.site, built.settings.central.project
        ),
        notices=built.records.notices.read,
        now=now,
        viewers=viewers_of(built.settings, identifiable, anonymised),
        centre=Centre(built.settings.central.project, built.settings.central.share),
        site=built.settings.site,
    )


def viewers_of(settings: Settings, *archives: XnatArchive) -> Mapping[str, Viewer]:
    """By the archives' names; one that has no viewer is left out."""
    roots = {archive.name: root_of(getattr(settings, archive.name)) for archive in archives}
    return {archive.name: Viewer(roots[archive.name], archive.ids) for archive in archives if roots[archive.name]}


def build_intake(built: Built) -> Intake:
    """The watched folder and what it takes."""
    folder = built.settings.folder
    source = FolderSource(folder.path, folder.quiet_seconds, _limits(built.settings))
    return Intake(source, built.home.spool, built.home.quarantine, known(built))


def known(built: Built) -> Callable[[frozenset[str]], bool]:
    """Whether all these SOP Instance UIDs have been received before."""
    return lambda instances: built.records.seen.all(instance_tokens(built.aliases(), instances))


def handed_over(built: Built, folder: Path) -> FolderSource:
    """A folder that somebody hands over whole: nothing is waited for."""
    return FolderSource(folder, 0, _limits(built.settings))


def _limits(settings: Settings) -> Limits:
    folder = settings.folder
    return Limits(folder.max_files, folder.max_bytes, folder.max_ratio, folder.max_depth)


def archive_of(settings: Settings, name: str) -> XnatArchive:
    """The adapter to one of the three archives."""
    about: ArchiveSettings = getattr(settings, name)
    return XnatArchive(
        name, about.url, about.user, about.password_file, stall_seconds=about.stall_seconds, ca_file=about.ca_file
    )


def preflight(settings: Settings, routes: Sequence[str] = ROUTES) -> list[str]:
    """Ask every archive of these routes whether our account may work there and nothing would rewrite our bytes.

    returns: what is to be said of archives that do not answer now, for which submissions wait, and of what our account
        may not ask there
    Raises Misconfigured for what must be put right first.
    """
    said = []
    for name in ARCHIVES:
        if not any(f"{name} archive" in NEEDS[route] for route in routes):
            continue
        try:
            said += archive_of(settings, name).preflight(*_worked_in(settings, name))
        except Transient as error:
            said.append(f"{error}; what goes there waits")
    return said


def _worked_in(settings: Settings, name: str) -> list[str]:
    """Projects in which the line's account must be able to work."""
    if name == "central" and not settings.central.share:
        return [settings.central.project]
    return [project for project, _ in projects_of(settings, name)]


def permit(settings: Settings, protocol: Protocol) -> Permit:
    """What may be in anonymised files of a trial, for the verifier."""
    return permit_of(Kitchen.of(settings, b""), protocol)


def recipe(
    settings: Settings,
    trial_key: bytes,
    protocol: Protocol,
    identity: PrivateIdentity,
    submission: Submission,
    originals: Sequence[Path],
) -> tuple[Recipe, Mapping[str, Any]]:
    """How the files of one submission are anonymised, and the facts about it for the receipt: see `recipes`."""
    kitchen = Kitchen.of(settings, trial_key)
    looked_at = map(Path, some_of([path.as_posix() for path in originals]))
    return recipe_of(kitchen, protocol, identity, submission.subject, submission.label, looked_at)

"""An invented session down the line, from the folder to the anonymised archive, and out again.

It goes the way of every session, through the gateway's own stages and archives, into a project that is only for this;
its records and its link table are thrown away with it. Nothing of it goes to the centre: what nobody signed stays here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from uploader import line
from uploader.diagnostics import contained
from uploader.doctor.observation import Observation, note, well, wrong
from uploader.domain.errors import Held, UploaderError
from uploader.domain.session import Address
from uploader.domain.submission import State
from uploader.domain.trial import Protocol
from uploader.gateway import Built, build_line, handed_over
from uploader.given import Gateway, identifiable_session, trial_session
from uploader.hosted import TEST_PROJECT
from uploader.phantom import write_session
from uploader.ports import Archive
from uploader.reception import register
from uploader.records import SqlRecords, open_records
from uploader.records.linktable import LinkTable
from uploader.stages.ingest.oneshot import take_folder

ACTOR = "doctor"


def look(built: Built) -> Iterator[Observation]:
    """The phantom's way; it is removed from both archives however that ends."""
    trials = built.protocols.all()
    if not trials:
        yield note("phantom", "no trial is set, so nothing can be anonymised", "set trials in the settings")
        return
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(dir=built.home.work)))
        records = stack.enter_context(closing(open_records(f"sqlite:///{scratch / 'records.sqlite'}")))
        links = stack.enter_context(closing(LinkTable(scratch / "links.sqlite", built.home.secrets / "link.key")))
        gateway = _rehearsal(built, records, links, scratch, _for_test(trials[0]))
        submission = _arrive(built, records, scratch)
        try:
            yield from _carried(built, gateway, submission)
        finally:
            _take_out(gateway, submission)
        yield from _gone(gateway, submission)


def _for_test(protocol: Protocol) -> Protocol:
    """The protocol of a trial, for any session, under the name of the test project."""
    return replace(protocol, trial=TEST_PROJECT, checks=())


def _rehearsal(built: Built, records: SqlRecords, links: LinkTable, scratch: Path, protocol: Protocol) -> Gateway:
    """The home's line, with records, links and folders that are thrown away."""
    return replace(
        build_line(built),
        records=records,
        links=links,
        identifiable_project=TEST_PROJECT,
        protocol=lambda _trial, _version: protocol,
        spool=scratch / "spool",
        work=scratch / "work",
    )


def _arrive(built: Built, records: SqlRecords, scratch: Path) -> str:
    inbox = scratch / "inbox"
    write_session(inbox, slices=6, size=64)
    arrivals, _ = take_folder(handed_over(built, inbox), scratch / "spool")
    if len(arrivals) != 1:
        raise Held("the invented session was not taken as one session; this program is wrong, please report it")
    register(records, arrivals[0], built.aliases())
    return arrivals[0].submission


def _carried(built: Built, gateway: Gateway, submission: str) -> Iterator[Observation]:
    records, step = gateway.records, partial(contained, built.home.diagnostics)
    protocol = gateway.protocol(TEST_PROJECT, "")
    if line.carry("receive", gateway, submission, 1, step) == State.RECEIVED:
        yield well("phantom", f"lies in {TEST_PROJECT} of the identifiable archive, read back")
        subject = protocol.subject_example
        label = f"{subject}_{submission}"
        records.choose(submission, TEST_PROJECT, protocol.version, protocol.digest, subject, label, ACTOR, onward=True)
        if line.carry("prepare", gateway, submission, 2, step) == State.AWAITING_SIGNOFF:
            files = len(records.manifest(submission, "anonymised"))
            yield well(
                "phantom", f"{files} files anonymised and verified; they lie in the anonymised archive, read back"
            )
            return
    stands = records.get(submission)
    remedy = f"if the project {TEST_PROJECT} is missing: uploader provision; else see {stands.why} in docs/errors.md"
    yield wrong("phantom", f"came no further than {stands.state}: {stands.says}", remedy)


def _take_out(gateway: Gateway, submission: str) -> None:
    for archive, address in _places(gateway, submission):
        with suppress(UploaderError):
            archive.remove(address)


def _gone(gateway: Gateway, submission: str) -> Iterator[Observation]:
    left = [archive.name for archive, address in _places(gateway, submission) if list(archive.held(address))]
    if left:
        where = " and ".join(left)
        yield wrong("phantom", f"could not be removed from {where}", f"remove it there from project {TEST_PROJECT}")
    else:
        yield well("phantom", "is out of both archives again")


def _places(gateway: Gateway, submission: str) -> list[tuple[Archive, Address]]:
    about = gateway.records.get(submission)
    identifiable = identifiable_session(gateway, about).address
    places: list[tuple[Archive, Address]] = [(gateway.identifiable, identifiable)]
    if about.label:
        places.append((gateway.anonymised, trial_session(about).address))
    return places

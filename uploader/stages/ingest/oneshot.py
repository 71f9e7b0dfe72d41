"""Take a folder that somebody hands over whole: nothing is waited for, and nothing in it is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from uploader.domain.arrival import Arrival, Look, Quarantined
from uploader.domain.errors import UploaderError
from uploader.domain.submission import new_id
from uploader.ports import Source
from uploader.stages.ingest import durable, spool
from uploader.stages.ingest.group import Asked, Plan, decide
from uploader.stages.ingest.reader import Reader, Reading


def take_folder(source: Source, into: Path) -> tuple[list[Arrival], list[Quarantined]]:
    """Every session of the source, copied to the spool `into`, and what could not be taken, with reasons.

    RT objects do not wait for images that are not there: the validators will miss them.
    Raises DiskFull, SourceBusy, OSError; then nothing is left in the spool.
    """
    scratch = into / f".unpacking-{new_id()}"
    with durable.all_or_nothing(scratch):
        look, reader = source.look(scratch), Reader(source)
        reading = reader.read(look.offers, ())
        plan = decide(reading.found, Asked(reader.same_bytes))
        arrivals = _keep_all(plan, source, into)
    durable.remove_tree(scratch)
    return arrivals, list(_not_taken(look, reading, plan))


def _keep_all(plan: Plan, source: Source, into: Path) -> list[Arrival]:
    arrivals: list[Arrival] = []
    try:
        for group in plan.ready:
            arrival = spool.keep(group, source, into / new_id(), lambda _: True)
            arrivals += [arrival] if arrival else []
    except (UploaderError, OSError):
        for arrival in arrivals:
            spool.invalidate(arrival.folder)
            durable.remove_tree(arrival.folder)
        raise
    return arrivals


def _not_taken(look: Look, reading: Reading, plan: Plan) -> Iterator[Quarantined]:
    for rejection in look.rejections:
        yield Quarantined("", rejection.code, rejection.says)
    for refusal in reading.refused.values():
        yield Quarantined("", refusal.reason, str(refusal))
    for conflict in plan.conflicts:
        yield Quarantined("", conflict.code, conflict.says)
    for sentence in look.notes:
        yield Quarantined("", "quarantine.unfinished", sentence)
    for count in filter(None, (len(look.arriving) + len(reading.arriving), reading.closed)):
        yield Quarantined("", "quarantine.unfinished", f"{count} file(s) changed or could not be read")

"""What arrives becomes a submission: registered first, then its source removed, then set on its way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from uploader.domain.arrival import Arrival
from uploader.domain.identity import alias, keyed
from uploader.domain.submission import State
from uploader.logs import say
from uploader.records import SqlRecords
from uploader.stages.ingest.intake import Intake

WATCHER = "watcher"
"""Who acts in the audit when no person did."""


@dataclass(frozen=True, slots=True)
class Reception:
    """The door between the intake and the records."""

    records: SqlRecords
    intake: Intake
    alias_key: bytes

    def recover(self) -> None:
        """Register what an interrupted process had taken but not yet registered."""
        for arrival in self.intake.leftover():
            self._register(arrival)

    def look(self) -> None:
        """Take what has become complete, and post what still waits or could not be taken."""
        for arrival in self.intake.poll():
            self._register(arrival)
        self.records.notices.post("waiting", self.intake.waiting())
        self.records.notices.post("quarantined", [f"{q.reference}: {q.says}" for q in self.intake.quarantined()])

    def _register(self, arrival: Arrival) -> None:
        register(self.records, arrival, self.alias_key)
        self.intake.registered(arrival)


def register(records: SqlRecords, arrival: Arrival, alias_key: bytes) -> None:
    """Make the arrival a submission and set it on its way. Doing it again changes nothing."""
    patient = alias(alias_key, arrival.identity)
    records.create(arrival.submission, patient, arrival.scans, State.ARRIVING)
    records.keep_manifest(arrival.submission, "identifiable", arrival.manifest)
    records.seen.remember(instance_tokens(alias_key, arrival.instances.reveal()))
    if records.get(arrival.submission).state is State.ARRIVING:
        records.queue(arrival.submission, "receive", WATCHER)
        say("received", submission=arrival.submission, files=len(arrival.manifest))


def instance_tokens(key: bytes, instances: Iterable[str]) -> frozenset[str]:
    """What stands for SOP Instance UIDs in the records: without the key it says nothing."""
    return frozenset(keyed(key, "instance", uid.encode()).hex()[:32] for uid in instances)

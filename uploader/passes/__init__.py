"""The changes made to every dataset after the scripts of a trial: pure, at every depth, in a fixed order.

A pass has `apply(dataset)`, which changes it in place, and `describe()`, which tells a reviewer what it does.
"""

from __future__ import annotations

from uploader.domain.trial import Protocol
from uploader.passes.dates import ShiftDates, offset_days
from uploader.passes.everywhere import Pass, Together
from uploader.passes.patient import ReplacePatient
from uploader.passes.private import RemovePrivate
from uploader.passes.trial import TrialAttributes
from uploader.passes.uids import MapUids
from uploader.passes.unknown import RemoveUnknown


def standard(*, key: bytes, days: int, protocol: Protocol, subject: str, label: str, site: str) -> tuple[Pass, ...]:
    """The passes for one session. They hold no identity, and can be pickled.

    key: secret of the trial, from which UIDs are derived
    days: by how much dates move back, see `offset_days`
    subject, label, site: what the trial calls the patient, the session and the sender

    Private and unknown elements go first, so that nothing is left that the others cannot read.
    """
    return (
        Together((RemovePrivate(), RemoveUnknown(), ReplacePatient(subject), MapUids(key), ShiftDates(days))),
        TrialAttributes.of(protocol, subject, label, site),
    )


__all__ = ["Pass", "offset_days", "standard"]

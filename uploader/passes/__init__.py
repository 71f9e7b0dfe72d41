"""The changes made to every object after the scripts of a trial: a policy, carried out element by element on
undecoded bytes, at every depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from uploader.domain.policy import Option
from uploader.domain.trial import Protocol
from uploader.passes.ages import Ages
from uploader.passes.cleaning import Cleaner
from uploader.passes.dates import ShiftDates, offset_days
from uploader.passes.gather import gathered
from uploader.passes.policy import Policy
from uploader.passes.session import Cleaning, SessionPasses
from uploader.passes.trial import TrialAttributes
from uploader.passes.uids import MapUids


def standard(
    policy: Policy,
    protocol: Protocol,
    *,
    key: bytes,
    days: int,
    subject: str,
    label: str,
    site: str,
    cleaner: Cleaning,
    ages: Mapping[str, str] | None = None,
) -> SessionPasses:
    """The passes for one session.

    key: secret of the trial, from which UIDs are derived
    days: by how much dates move back, see `offset_days`
    subject, label, site: what the trial calls the patient, the session and the sender
    cleaner: makes a text free of what identifies
    ages: what ages become of which the dates say otherwise, see `Ages`
    """
    trial = TrialAttributes.of(protocol, policy, subject, label, site)
    return SessionPasses(policy, MapUids(key), ShiftDates(days, ages or {}), trial, cleaner)


def uid_in_texts(policy: Policy, key: bytes) -> Callable[[str], str]:
    """What a UID inside a text becomes: what it becomes in an element of its own."""
    return str if Option.RETAIN_UIDS in policy.options else MapUids(key).image


__all__ = [
    "Ages",
    "Cleaner",
    "Cleaning",
    "Policy",
    "SessionPasses",
    "gathered",
    "offset_days",
    "standard",
    "uid_in_texts",
]

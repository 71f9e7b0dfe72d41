"""Signatures on the command line: making one, and telling who has signed."""

from __future__ import annotations

from typing import Any

import click

from uploader.domain.enumeration import both
from uploader.domain.signing import Signatures
from uploader.domain.submission import Submission
from uploader.review import Review


def sign_off(review: Review, submission: str, person: str, password: str, attest: bool, role: str) -> tuple[str, ...]:
    """Sign what there is now; says and returns the roles in which somebody must still sign.

    attest: whether by this the person attests all that the trial asks for
    """
    attested = review.signatures(submission).asked.attestations if attest else ()
    missing = review.sign(submission, person, password, review.show(submission).seen, attested, role)
    if missing:
        click.echo(f"not to be released yet: somebody must still sign as {both(missing)}", err=True)
    return missing


def still_to_sign(review: Review, about: Submission) -> str:
    """For the list of submissions."""
    return f"still to sign: {both(review.signatures(about.id).missing)}"


def told(signatures: Signatures) -> dict[str, Any]:
    """Who has signed and who must still, as plain JSON."""
    signed = [{"by": each.person, "role": each.role, "at": each.at.isoformat()} for each in signatures.signed]
    return {"signed": signed, "missing": list(signatures.missing)}

"""Who may sign a session for a trial, and what the signature means: the ``sign_off`` of its protocol.

One person signs a session; the roles are alternatives. That several people sign, each in a role, is not done yet, and
a trial that wants it cannot be chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from uploader.domain.errors import Refused
from uploader.domain.evidence import MEANING
from uploader.domain.trial import Protocol

REVIEWER = "reviewer"


def check_possible(protocol: Protocol) -> None:
    """Raises Refused for a trial that wants several people to sign, each in a role: better no session than one that
    fewer have signed than the trial believes."""
    if protocol.content.get("sign_off", {}).get("distinct_people"):
        raise Refused(
            f"trial {protocol.trial} {protocol.version} wants several people to sign (distinct_people), and this "
            "program takes one signature; ask the trial for a version that does with one"
        )


def check_roles(protocol: Protocol, has: Collection[str]) -> None:
    """Raises Refused for somebody who `has` none of the roles that may sign: the protocol's, else reviewers."""
    may = protocol.content.get("sign_off", {}).get("roles", [REVIEWER])
    if not set(may) & set(has):
        raise Refused(f"this account may not sign: that is for the role {' or '.join(may)}")


def attestations(protocol: Protocol) -> Sequence[str]:
    """What a person attests one by one by signing; nothing where the protocol asks for nothing."""
    return tuple(protocol.content.get("sign_off", {}).get("attestations", ()))


def meaning(protocol: Protocol, attested: Collection[str]) -> str:
    """What the signature means, word by word. Raises Refused unless all was attested that the protocol asks for."""
    wanted = attestations(protocol)
    lacking = [sentence for sentence in wanted if sentence not in attested]
    if lacking:
        raise Refused(f"the trial asks whoever signs to attest each of: {'; '.join(lacking)}")
    return " ".join([MEANING, *(f"{sentence.rstrip('.')}." for sentence in wanted)])

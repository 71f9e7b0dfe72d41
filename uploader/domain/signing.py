"""Who must sign a session for a trial, each in which role, and what it means: the ``sign_off`` of its protocol.

Each role signs once, and a session goes when all have. With `distinct_people` nobody signs in two roles; without, one
person may sign in several, one after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from uploader.domain.enumeration import both, either
from uploader.domain.errors import NotSigned, Refused
from uploader.domain.evidence import MEANING, SignOff
from uploader.domain.trial import Protocol

REVIEWER = "reviewer"


@dataclass(frozen=True, slots=True)
class Asked:
    """The sign-off that a protocol asks for.

    roles: each of which must sign, in the protocol's order
    attestations: what everybody who signs attests, sentence by sentence
    """

    roles: tuple[str, ...] = (REVIEWER,)
    distinct_people: bool = False
    attestations: tuple[str, ...] = ()

    @classmethod
    def of(cls, protocol: Protocol) -> Asked:
        """One reviewer where the protocol says nothing."""
        said = protocol.content.get("sign_off", {})
        roles, attestations = said.get("roles", [REVIEWER]), said.get("attestations", ())
        return cls(tuple(roles), bool(said.get("distinct_people")), tuple(attestations))

    def meaning(self, attested: Collection[str]) -> str:
        """What a signature means, word by word. Raises Refused unless all was attested that the protocol asks for."""
        lacking = [sentence for sentence in self.attestations if sentence not in attested]
        if lacking:
            raise Refused(f"the trial asks whoever signs to attest each of: {'; '.join(lacking)}")
        return " ".join([MEANING, *(f"{sentence.rstrip('.')}." for sentence in self.attestations)])


@dataclass(frozen=True, slots=True)
class Signatures:
    """Where a sign-off stands: what is asked, and what there is of it, in the order in which people signed."""

    asked: Asked
    signed: tuple[SignOff, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Roles in which somebody must still sign.

        A signature without a role is of a program that took one for all roles, and none for different people.
        """
        roles = {each.role for each in self.signed}
        if "" in roles and not self.asked.distinct_people:
            return ()
        return tuple(role for role in self.asked.roles if role not in roles)

    @property
    def by_role(self) -> tuple[tuple[str, SignOff | None], ...]:
        """Each role that is asked for, and the signature in it."""
        given = {each.role: each for each in self.signed}
        return tuple((role, given.get(role)) for role in self.asked.roles)

    def open_to(self, person: str, has: Collection[str]) -> tuple[str, ...]:
        """Of the missing roles those in which the person, who `has` these, may sign now."""
        if self.asked.distinct_people and self._of(person):
            return ()
        return tuple(role for role in self.missing if role in has)

    def could_sign(self, everybody: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
        """Each missing role, and those who may sign in it now, of people and the roles they have."""
        able = {person: self.open_to(person, has) for person, has in everybody.items()}
        return {role: [person for person, open_ in able.items() if role in open_] for role in self.missing}

    def role_of(self, person: str, has: Collection[str], wished: str = "") -> str:
        """The role in which the person signs: the one `wished`, or the only one that is open. Raises Refused."""
        open_ = self.open_to(person, has)
        if not open_:
            raise Refused(self.why_not(person, has))
        if wished and wished not in open_:
            raise Refused(f"this account cannot sign as {wished}, only as {either(open_)}")
        if not wished and len(open_) > 1:
            raise Refused(f"say in which role you sign: {either(open_)}")
        return wished or open_[0]

    def why_not(self, person: str, has: Collection[str]) -> str:
        """Why no role is open to the person, in a sentence."""
        if not self.missing:
            return "everybody has signed whom the trial asks for"
        mine = self._of(person)
        if mine and self.asked.distinct_people:
            return f"{person} has signed as {mine[0].role}; somebody else must sign as {both(self.missing)}"
        if not set(self.asked.roles) & set(has):
            return f"this account may not sign: that is for the role {either(self.asked.roles)}"
        return f"somebody else must sign as {both(self.missing)}: this account does not have that role"

    def admit(self, signoff: SignOff) -> Signatures:
        """What stands with one more.

        Raises Refused where its role is not asked for or taken, and for a second role of one person; NotSigned where
        it is of something else than those there are.
        """
        if signoff.role not in self.missing:
            raise Refused(f"nobody needs to sign as {signoff.role} any more; look at who has signed")
        if signoff.role not in self.open_to(signoff.person, self.asked.roles):
            raise Refused(self.why_not(signoff.person, self.asked.roles))
        if not signoff.seen or any(each.matter != signoff.matter for each in self.signed):
            raise NotSigned("the session is not the one that others have signed; look at it again before signing")
        return Signatures(self.asked, (*self.signed, signoff))

    def require_all(self) -> None:
        """Raises NotSigned unless every role signed the same and, where the trial wants that, different people."""
        if self.missing:
            raise NotSigned(f"nobody has signed this session off as {both(self.missing)}")
        if len({each.matter for each in self.signed}) != 1:
            raise NotSigned("not everybody has signed the same session")
        if self.asked.distinct_people and len({each.person for each in self.signed}) < len(self.signed):
            raise NotSigned("one person has signed in two roles, and the trial asks for different people")

    def _of(self, person: str) -> list[SignOff]:
        return [each for each in self.signed if each.person == person]

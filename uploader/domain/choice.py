"""What a person chooses with the trial, where its protocol has several: arm, time point, site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from uploader.domain.errors import Refused
from uploader.domain.trial import Protocol

KINDS = {"arm": ("arms", "arm"), "timepoint": ("timepoints", "time point"), "site": ("sites", "site")}
"""Kind -> the list of it in a protocol, and what people call it."""


@dataclass(frozen=True, slots=True)
class Option:
    """One of several: its code, and what people call it."""

    code: str
    label: str


def offered(protocol: Protocol) -> Mapping[str, Sequence[Option]]:
    """Kind -> what there is to choose from, of the kinds of which the protocol lists any."""
    said = {kind: protocol.content.get(name, ()) for kind, (name, _) in KINDS.items()}
    return {kind: tuple(Option(o["code"], o["label"]) for o in options) for kind, options in said.items() if options}


def settled(protocol: Protocol, site: str = "") -> Mapping[str, str]:
    """What needs no choice: kinds of which there is one only, and the site when the hospital's own is in the list."""
    only = {kind: options[0].code for kind, options in offered(protocol).items() if len(options) == 1}
    own = {"site": site} if site in {option.code for option in offered(protocol).get("site", ())} else {}
    return {**only, **own}


def open_choices(protocol: Protocol, site: str = "") -> Mapping[str, Sequence[Option]]:
    """What a person must choose, as `offered`."""
    given = settled(protocol, site)
    return {kind: options for kind, options in offered(protocol).items() if kind not in given}


def checked(protocol: Protocol, codes: Mapping[str, str], site: str = "") -> Mapping[str, str]:
    """All codes of a choice, those that need none added. Raises Refused for one that the protocol does not list, and
    for one that is missing."""
    given = known(protocol, codes, site)
    for kind, options in offered(protocol).items():
        if kind not in given:
            raise Refused(f"choose the {KINDS[kind][1]} of {_of(protocol)}: {_codes(options)}")
    return given


def known(protocol: Protocol, codes: Mapping[str, str], site: str = "") -> Mapping[str, str]:
    """The same, where it need not be all. Raises Refused for a code that the protocol does not list."""
    wanted = offered(protocol)
    given = {**settled(protocol, site), **{kind: code for kind, code in codes.items() if code}}
    for kind, code in given.items():
        if code not in {option.code for option in wanted.get(kind, ())}:
            raise Refused(f"{_of(protocol)} has no such {KINDS[kind][1]}; it has {_codes(wanted.get(kind, ()))}")
    return given


def _of(protocol: Protocol) -> str:
    return f"trial {protocol.trial} {protocol.version}"


def _codes(options: Sequence[Option]) -> str:
    return ", ".join(f"{option.code} ({option.label})" for option in options) or "none"

"""What a client accepts, and which of the things on offer it gets. Source: PS3.18 8.7, RFC 9110 12.5.1."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from werkzeug.exceptions import NotAcceptable
from werkzeug.http import parse_list_header

MULTIPART = "multipart/related"
_PARAMETER = re.compile(r';\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^;]*))')


@dataclass(frozen=True, slots=True)
class Offer:
    """One form of an answer.

    type: media type, of each part when `multipart`
    syntaxes: transfer syntaxes as which the bytes may pass; the first is what the answer says
    """

    type: str
    multipart: bool = True
    syntaxes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Range:
    """type: media type asked for; part: that of the parts, of ``multipart/related; type=…``."""

    type: str
    part: str
    syntax: str
    quality: float


def chosen(header: str, offers: Sequence[Offer]) -> Offer:
    """The first offer that the client likes best. Nothing is converted for it.

    header: value of Accept; empty takes anything
    Raises NotAcceptable when none is accepted.
    """
    for wanted in sorted(_ranges(header or "*/*"), key=lambda r: -r.quality):
        for offer in offers:
            if _fits(wanted, offer):
                return offer
    raise NotAcceptable(f"This is served as {' or '.join(map(_told, offers))}, as it is stored; nothing is converted.")


def media_type(value: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, names in lower case.

    Clients write ``type=application/dicom`` without the quotes that RFC 2045 asks for, and mean it.
    """
    kind, _, rest = value.partition(";")
    found = _PARAMETER.findall(";" + rest)
    return kind.strip().lower(), {name.lower(): quoted or bare.strip() for name, quoted, bare in found}


def _ranges(header: str) -> list[_Range]:
    found = [media_type(item) for item in parse_list_header(header)]
    ranges = [
        _Range(kind, more.get("type", "").lower(), more.get("transfer-syntax", ""), _quality(more.get("q", "")))
        for kind, more in found
    ]
    return [wanted for wanted in ranges if wanted.quality > 0]


def _quality(value: str) -> float:
    try:
        return float(value) if value else 1.0
    except ValueError:
        return 0.0


def _fits(wanted: _Range, offer: Offer) -> bool:
    if wanted.syntax not in ("", "*", *offer.syntaxes):
        return False
    if offer.multipart:
        return wanted.type == "*/*" or (wanted.type == MULTIPART and _covers(wanted.part or "*/*", offer.type))
    return _covers(wanted.type, offer.type)


def _covers(wanted: str, kind: str) -> bool:
    return wanted in ("*/*", kind, f"{kind.partition('/')[0]}/*")


def _told(offer: Offer) -> str:
    named = f"{MULTIPART}; type={offer.type}" if offer.multipart else offer.type
    return f"{named}; transfer-syntax={offer.syntaxes[0]}" if offer.syntaxes else named

"""Identifying numbers where no text stands: in numeric values, dates, times, and the components of UIDs."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from uploader.stages.verify.dates import Calendar

FEWEST = 5
"""Figures; a shorter number is met by chance everywhere."""
_SURE = 100_000
"""From here on a number is no chance."""
_LONGEST = 1 << 12
"""Bytes; a longer binary value holds measurements."""

_WHOLE = re.compile(rb"(?<![\d.])0*([1-9]\d{4,})(?:\.0*)?(?![\d.eE])")
_ZEROS = bytes(0x30 if 0x30 <= sign <= 0x39 else sign for sign in range(256))
"""Makes every figure a zero."""
_FIVE = b"0" * FEWEST
_SCIENTIFIC = re.compile(rb"(?<![\d.])\d+\.?\d*[eE][+]?\d+")
_BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
_BINARY |= {"OL": "I", "OV": "Q", "OF": "f", "OD": "d"}
_SINGLE = struct.Struct("f")
_CLOCK = re.compile(rb"([0-9.:]+)")
_DATE = re.compile(r"\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d*")
_TIME = re.compile(r"(?:[01]\d|2[0-3])(?:[0-5]\d){0,2}")

MADE = re.compile(rb"2\.25\.[1-9][0-9]{19,38}[\0 ]*")
"""A UID made from a UUID: its one long number is nobody's ID. PS3.5 B.2."""
_ROOT = re.compile(
    r"(?:1\.2\.840\.(?:10008|113619|113663|113704|114257)|1\.3\.12\.2\.1107|1\.3\.46\.670589|1\.2\.392\.200036"
    r"|1\.2\.276\.0\.7230010|1\.2\.826\.0\.1\.3680043|1\.3\.6\.1\.4\.1\.\d+|2\.16\.840\.1\.(?:113883|114\d*))(?=\.|$)"
)
"""Roots given to makers of equipment and software, whose components are nobody's ID."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The IDs that are numbers of five figures and more.

    all: patient's and others
    patient: those that are a patient ID from end to end
    written: IDs in which other signs stand among the figures, and that may all the same be taken for a number or a
        time, as they are written: 552-89-1234
    """

    all: frozenset[int]
    patient: frozenset[int]
    calendar: Calendar
    written: frozenset[bytes] = frozenset()
    _figures: tuple[bytes, ...] = field(init=False)
    _rounded: frozenset[int | float] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_figures", tuple(b"%d" % number for number in sorted(self.all)))
        object.__setattr__(self, "_rounded", self.all | {_SINGLE.unpack(_SINGLE.pack(n))[0] for n in self.all})

    def in_decimals(self, value: bytes) -> str | None:
        """Kind of what a DS or IS value holds: ``identity``, ``number`` for what may be chance, or None."""
        if self._is_written_in(value):
            return "identity"
        scientific = b"e" in value or b"E" in value
        if not scientific and (_FIVE not in value.translate(_ZEROS) or not any(n in value for n in self._figures)):
            return None
        found = {int(n) for n in _WHOLE.findall(value) if len(n) < 20}
        if scientific:
            found |= {int(f) for n in _SCIENTIFIC.findall(value) if (f := float(n)) < 1e20 and f.is_integer()}
        found &= self.all
        return _gravest("identity" if _sure(n) or n in self.patient else "number" for n in found)

    def in_binary(self, vr: str, value: bytes, order: str) -> str | None:
        """The same for a value of a binary VR; `order` is struct's sign for the byte order."""
        form = _BINARY.get(vr)
        if not form or len(value) > _LONGEST:
            return None
        count = len(value) // struct.calcsize(form)
        sought = self._rounded if form == "f" else self.all
        found = sought.intersection(struct.unpack_from(f"{order}{count}{form}", value))
        return _gravest("identity" if _sure(n) else "number" for n in found)

    def in_clock(self, value: bytes) -> str | None:
        """The same for a value of DA, DT or TM: ``number`` where it is a sound date or time, too."""
        if self._is_written_in(value):
            return "number"
        return _gravest(filter(None, map(self._of_clock, _CLOCK.findall(value))))

    def in_uid(self, uid: str) -> str | None:
        """The same for the components of a UID; ``date`` for a date of the original."""
        return _gravest(filter(None, map(self._of_component, _ROOT.sub("", uid, count=1).split("."))))

    def _is_written_in(self, value: bytes) -> bool:
        """Is one of the values an ID as it is written?"""
        if not any(written in value for written in self.written):
            return False
        return not self.written.isdisjoint(each.strip(b" \0") for each in value.split(b"\\"))

    def _of_clock(self, text: bytes) -> str | None:
        figures = text.decode("ascii").split(".")[0] if text.count(b".") == 1 else text.decode("ascii")
        figures = figures.replace(":", "").replace(".", "")
        if not figures or int(figures) not in self.patient:
            return None
        return "number" if _DATE.fullmatch(figures) or _TIME.fullmatch(figures) else "identity"

    def _of_component(self, text: str) -> str | None:
        if not text.isdecimal() or not FEWEST <= len(text) <= 20:
            return None
        if int(text) in self.all:
            return "identity"
        seen = self.calendar.seen(text)
        return "date" if seen and seen[0] == "date" else None


def _sure(number: float) -> bool:
    return number >= _SURE


def _gravest(kinds: Iterable[str] | Iterator[str]) -> str | None:
    """``identity`` before ``date`` before ``number``."""
    return min(kinds, default=None)

"""The invented patient, and the people and places around."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

RT_DELAY_DAYS = 400
"""Structures are drawn for the trial long after the CT: further than the demo protocol shifts dates, so that a
shifted date is never by chance another original one."""

_HEADS = ("Quill", "Thistle", "Bramble", "Fennel", "Larks", "Pebble", "Wobble", "Crumble", "Dapple", "Gorse")
_TAILS = ("feather", "whistle", "wick", "nettle", "marrow", "bottom", "spindle", "thwaite", "gobble", "quay")
_GIVEN = ("Zebedella", "Ottoline", "Thaddeusz", "Wilhelmara", "Peregrina", "Ignatzia", "Lysandrine")
_MIDDLE = ("Marjorama", "Cordelinde", "Balthazara", "Evangelista", "Philomenia")
_DOCTORS = (
    "Hrothgarsson",
    "Vandersnoot",
    "Kettlebrook",
    "Oddfellowes",
    "Zwetschgenbaum",
    "Pumpernik",
    "Wolkenstein",
)
HOSPITAL = "Sankt Wistlebury Hospital"
ADDRESS = "17 Quarrelsome Lane, Wistlebury"
AE_TITLE = "WISTLEBURY_CT1"
DEPARTMENT = "Wistlebury Radiotherapy"


@dataclass(frozen=True, slots=True)
class PhantomIdentity:
    """Who the phantom pretends to be, and all that a leak test may search for.

    values: every planted text: name parts, IDs, dates as written (YYYYMMDD), doctors, places, serials, phone
    uids: every UID of the session that belongs to it alone
    """

    name: str
    patient_id: str
    issuer: str
    birth_date: str
    accession: str
    study_date: str
    rt_date: str
    values: tuple[str, ...]
    uids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """The patient and those around, as the headers carry them."""

    family: str
    given: str
    middle: str
    patient_id: str
    issuer: str
    other_id: str
    accession: str
    admission: str
    serial: str
    station: str
    phone: str
    born: str
    """YYYYMMDD, as the next two."""
    studied: str
    drawn: str
    age: str
    """On the day of the study, as an AS: ``089Y``."""
    doctors: tuple[str, str, str, str]

    @property
    def name(self) -> str:
        """With an umlaut, so that the character set matters."""
        return f"{self.family}-Öxenquist^{self.given}^{self.middle}"


def invented(seed: int) -> Person:
    """Another seed, another person: the number is different, and nearly always all else."""
    day = date(2021, 3, 9) + timedelta(days=seed * 31 % 700)
    born = date(1931, 2, 3) + timedelta(days=seed * 97 % 18000)
    return Person(
        family=_HEADS[seed % len(_HEADS)] + _TAILS[seed // len(_HEADS) % len(_TAILS)],
        given=_GIVEN[seed % len(_GIVEN)],
        middle=_MIDDLE[seed % len(_MIDDLE)],
        patient_id=f"MRN-{_digits(seed, 4471903)}",
        issuer="WISTLEBURY-MPI",
        other_id=f"NHS-{_digits(seed, 9434765)}",
        accession=f"ACC-{_digits(seed, 7315902)}",
        admission=f"ADM-{_digits(seed, 6620417)}",
        serial=f"SN-{_digits(seed, 2528201)}",
        station=f"STN-{_digits(seed, 3086154)}",
        phone=f"+49-555-{_digits(seed, 1478823)}",
        born=f"{born:%Y%m%d}",
        studied=f"{day:%Y%m%d}",
        drawn=f"{day + timedelta(days=RT_DELAY_DAYS):%Y%m%d}",
        age=f"{(day - born).days * 4 // 1461:03}Y",
        doctors=_doctors(seed),
    )


def _digits(seed: int, start: int) -> str:
    """Seven digits; different for all seeds below ten million, because 7919 is prime to ten."""
    return f"{(start + (seed - 1) * 7919) % 10_000_000:07}"


def _doctors(seed: int) -> tuple[str, str, str, str]:
    """Family names of who referred, performed, operated and approved."""
    turned = _DOCTORS[seed % len(_DOCTORS) :] + _DOCTORS[: seed % len(_DOCTORS)]
    return turned[0], turned[1], turned[2], turned[3]


def planted(who: Person, uids: tuple[str, ...]) -> PhantomIdentity:
    """What the headers of this person carry."""
    return PhantomIdentity(
        name=who.name,
        patient_id=who.patient_id,
        issuer=who.issuer,
        birth_date=who.born,
        accession=who.accession,
        study_date=who.studied,
        rt_date=who.drawn,
        values=(
            *(who.family, "Öxenquist", who.given, who.middle, who.patient_id, who.issuer, who.other_id),
            *(who.accession, who.admission, who.serial, who.station, who.phone, *who.doctors),
            *(who.born, who.studied, who.drawn, HOSPITAL, ADDRESS, DEPARTMENT, "Wistlebury", AE_TITLE),
        ),
        uids=uids,
    )

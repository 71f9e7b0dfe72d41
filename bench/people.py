"""Invented patients and all that names them: the strings a leak test searches for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

_HEADS = ("Quill", "Thistle", "Bramble", "Fennel", "Larken", "Pebbel", "Wobble", "Crumbel", "Dappel", "Gorsen")
_TAILS = ("feather", "whistle", "wicken", "nettle", "marrow", "bottom", "spindle", "thwaite", "gobble", "quayle")
_GIVEN = ("Zebedella", "Ottoline", "Thaddeusz", "Wilhelmara", "Peregrina", "Ignatzia", "Lysandrine", "Xaverine")
_MIDDLE = ("Marjorama", "Cordelinde", "Balthazara", "Evangelista", "Philomenia", "Theodosine", "Walpurgia")
_FAMILY = ("grove", "stätten", "holm", "brück", "wold", "fjörd", "moor", "mühl", "sand", "lünd")
_STAFF = (
    "Hrothgar",
    "Vandersn",
    "Kettleb",
    "Oddfell",
    "Zwetsch",
    "Pumpern",
    "Wolkenst",
    "Jabberw",
    "Snorris",
    "Uckerm",
)
_ENDS = ("sson", "oot", "rook", "owes", "gau", "ikel", "einer", "ocky", "ovic", "arker")
_TOWNS = ("Wistlebury", "Oberquatsch", "Nether Plonk", "Krakelheim", "Fiddleford")
Digits = Callable[[int], str]
"""A number of so many digits, as text."""
UID_ROOT = "1.2.826.0.1.3680043.10.1795"


@dataclass(frozen=True, slots=True)
class Person:
    """One patient: `said` maps what a string is (``family``, ``accession``, ...) to (kind, text)."""

    number: int
    said: dict[str, tuple[str, str]]
    charset: str
    study_time: str
    """A TM to the microsecond. No plant: policies that move dates by whole days keep the time of day on purpose."""

    def __getattr__(self, what: str) -> str:
        if what.startswith("__"):
            raise AttributeError(what)
        return self.said[what][1]

    @property
    def name(self) -> str:
        return f"{self.family}^{self.given}^{self.middle}"

    def uid(self, *parts: object) -> str:
        """A UID of this patient's, always the same for the same parts (small whole numbers)."""
        return ".".join((self.uid_root, *map(str, parts)))


def _day(text: date) -> str:
    return f"{text:%Y%m%d}"


def invented(number: int, seed: int) -> Person:
    """Patient `number` (1 to 99). Dates of one patient lie so far apart that no usual shift makes one of another."""
    random = Random(f"{seed} {number}")

    def digits(count: int) -> str:
        return f"{random.randrange(10 ** (count - 1), 10**count)}"

    def surname() -> str:
        return f"{random.choice(_STAFF)}{random.choice(_ENDS)}{random.choice(_FAMILY)}"

    born = date(1933, 2, 3) + timedelta(days=random.randrange(18000))
    study = date(2017, 3, 9) + timedelta(days=random.randrange(700))
    town = random.choice(_TOWNS)
    return Person(
        number,
        {
            **_direct(random, digits, number, town),
            **_staff(surname, digits),
            **_site(random, digits, number),
            **_dates(born, study),
            **_uids(number, seed),
        },
        ("ISO_IR 192", "ISO_IR 100")[number % 4 == 0],
        f"{random.randrange(8, 18):02}{random.randrange(60):02}{random.randrange(60):02}.{random.randrange(10**6):06}",
    )


def _direct(random: Random, digits: Digits, number: int, town: str) -> dict[str, tuple[str, str]]:
    street = f"{digits(2)} {random.choice(_HEADS)}{random.choice(_TAILS)} Lane"
    family = _HEADS[number % 10] + _TAILS[random.randrange(10)] + random.choice(_FAMILY)
    said = {
        "family": family,
        "given": random.choice(_GIVEN),
        "middle": random.choice(_MIDDLE),
        "maiden": f"{random.choice(_TAILS).title()}{random.choice(_FAMILY)}er",
        "mother": f"{random.choice(_TAILS).title()}{random.choice(_FAMILY)}inger",
        "alias": f"{random.choice(_HEADS)}iekins{number}",
        "relative": f"{random.choice(_HEADS)}ulina",
        "patient_id": f"MRN{digits(7)}",
        "other_id": f"{digits(3)}-{digits(3)}-{digits(4)}",
        "accession": f"A{digits(8)}",
        "admission": f"V{digits(7)}",
        "study_id": f"ST{digits(6)}",
        "episode": f"EP{digits(6)}",
        "order_placer": f"OP{digits(7)}",
        "order_filler": f"OF{digits(7)}",
        "request_id": f"RQ{digits(7)}",
        "insurance": f"Plan {random.choice(_HEADS)} {digits(6)}",
        "street": street,
        "town": f"{town}-{digits(2)}",
        "phone": f"+49-555-{digits(7)}",
        "email": f"{family.encode('ascii', 'ignore').decode().lower()}{digits(3)}@post.example",
        "passport": f"PX{digits(7)}",
        "occupation": f"{random.choice(_TAILS)} inspector of {town}",
    }
    return {what: ("direct", text) for what, text in said.items()}


def _staff(surname: Callable[[], str], digits: Digits) -> dict[str, tuple[str, str]]:
    roles = ("referring", "performing", "operator", "reader", "record", "requester", "reviewer", "scheduled")
    said = {role: surname() for role in (*roles, "consulting", "author", "physicist")}
    return {what: ("staff", text) for what, text in {**said, "staff_phone": f"+49-666-{digits(7)}"}.items()}


def _site(random: Random, digits: Digits, number: int) -> dict[str, tuple[str, str]]:
    stem = f"{random.choice(_HEADS)}{random.choice(_TAILS)}".lower()
    said = {
        "institution": f"Sankt {stem.title()} Klinik {number}",
        "site_address": f"{digits(3)} {stem.title()} Allee",
        "department": f"Röntgen {stem[:6].title()} {number}",
        "ward": f"Ward {digits(2)} Kestrel",
        "station": f"STN{digits(6)}",
        "serial": f"SN{digits(7)}",
        "ae_title": f"AE{digits(5)}_{number}",
        "gantry": f"GNT{digits(6)}",
        "detector": f"DET{digits(6)}",
        "host": f"ct{number}.{stem}.example",
        "issuer": f"{stem[:5].upper()}-MPI{number}",
    }
    return {what: ("site", text) for what, text in said.items()}


def _dates(born: date, study: date) -> dict[str, tuple[str, str]]:
    said = {
        "birth": _day(born),
        "study": _day(study),
        "former": _day(study - timedelta(days=1500)),
        "followup": _day(study + timedelta(days=800)),
        "drawn": _day(study + timedelta(days=1600)),
        "birth_dotted": f"{born:%d.%m.%Y}",
        "study_iso": f"{study:%Y-%m-%d}",
        "study_words": f"{study.day} {study:%B %Y}",
        "former_slashed": f"{study - timedelta(days=1500):%d/%m/%Y}",
    }
    return {what: ("date", text) for what, text in said.items()}


def _uids(number: int, seed: int) -> dict[str, tuple[str, str]]:
    root = f"{UID_ROOT}.{seed}.{1000 + number}"
    said = {"uid_root": root}
    for at, what in enumerate(("study", "former", "frame", "device", "event", "dose_reference"), 1):
        said[f"uid_{what}"] = f"{root}.{at}.7"
    return {what: ("uid", text) for what, text in said.items()}

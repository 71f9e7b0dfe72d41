"""What a person would see in the images of a session: text that is left, matched with the patient, and faces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from uploader import passes
from uploader.domain.finding import Finding
from uploader.elements import Irregular
from uploader.headers import header
from uploader.instance import Instance
from uploader.pixels import session
from uploader.pixels.match import Known
from uploader.recipes import looked_at, some_of

_PATIENT_BIRTH_DATE = 0x00100030


def look(original: Callable[[str], Path], anonymised: Path, names: Sequence[str]) -> Iterator[Finding]:
    """About text in the anonymised images, and about scans of heads.

    original: where the original lies of each of the files `names` in the folder `anonymised`
    """
    yield from session.texts(anonymised, names, partial(_known, map(original, some_of(names))))
    yield from session.faces(original, names)


def _known(originals: Iterable[Path]) -> Known:
    files = list(looked_at(originals))
    said, births = passes.gathered(files), frozenset(map(_birth, files))
    return Known(names=said.names | said.staff, ids=said.ids, births=births, dates=said.dates)


def _birth(instance: Instance) -> str:
    with suppress(Irregular):
        return str(header(instance, {_PATIENT_BIRTH_DATE}).get("PatientBirthDate") or "")
    return ""

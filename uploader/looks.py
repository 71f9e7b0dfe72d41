"""What a person would see in the images of a session: text that is left, matched with the patient, and faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from uploader import passes
from uploader.domain.finding import Finding
from uploader.pixels import session
from uploader.pixels.match import Known
from uploader.recipes import looked_at


def look(original: Path, anonymised: Path, names: Sequence[str]) -> Iterator[Finding]:
    """About text in the anonymised images, and about scans of heads.

    original, anonymised: folders with the files `names`
    """
    yield from session.texts(anonymised, names, partial(_known, [original / name for name in names]))
    yield from session.faces(original, names)


def _known(originals: Sequence[Path]) -> Known:
    said = passes.gathered(looked_at(originals))
    return Known(names=said.names | said.staff, ids=said.ids, dates=said.dates)

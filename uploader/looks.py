"""What a person would see in the images of a session: text that is left, matched with the patient, and faces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from uploader import passes
from uploader.domain.finding import Finding
from uploader.pixels import session
from uploader.pixels.match import Known
from uploader.recipes import looked_at, some_of


def look(original: Callable[[str], Path], anonymised: Path, names: Sequence[str]) -> Iterator[Finding]:
    """About text in the anonymised images, and about scans of heads.

    original: where the original lies of each of the files `names` in the folder `anonymised`
    """
    yield from session.texts(anonymised, names, partial(_known, map(original, some_of(names))))
    yield from session.faces(original, names)


def _known(originals: Iterable[Path]) -> Known:
    said = passes.gathered(looked_at(originals))
    return Known(names=said.names | said.staff, ids=said.ids, dates=said.dates)

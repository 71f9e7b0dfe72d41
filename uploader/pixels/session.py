"""What can be seen in the images of a session: text that is left in anonymised ones, and faces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

from uploader.domain.errors import ReaderLost, UnreadableFile
from uploader.domain.finding import Finding
from uploader.elements import Form, Irregular, Short
from uploader.headers import header
from uploader.instance import Instance, load, read, run
from uploader.pixels import findings
from uploader.pixels.match import Known
from uploader.pixels.risk import DRAWN_OVER, reason
from uploader.ports import Header
from uploader.rows import Series

_ABOUT_TEXT = frozenset(
    {0x00080008, 0x00080016, 0x00080060, 0x00080064, 0x00280002, 0x00280004, 0x00280010, 0x00280301, 0x00080005}
)
"""The elements from which `risk.reason` tells whether an image must be read."""
_ABOUT_FACES = frozenset(
    {0x00080005, 0x00080008, 0x00080016, 0x00080060, 0x0008103E, 0x00082218, 0x00180015, 0x00181030, 0x00200032}
) | frozenset({0x00200037, 0x00280010, 0x00280011, 0x00280030, 0x00209071, 0x52009229})
"""Those from which `faces.face` tells whether a scan shows a face."""
_SAMPLE = 24
"""Files of a scan that are looked at for a face: enough to know how far it reaches."""


def texts(folder: Path, names: Iterable[str], known: Callable[[], Known]) -> Iterator[Finding]:
    """About text in the images of anonymised files, and about lines drawn over them. An image that carries no text by
    its kind is not decoded.

    known: asked once an image must be read
    """
    sorting = _Sorting()
    suspects = []
    for name in names:
        why = sorting.reason(folder / name)
        if why == DRAWN_OVER:
            yield from _drawn(folder, name)
        elif why:
            suspects.append(name)
    if not suspects:
        return
    from uploader.pixels.text import Looker  # loads numpy, which most sessions never need

    looker, named = Looker(), known()
    for name in suspects:
        try:
            yield from findings.texts(name, looker.look(folder / name), named)
        except ReaderLost:
            yield findings.unsearched(name)
        except UnreadableFile:
            yield findings.unreadable(name)


def faces(original: Callable[[str], Path], names: Iterable[str]) -> Iterator[Finding]:
    """About scans of a head, by the files as they came. names: ``<scan>/…``, those of one scan in one folder;
    original: where each of them lies"""
    for scan, each in groupby(sorted(names), key=lambda name: name.rpartition("/")[0]):
        files = list(each)
        headers = [_header(original(name), _ABOUT_FACES) for name in files[:: max(1, len(files) // _SAMPLE)]]
        yield from findings.faces(scan, headers)


def _drawn(folder: Path, name: str) -> Iterator[Finding]:
    from uploader import dicom  # as does the next, which few sessions need
    from uploader.pixels.drawn import writing

    if found := writing(dicom.read(folder / name).dataset):
        yield findings.drawn(name, found)


class _Sorting:
    """Tells which images must be read: those of a series are alike, and what is said of one is not worked out again."""

    def __init__(self) -> None:
        self._series = Series()
        self._known: dict[tuple[Form, bytes], str] = {}

    def reason(self, path: Path) -> str:
        """As `risk.reason`. Raises UnreadableFile."""
        with path.open("rb", buffering=0) as stream:
            try:
                rows, body = read(stream, self._series.rows)
                wanted = [raw for row in rows for tag, _, raw, _ in row.pieces if tag in _ABOUT_TEXT]
                known = body.form, b"".join(wanted)
                if known not in self._known:
                    self._known[known] = reason(header(Instance(run(known[1], body.form), body)))
                return self._known[known]
            except (Irregular, Short):
                return reason(_header(path, _ABOUT_TEXT))


def _header(path: Path, wanted: frozenset[int]) -> Header:
    """The attributes that are wanted, by keyword. Raises UnreadableFile."""
    with path.open("rb", buffering=0) as stream:
        try:
            return header(load(stream), wanted)
        except (Irregular, Short):
            from uploader import dicom  # loads what a file written by the book does not need

            return dicom.header(dicom.read(path).dataset)

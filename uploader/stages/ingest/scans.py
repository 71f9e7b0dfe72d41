"""Names of scans and files inside a session: made by us, the same for the same files.

They go into URLs, file names and the audit, so nothing that a source may write freely goes into them: of the source's
words only a plain SeriesNumber up to 9999 and a defined Modality are used.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from uploader.domain.arrival import Piece
from uploader.stages.ingest.facts import Instance
from uploader.stages.ingest.modality import modality

_PLAIN = re.compile(r"0|[1-9][0-9]{0,3}")
"""Longer numbers, and numbers with zeros before them, are what an MRN or an accession number looks like."""
Series = tuple[str, str]
"""Series Instance UID and modality: a scan has one modality."""


def named(files: Mapping[Piece, Instance]) -> tuple[dict[str, Piece], dict[str, str]]:
    """(file name -> piece, scan ID -> modality), whatever the order of `files`."""
    names: dict[str, Piece] = {}
    scans: dict[str, str] = {}
    for scan, kind, pieces in _scans(files):
        scans[scan] = kind
        for number, piece in enumerate(pieces, 1):
            names[f"scans/{scan}/DICOM/{number:04d}.dcm"] = piece
    return names, scans


def _scans(files: Mapping[Piece, Instance]) -> Iterator[tuple[str, str, list[Piece]]]:
    series: dict[Series, list[Piece]] = defaultdict(list)
    for piece, instance in files.items():
        series[instance.series, modality(instance.modality)].append(piece)
    taken: set[str] = set()
    for (_, kind), pieces in sorted(series.items(), key=lambda item: _order(item, files)):
        pieces.sort(key=lambda piece: _place(files[piece]))
        scan = _scan_id(files[pieces[0]].series_number, kind, taken)
        taken.add(scan)
        yield scan, kind, pieces


def _order(item: tuple[Series, list[Piece]], files: Mapping[Piece, Instance]) -> tuple[int, str, str]:
    (uid, kind), pieces = item
    return min(_integer(files[piece].series_number, 0) for piece in pieces), uid, kind


def _scan_id(series_number: str, kind: str, taken: set[str]) -> str:
    """SeriesNumber (0020,0011) while it is plain and free, else XNAT's way out: ``3-CT1``, ``3-CT2`` …;
    ``0-CT1`` where there is no plain number."""
    plain = _PLAIN.fullmatch(series_number) is not None
    number = series_number if plain else "0"
    if plain and number not in taken:
        return number
    k = 1
    while f"{number}-{kind}{k}" in taken:
        k += 1
    return f"{number}-{kind}{k}"


def _place(instance: Instance) -> tuple[int, str, str]:
    return _integer(instance.number, 1 << 40), instance.series_number, instance.uid


def _integer(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,12}", text) else otherwise

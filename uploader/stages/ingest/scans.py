"""Names of scans and files inside a session: made by us, the same for the same files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from uploader.domain.arrival import Piece
from uploader.stages.ingest.facts import Instance

Series = tuple[str, str]
"""Series Instance UID and modality: a scan has one modality."""


def named(files: Mapping[Piece, Instance]) -> tuple[dict[str, Piece], dict[str, str]]:
    """(file name -> piece, scan ID -> modality), whatever the order of `files`."""
    names: dict[str, Piece] = {}
    scans: dict[str, str] = {}
    for scan, modality, pieces in _scans(files):
        scans[scan] = modality
        for number, piece in enumerate(pieces, 1):
            names[f"scans/{scan}/DICOM/{number:04d}.dcm"] = piece
    return names, scans


def _scans(files: Mapping[Piece, Instance]) -> Iterator[tuple[str, str, list[Piece]]]:
    series: dict[Series, list[Piece]] = defaultdict(list)
    for piece, instance in files.items():
        series[instance.series, _modality(instance)].append(piece)
    taken: set[str] = set()
    for (_, modality), pieces in sorted(series.items(), key=lambda item: _order(item, files)):
        pieces.sort(key=lambda piece: _place(files[piece]))
        scan = _scan_id(files[pieces[0]].series_number, modality, taken)
        taken.add(scan)
        yield scan, modality, pieces


def _order(item: tuple[Series, list[Piece]], files: Mapping[Piece, Instance]) -> tuple[int, str, str]:
    (uid, modality), pieces = item
    return min(_integer(files[piece].series_number, 0) for piece in pieces), uid, modality


def _scan_id(series_number: str, modality: str, taken: set[str]) -> str:
    """SeriesNumber while it is a number and free, else XNAT's way out: ``3-CT1``, ``3-CT2`` …"""
    plain = re.fullmatch(r"[0-9]{1,12}", series_number) is not None
    number = str(int(series_number)) if plain else "0"
    if plain and number not in taken:
        return number
    k = 1
    while f"{number}-{modality}{k}" in taken:
        k += 1
    return f"{number}-{modality}{k}"


def _place(instance: Instance) -> tuple[int, str, str]:
    return _integer(instance.number, 1 << 40), instance.series_number, instance.uid


def _integer(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,12}", text) else otherwise


def _modality(instance: Instance) -> str:
    return re.sub(r"[^A-Z0-9]", "", instance.modality.upper())[:16] or "OT"

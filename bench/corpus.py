"""The bench corpus: generated files of ten invented patients, and a list of all that identifies them in it.

Everything follows from the seed. `plants.json` beside the files says what each patient's strings are and where they
stand: not from what the makers intended, but by searching the finished files with the walker that later searches
what a tool made of them.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite

from bench import documents, images, pictures, radiotherapy
from bench.headers import series_number
from bench.people import Person, invented
from bench.walk import Place, files_of, gathered, places_in, searchers

VERSION = 5
"""Part of the cache's key: count up when any maker changes."""


@dataclass(frozen=True, slots=True)
class Scale:
    """patients: 1 to 99; ct, mr: slices a patient (MR twice: JPEG 2000 and RLE); size: rows and columns of those"""

    patients: int = 10
    ct: int = 100
    mr: int = 10
    size: int = 512
    ecg: int = 5
    """ECGs in all."""


FULL = Scale()
"""1,295 files, about 600 MB."""
SMALL = Scale(patients=2, ct=3, mr=1, size=64, ecg=1)
"""For tests: every role, in a second."""

Boxes = list[tuple[str, tuple[int, int, int, int]]]


def files(who: Person, scale: Scale) -> Iterator[tuple[str, Dataset, Boxes]]:
    """Path within the corpus, dataset, boxes of drawn text."""
    folder = f"p{who.number:02}"
    for index, dataset in enumerate(images.ct_slices(who, scale.ct, scale.size)):
        yield f"{folder}/ct/{index + 1:04}.dcm", dataset, []
    for role in ("MRJ", "MRR"):
        for index, dataset in enumerate(images.mr_slices(who, role, scale.mr, scale.size)):
            yield f"{folder}/{role.lower()}/{index + 1:04}.dcm", dataset, []
    yield f"{folder}/rtstruct.dcm", radiotherapy.structures(who, scale.ct), []
    yield f"{folder}/rtplan.dcm", radiotherapy.plan(who), []
    yield f"{folder}/rtdose.dcm", radiotherapy.dose(who, scale.size // 4), []
    yield f"{folder}/us.dcm", *pictures.ultrasound(who)
    yield f"{folder}/sc.dcm", *pictures.secondary_capture(who)
    yield f"{folder}/sr.dcm", documents.report(who, scale.ct), []
    yield f"{folder}/pdf.dcm", documents.pdf_document(who), []
    yield f"{folder}/pr.dcm", documents.presentation(who, min(scale.ct, 5)), []
    yield f"{folder}/emr.dcm", images.enhanced_mr(who, 12, scale.size // 4), []
    if who.number <= scale.ecg:
        yield f"{folder}/ecg.dcm", documents.ecg(who), []


def make(folder: Path, scale: Scale = FULL, seed: int = 3) -> None:
    """Write the files into `folder`/files and the list into `folder`/plants.json."""
    people = [invented(number, seed) for number in range(1, scale.patients + 1)]
    boxes: list[dict[str, object]] = []
    for who in people:
        for name, dataset, drawn in files(who, scale):
            path = folder / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            dcmwrite(path, dataset, enforce_file_format=True)
            boxes += [{"series": dataset.SeriesNumber, "path": name, "what": what, "box": box} for what, box in drawn]
    strings = {str(who.number): who.said for who in people}
    wanted = searchers(strings)
    found = set[Place]().union(*(places_in(gathered(p.read_bytes()), wanted) for p in files_of(folder / "files")))
    listed = {"strings": strings, "boxes": boxes, "places": sorted(found)}
    (folder / "plants.json").write_text(json.dumps(listed, ensure_ascii=False, indent=0))


def cached(scale: Scale = FULL, seed: int = 3) -> Path:
    """The corpus of this scale, made when it is not there yet, in the system's temporary folder."""
    parts = (VERSION, seed, scale.patients, scale.ct, scale.mr, scale.size, scale.ecg)
    folder = Path(tempfile.gettempdir()) / ("uploader-bench-corpus-" + "-".join(map(str, parts)))
    if not (folder / "plants.json").exists():
        unfinished = Path(tempfile.mkdtemp(prefix="uploader-bench-"))
        make(unfinished, scale, seed)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    return folder


__all__ = ["FULL", "SMALL", "Scale", "cached", "make", "series_number"]

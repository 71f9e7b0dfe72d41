"""Rename structures in a copy: by ROI number, in every place that repeats the name, and nothing else.

The files that arrived are not written to. What is derived is read back and compared with its source element by element:
a difference that is no name is an error, and the copy is not used.

Where a name stands: ROIName (3006,0026), ROIObservationLabel (3006,0085), and every other short text that repeats it in
an item about that ROI, at any depth, in the RTSTRUCT and in plans and doses that reference it, such as
DoseReferenceDescription (300A,0016). An item is about an ROI when it holds ROINumber (3006,0022) or ReferencedROINumber
(3006,0084). Meanings of codes are no names.

Sources: PS3.3 C.8.8.5, C.8.8.8, C.8.8.10.
"""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from uploader.dicom import decoded, edit, read, vr_of
from uploader.domain.errors import NotRenamed
from uploader.domain.manifest import Manifest
from uploader.domain.renaming import Names

_NUMBER, _NAME, _REFERENCED, _LABEL = 0x30060022, 0x30060026, 0x30060084, 0x30060085
_CODE = 0x00080100
_LONGEST = {"SH": 16, "LO": 64}
_TEXTS = frozenset({"LO", "SH", "ST", "LT", "UT", "UC"})

Place = tuple[int, ...]
"""Tags and numbers of items, from the outermost."""
Calls = Mapping[int, tuple[str, str]]
"""ROI number -> its name now and then."""


def rename(originals: Path, manifest: Manifest, names: Names, plans: Collection[str], target: Path) -> None:
    """Make `target` a folder like `originals` in which the ROIs have their new names.

    plans: entries that may repeat names of another file: plans and doses
    Files without a change are the same files, linked. Raises NotRenamed, UnreadableFile: `target` is not to be used.
    """
    shutil.rmtree(target, ignore_errors=True)
    renamed: dict[str, Calls] = {}
    for entry, new in names.items():
        source = read(originals / entry).dataset
        calls = _calls(source, new)
        renamed[str(source.get("SOPInstanceUID", ""))] = calls
        _derive(originals / entry, target / entry, calls)
    for entry in plans:
        of_set = _set_of(read(originals / entry).dataset)
        if of_set in renamed:
            _derive(originals / entry, target / entry, renamed[of_set])
    for each in manifest:
        _link(originals / each.name, target / each.name)


def derived(originals: Path, manifest: Manifest, target: Path) -> list[str]:
    """The entries that are other files in `target` than among the originals."""
    return [e.name for e in manifest if not (target / e.name).samefile(originals / e.name)]


def fault(numbered: Collection[tuple[int, str]], new: Mapping[int, str]) -> str:
    """Why ROIs of these numbers and names cannot get the new names; empty when they can. Never quotes a name."""
    times = Counter(number for number, _ in numbered)
    for number in sorted(new):
        if times[number] != 1:
            return f"the structure set has {times[number] or 'no'} ROIs with the number {number}"
        if not new[number].strip() or len(new[number]) > _LONGEST["LO"]:
            return f"the new name of ROI {number} is empty or longer than {_LONGEST['LO']} characters"
    names = Counter(_folded(new.get(number, name)) for number, name in numbered)
    for number, name in sorted(new.items()):
        if names[_folded(name)] > 1:
            return f"the new name of ROI {number} would be that of another ROI too"
    return ""


def _folded(name: str) -> str:
    """What two names must differ in: neither in case nor in how letters with accents are put together."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _calls(structures: Dataset, new: Mapping[int, str]) -> Calls:
    """Raises NotRenamed."""
    defined = [(_number(item, _NUMBER), _text(item, _NAME)) for item in structures.get("StructureSetROISequence") or ()]
    wrong = fault([(number, name) for number, name in defined if number is not None], new)
    if wrong:
        raise NotRenamed(wrong)
    return {number: (name, new[number]) for number, name in defined if number is not None and number in new}


def _set_of(dataset: Dataset) -> str:
    """The structure set that a plan or dose was made for; empty where it names none, or several."""
    items = dataset.get("ReferencedStructureSetSequence") or ()
    uids = {str(item.get("ReferencedSOPInstanceUID", "")) for item in items}
    return uids.pop() if len(uids) == 1 else ""


def _derive(source: Path, target: Path, calls: Calls) -> None:
    """Raises NotRenamed when anything but names would change."""
    changed: dict[Place, str] = {}

    def change(dataset: Dataset) -> Dataset:
        for place, item, number in _items(dataset):
            if number in calls:
                changed.update(_renamed(place, item, *calls[number]))
        return dataset

    target.parent.mkdir(parents=True, exist_ok=True)
    edit(source, target, change)
    prove(source, target, changed)


def _renamed(place: Place, item: Dataset, old: str, new: str) -> Iterator[tuple[Place, str]]:
    """Put the new name into an item about the ROI; yields where it was put, and what was written."""
    for tag in [tag for tag, element in item.items() if vr_of(element) in _TEXTS]:
        vr = vr_of(item.get_item(tag))
        text = _text(item, tag)
        if tag in (_NAME, _LABEL) or (old and text == old):
            written = new if len(new) <= _LONGEST.get(vr, len(new)) else ""
            if text != written:
                decoded(item, tag).value = written
                yield (*place, tag), written


def _items(level: Dataset, place: Place = (), about: int | None = None) -> Iterator[tuple[Place, Dataset, int]]:
    """Every item that is about an ROI, or lies in one that is and names no other: with its place and the number."""
    own = _number(level, _NUMBER)
    about = own if own is not None else _number(level, _REFERENCED, about)
    if about is not None and _CODE not in level:
        yield place, level, about
    for tag in [tag for tag, element in level.items() if vr_of(element) == "SQ"]:
        for n, item in enumerate(decoded(level, tag).value):
            yield from _items(item, (*place, tag, n), about)


def prove(source: Path, target: Path, changed: Mapping[Place, str]) -> None:
    """Compare every element of both files as it is written. Raises NotRenamed."""
    before, after = read(source), read(target)
    same_pixels = before.pixels[1] == after.pixels[1]
    pairs = [(before.dataset, after.dataset), (before.tail, after.tail), *_meta_pairs(before.dataset, after.dataset)]
    for was, now in pairs:
        old, new = dict(_leaves(was)), dict(_leaves(now))
        others = {place for place in old.keys() | new.keys() if old.get(place) != new.get(place)}
        if others - changed.keys() or not same_pixels:
            raise NotRenamed("renaming would change more than names; the file is written in a way that cannot be kept")
    for place, written in changed.items():
        if _text_at(after.dataset, place) != written:
            raise NotRenamed("a new name could not be read back from the file that was made")


def _meta_pairs(before: Dataset, after: Dataset) -> list[tuple[Dataset, Dataset]]:
    """What a file meta says of the object: class, instance, transfer syntax. The rest is about who wrote the file."""
    return [(_portion(before.file_meta), _portion(after.file_meta))]


def _portion(meta: Dataset) -> Dataset:
    portion = Dataset()
    for tag in (0x00020002, 0x00020003, 0x00020010):
        if tag in meta:
            portion.add(meta[tag])
    return portion


def _leaves(level: Dataset, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """(place, VR and value) of every element that is no sequence, and of every item that there is one."""
    for tag, element in level.items():
        if not tag & 0xFFFF:
            continue  # group lengths follow from the file
        if vr_of(element) != "SQ":
            value = element.value if isinstance(element.value, bytes) else str(element.value)
            yield (*place, tag), (str(element.VR), value)
            continue
        for n, item in enumerate(decoded(level, tag).value):
            yield (*place, tag, n), "item"
            yield from _leaves(item, (*place, tag, n))


def _text_at(level: Dataset, place: Place) -> str:
    for tag, n in zip(place[:-1:2], place[1::2], strict=False):
        level = decoded(level, tag).value[n]
    return _text(level, place[-1])


def _text(level: Dataset, tag: int) -> str:
    value = decoded(level, tag).value if tag in level else None
    return "" if value is None else str(value).strip()


def _number(level: Dataset, tag: int, otherwise: int | None = None) -> int | None:
    try:
        return int(_text(level, tag)) if tag in level else otherwise
    except ValueError:
        return otherwise


def _link(source: Path, target: Path) -> None:
    """The same file under both names; a copy where the disk has no links."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)

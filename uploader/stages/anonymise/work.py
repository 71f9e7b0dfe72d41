"""Anonymise one file after another by one recipe, remembering what has been worked out.

The usual way decodes only what the scripts reach. Where a script may reach anything, or a file is not written by the
book, the whole header is decoded, changed by the scripts and written anew, and then goes the same way.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from uploader.elements import Element, Form, Irregular, Short, encoded, value_of
from uploader.instance import SOP_INSTANCE, Elements, Instance, load, rewritten, run, save
from uploader.rules import CHARACTER_SET, Note, Rules, Treatment, Written
from uploader.stages.anonymise.recipe import Box, Recipe, Script
from uploader.stages.anonymise.swept import Swept

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_MODALITY, _BURNED_IN = 0x00080060, 0x00280301
_CONTEXT = frozenset({0x00080005, 0x00280100, 0x00280103})
"""What other elements cannot be read without: character set, bits allocated, pixel representation."""
_REMEMBERED, _LONGEST = 1 << 12, 1 << 12
"""Outcomes of scripts that are remembered, and bytes that one may have begun from."""


class _Pixels(Exception):
    """The image must be looked at, so the file goes the long way."""


class Work:
    """What one process knows of one recipe. notes: what was taken out of texts so far."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self.notes: set[Note] = set()
        self._alters_pixels = any(script.alters_pixels for script in recipe.scripts)
        self._partial = all(script.reach is not None for script in recipe.scripts)
        self._within: dict[int, bool] = {}
        self._edited: dict[tuple[int, str, bytes], Elements | None] = {}
        self._treatments: dict[tuple[str, Form, bool], Treatment] = {}
        self._stated: dict[tuple[Form, bool], dict[int, bytes]] = {}

    def __reduce__(self) -> tuple[type[Work], tuple[Recipe]]:
        """It travels to other processes as its recipe, and begins there with an empty memory."""
        return Work, (self._recipe,)

    def file(self, source: Path, target: Path) -> tuple[Box, ...]:
        """Anonymise one file; `target` appears whole or not at all. Returns the boxes of its image that were made
        black. Raises ScriptRejected, ScriptFailed, UnreadableFile, CannotBeSafe."""
        part = target.with_name(target.name + ".part")
        boxes: tuple[Box, ...] = ()
        try:
            if self._alters_pixels:
                raise _Pixels
            self._file(source, part, first=True)
        except _Pixels:
            boxes = self._with_pixels(source, part)
        part.replace(target)
        return boxes

    def _with_pixels(self, source: Path, target: Path) -> tuple[Box, ...]:
        """The long way, by files in between: first what devices draw is blanked, then the scripts are given all."""
        from uploader import dicom  # here, because it loads pydicom

        blanked, altered = (target.with_name(target.name + suffix) for suffix in (".blanked", ".altered"))
        boxes: tuple[Box, ...] = ()
        try:
            if self._recipe.blanking:
                boxes = self._recipe.blanking(source, blanked)
            source = blanked if boxes else source
            if self._alters_pixels:
                dicom.edit_pixels(source, altered, self._all_scripts)
                boxes += tuple(box for script in self._recipe.scripts for box in script.blanked)
                source = altered
            self._file(source, target, scripted=self._alters_pixels, blanked=bool(boxes))
        finally:
            blanked.unlink(missing_ok=True)
            altered.unlink(missing_ok=True)
        return boxes

    def _file(
        self, source: Path, target: Path, *, first: bool = False, scripted: bool = False, blanked: bool = False
    ) -> None:
        """first: nobody has looked yet whether something must be blanked; scripted: the scripts are through with it;
        blanked: something was. Raises _Pixels when somebody must look."""
        with source.open("rb", buffering=0) as stream:
            try:
                instance = self._regular(stream, first, scripted)
                header, tail = self._treated(instance, swept=not scripted, blanked=blanked)
            except (Irregular, Short):
                if first and self._recipe.blanking:
                    raise _Pixels from None
                instance = rewritten(stream, _unchanged if scripted else self._all_scripts)
                header, tail = self._treated(instance, swept=False, blanked=blanked)
            self._save(stream, target, instance, header, tail)

    def _regular(self, stream: BinaryIO, first: bool, scripted: bool) -> Instance:
        """Raises Irregular when the file, or a script, asks for all elements to be decoded."""
        if not self._partial and not scripted:
            raise Irregular
        instance = load(stream)
        if first and self._recipe.blanking:
            modality = value_of(instance.header.data, instance.header.elements, _MODALITY)
            if self._recipe.blanking.concerns(modality.decode("latin-1")):
                raise _Pixels
        if not scripted:
            for index, script in enumerate(self._recipe.scripts):
                self._run(index, script, instance)
        return instance

    def _run(self, index: int, script: Script, instance: Instance) -> None:
        """Let the script change what the scripts reach, and put the outcome in the place of that.

        Each sees what any of them reaches, so that it finds what those before it have made of that.
        """
        if any(self._reached(e[0]) for e in instance.tail.elements):
            raise Irregular
        header = instance.header
        reached, others = self._parted(header)
        seen = b"".join(header.data[start:end] for _, _, start, _, end in reached)
        edited = self._outcome(index, script, instance, seen, reached)
        if edited.data != seen:
            instance.header = _merged(header.data, others, edited)

    def _outcome(self, index: int, script: Script, instance: Instance, seen: bytes, reached: list[Element]) -> Elements:
        known = (index, instance.syntax, seen)
        edited = self._edited.get(known)
        if edited is None:
            edited = run(_edited(script, instance, seen, reached), instance.form)
            if script.repeatable and len(seen) < _LONGEST:
                if len(self._edited) > _REMEMBERED:
                    self._edited.clear()
                self._edited[known] = edited
        return edited

    def _parted(self, part: Elements) -> tuple[list[Element], list[Element]]:
        """What the scripts reach, and the rest."""
        reached: list[Element] = []
        others: list[Element] = []
        for element in part.elements:
            (reached if self._reached(element[0]) else others).append(element)
        return reached, others

    def _reached(self, tag: int) -> bool:
        """Whether the scripts themselves change a tag at the top; what they make of all others is swept by tag."""
        if tag not in self._within:
            reaches = [script.reach for script in self._recipe.scripts if script.reach is not None]
            self._within[tag] = tag in _CONTEXT or any(tag in reach for reach in reaches)
        return self._within[tag]

    def _all_scripts(self, dataset: Dataset) -> Dataset:
        for script in self._recipe.scripts:
            dataset = script(dataset)
        return dataset

    def _treated(self, instance: Instance, *, swept: bool, blanked: bool) -> tuple[list[Written], list[Written]]:
        """Header and tail. Raises Irregular, Short."""
        header = self._swept(instance) if swept else self._elements(instance, instance.header, swept=False)
        stated = self._statement(instance.form, blanked and _says_nothing_is_left(header))
        header = [written for written in header if written[0] not in stated]
        header.extend(stated.items())
        header.sort()
        return header, self._elements(instance, instance.tail, swept=swept)

    def _swept(self, instance: Instance) -> list[Written]:
        """The header, of which only what no script has seen is still to be swept."""
        seen, others = self._parted(instance.header)
        data = instance.header.data
        charset = value_of(data, seen, CHARACTER_SET)
        return [
            *self._elements(instance, Elements(data, seen), swept=False),
            *self._elements(instance, Elements(data, others), swept=True, charset=charset),
        ]

    def _elements(
        self, instance: Instance, part: Elements, *, swept: bool, charset: bytes | None = None
    ) -> list[Written]:
        known = (instance.sop_class, instance.form, swept)
        treatment = self._treatments.get(known)
        if treatment is None:
            rules: Rules = self._recipe.passes.rules(instance.sop_class, self.notes)
            if swept:
                rules = Swept(self._recipe.scripts, rules)
            treatment = self._treatments[known] = Treatment(rules, instance.form)
        return treatment.elements(part.data, part.elements, charset)

    def _statement(self, form: Form, blanked: bool) -> dict[int, bytes]:
        known = form, blanked
        if known not in self._stated:
            self._stated[known] = dict(self._recipe.passes.stated(form, blanked=blanked))
        return self._stated[known]

    def _save(
        self, stream: BinaryIO, target: Path, instance: Instance, header: list[Written], tail: list[Written]
    ) -> None:
        uid = next((raw[8:] for tag, raw in header if tag == SOP_INSTANCE), b"")
        text = uid.strip(b" \0").decode("ascii")
        save(stream, target, instance, _bytes(header), _bytes(tail), text)


def _edited(script: Script, instance: Instance, seen: bytes, reached: list[Element]) -> bytes:
    """What the script makes of the elements that it reaches, which are `seen`. Raises Irregular."""
    data, form = instance.header.data, instance.form
    given = {tag: (vr.decode(), data[begin:end]) for tag, vr, _, begin, end in reached}
    made = script.edit(given)
    if made is not None:
        raw = {tag: data[start:end] for tag, _, start, _, end in reached}
        return b"".join(
            raw[tag] if element is given.get(tag) else encoded(tag, element[0].encode(), element[1], form)
            for tag, element in sorted(made.items())
        )
    from uploader import dicom

    edited = dicom.edit_elements(seen, instance.syntax, script)
    if edited is None:
        raise Irregular
    return edited


def _merged(data: bytes, others: list[Element], edited: Elements) -> Elements:
    """Elements that lie in `data` together with edited ones, in ascending order."""
    offset = len(data)
    moved = [(tag, vr, start + offset, begin + offset, end + offset) for tag, vr, start, begin, end in edited.elements]
    return Elements(data + edited.data, sorted(others + moved))


def _says_nothing_is_left(header: list[Written]) -> bool:
    """Does Burned In Annotation (0028,0301) say NO, as it must where cleaned pixels are claimed? PS3.15 E.3.1."""
    return any(raw[8:].rstrip(b" ") == b"NO" for tag, raw in header if tag == _BURNED_IN)


def _bytes(written: list[Written]) -> bytes:
    return b"".join(raw for _, raw in written)


def _unchanged(dataset: Dataset) -> Dataset:
    return dataset

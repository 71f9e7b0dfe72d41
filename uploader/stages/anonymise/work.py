"""Anonymise one file after another by one recipe, remembering what has been worked out.

The usual way decodes only what the scripts reach. Where a script may reach anything, or a file is not written by the
book, the whole header is decoded, changed by the scripts and written anew, and then goes the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from uploader.elements import Form, Irregular, Short, encoded, value_of
from uploader.instance import SOP_CLASS, SOP_INSTANCE, Body, read, rewritten, run, save
from uploader.rows import Piece, Row, Series, value_in
from uploader.rules import CHARACTER_SET, Note, Rules, Treatment, Written
from uploader.stages.anonymise import overlays
from uploader.stages.anonymise.recipe import Box, Recipe, Script
from uploader.stages.anonymise.swept import Swept
from uploader.writing import file_meta

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
        self._parts: dict[Row, tuple[tuple[Piece, ...], Row]] = {}
        self._edited: dict[tuple[int, str, bytes], Row] = {}
        self._treatments: dict[tuple[bytes, Form, bool], Treatment] = {}
        self._stated: dict[tuple[Form, bool], dict[int, bytes]] = {}
        self._folder = Path()
        self._series = Series()

    def __reduce__(self) -> tuple[type[Work], tuple[Recipe]]:
        """It travels to other processes as its recipe, and begins there with an empty memory."""
        return Work, (self._recipe,)

    def file(self, source: Path, target: Path) -> tuple[Box, ...]:
        """Anonymise one file; `target` appears whole or not at all. Returns the boxes of its image that were made
        black. Raises ScriptRejected, ScriptFailed, UnreadableFile, CannotBeSafe."""
        if target.parent != self._folder:  # another series
            self._folder = target.parent
            self._series = Series()
            self._parts.clear()
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
                rows, body = self._regular(stream, scripted)
                overlays.refuse_in(rows)
                if first:
                    self._look(rows)
                made = self._treated(rows, body) if scripted else self._scripted(rows, body)
            except (Irregular, Short):
                if first and self._recipe.blanking:
                    raise _Pixels from None
                instance = rewritten(stream, _unchanged if scripted else self._all_scripts)
                body = instance.body
                made = self._treated([Row.of(instance.header)], body)
            header = made.header | self._statement(body.form, blanked and made.says_nothing_is_left)
            save(stream, target, made.meta(body), _in_order(header), _in_order(made.tail), body.pixels)

    def _regular(self, stream: BinaryIO, scripted: bool) -> tuple[list[Row], Body]:
        """Raises Irregular when the file, or a script, asks for all elements to be decoded."""
        if not self._partial and not scripted:
            raise Irregular
        return read(stream, self._series.rows)

    def _look(self, rows: list[Row]) -> None:
        """Raises _Pixels for a kind of image into which devices draw."""
        blanking = self._recipe.blanking
        if blanking and blanking.concerns(value_in(rows, _MODALITY).decode("latin-1")):
            raise _Pixels

    def _scripted(self, rows: list[Row], body: Body) -> _Anonymised:
        """Let each script change what the scripts reach, and sweep the rest by tag. Raises Irregular, Short."""
        if any(self._reached(element[0]) for element in body.tail.elements):
            raise Irregular
        seen, others = self._parted(rows)
        for index, script in enumerate(self._recipe.scripts):
            seen = self._outcome(index, script, body, seen)
        sop_class, charset = (value_in([seen, *others], tag) for tag in (SOP_CLASS, CHARACTER_SET))
        passes, all_ = (self._treatment(sop_class, body.form, swept=swept) for swept in (False, True))
        written = [*passes.rows([seen], charset), *all_.rows(others, charset)]
        return self._anonymised(sop_class, written, body, all_)

    def _treated(self, rows: list[Row], body: Body) -> _Anonymised:
        """Where the scripts have seen it all. Raises Irregular, Short."""
        sop_class, charset = (value_in(rows, tag) for tag in (SOP_CLASS, CHARACTER_SET))
        passes = self._treatment(sop_class, body.form, swept=False)
        return self._anonymised(sop_class, passes.rows(rows, charset), body, passes)

    def _anonymised(self, sop_class: bytes, written: list[Written], body: Body, behind: Treatment) -> _Anonymised:
        """behind: how the elements behind the pixels are treated"""
        tail: list[Written] = []
        if body.tail.elements:
            charset = value_of(body.tail.data, body.tail.elements, CHARACTER_SET)
            tail = behind.rows([Row.of(body.tail)], charset)
        return _Anonymised(sop_class, dict(written), dict(tail))

    def _parted(self, rows: list[Row]) -> tuple[Row, list[Row]]:
        """What the scripts reach, and the rest."""
        reached: list[Piece] = []
        others: list[Row] = []
        for row in rows:
            if len(row.pieces) > 1:
                inside, outside = self._parts.get(row) or self._part(row)
                reached += inside
                if outside.pieces:
                    others.append(outside)
            elif self._reached(row.pieces[0][0]):
                reached += row.pieces
            else:
                others.append(row)
        return Row.joined(reached), others

    def _part(self, row: Row) -> tuple[tuple[Piece, ...], Row]:
        inside = tuple(piece for piece in row.pieces if self._reached(piece[0]))
        outside = Row.joined(piece for piece in row.pieces if not self._reached(piece[0]))
        self._parts[row] = inside, outside
        return inside, outside

    def _outcome(self, index: int, script: Script, body: Body, seen: Row) -> Row:
        """What the script makes of the elements that the scripts reach. It finds what those before it have made of
        them. Raises Irregular."""
        known = index, body.syntax, seen.raw
        edited = self._edited.get(known)
        if edited is None:
            edited = Row.of(run(_edited(script, body, seen), body.form))
            if not all(self._reached(piece[0]) for piece in edited.pieces):
                raise Irregular
            if script.repeatable and len(seen.raw) < _LONGEST:
                if len(self._edited) > _REMEMBERED:
                    self._edited.clear()
                self._edited[known] = edited
        return edited

    def _reached(self, tag: int) -> bool:
        """Whether the scripts themselves change a tag at the top; what they make of all others is swept by tag."""
        if tag not in self._within:
            reaches = [script.reach for script in self._recipe.scripts if script.reach is not None]
            self._within[tag] = tag in _CONTEXT or any(tag in reach for reach in reaches)
        return self._within[tag]

    def _all_scripts(self, dataset: Dataset) -> Dataset:
        overlays.refuse(dataset)
        for script in self._recipe.scripts:
            dataset = script(dataset)
        return dataset

    def _treatment(self, sop_class: bytes, form: Form, *, swept: bool) -> Treatment:
        known = sop_class, form, swept
        treatment = self._treatments.get(known)
        if treatment is None:
            rules: Rules = self._recipe.passes.rules(sop_class.decode("latin-1"), self.notes)
            if swept:
                rules = Swept(self._recipe.scripts, rules)
            treatment = self._treatments[known] = Treatment(rules, form)
        return treatment

    def _statement(self, form: Form, blanked: bool) -> dict[int, bytes]:
        known = form, blanked
        if known not in self._stated:
            self._stated[known] = dict(self._recipe.passes.stated(form, blanked=blanked))
        return self._stated[known]


@dataclass(slots=True)
class _Anonymised:
    """Elements by tag, as they are written, before and behind the pixels, but for what every object states."""

    sop_class: bytes
    header: dict[int, bytes]
    tail: dict[int, bytes]

    def meta(self, body: Body) -> bytes:
        """Raises UnreadableFile."""
        uid = self.header.get(SOP_INSTANCE, b"")[8:].strip(b" \0")
        return file_meta(self.sop_class.decode("latin-1"), uid.decode("ascii"), body.syntax)

    @property
    def says_nothing_is_left(self) -> bool:
        """Does Burned In Annotation (0028,0301) say NO, as it must where cleaned pixels are claimed? PS3.15 E.3.1."""
        return self.header.get(_BURNED_IN, b"")[8:].rstrip(b" ") == b"NO"


def _in_order(written: dict[int, bytes]) -> bytes:
    return b"".join([raw for _, raw in sorted(written.items())])


def _edited(script: Script, body: Body, seen: Row) -> bytes:
    """What the script makes of the elements that it reaches. Raises Irregular."""
    given = {tag: (vr.decode(), raw[at:]) for tag, vr, raw, at in seen.pieces}
    made = script.edit(given)
    if made is not None:
        raw = {tag: raw for tag, _, raw, _ in seen.pieces}
        return b"".join(
            raw[tag] if element is given.get(tag) else encoded(tag, element[0].encode(), element[1], body.form)
            for tag, element in sorted(made.items())
        )
    from uploader import dicom

    edited = dicom.edit_elements(seen.raw, body.syntax, script)
    if edited is None:
        raise Irregular
    return edited


def _unchanged(dataset: Dataset) -> Dataset:
    return dataset

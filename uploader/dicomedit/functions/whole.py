"""Functions that edit or inspect the whole object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from uploader.dicomedit import access, private
from uploader.dicomedit.functions.logic import internal_text
from uploader.dicomedit.functions.registry import function
from uploader.dicomedit.paths import Hit, Path, Step, select
from uploader.dicomedit.state import State, Value, flat, paths
from uploader.dicomedit.values import BYTES, Unfit, is_sequence, items, text_of, vr_of
from uploader.domain.errors import ScriptRejected

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_DIRECT = re.compile(
    r"(?:\(\s*[0-9A-Fa-f]{4}\s*,\s*[0-9A-Fa-f]{4}\s*\)\s*\[\s*(?:0|[1-9][0-9]*)\s*\]\s*/\s*)*"
    r"\(\s*[0-9A-Fa-f]{4}\s*,\s*[0-9A-Fa-f]{4}\s*\)"
)
_PARTS = re.compile(r"\(\s*([0-9A-Fa-f]{4})\s*,\s*([0-9A-Fa-f]{4})\s*\)(?:\s*\[\s*([0-9]+)\s*\])?")


@function("reject", "refuse the object")
def reject(state: State, arguments: tuple[Value, ...]) -> Value:
    if (not arguments or state.true(arguments[0])) and not state.host.ignore_rejection:
        raise ScriptRejected("the script refuses this instance with reject[]")
    return None


@function("removeTags", "remove elements", effect=True)
def remove_tags(state: State, arguments: tuple[Value, ...]) -> Value:
    for path in paths(arguments):
        access.remove(state.dataset, path)
    return None


@function("collectValues", "the texts found in elements")
def collect_values(state: State, arguments: tuple[Value, ...]) -> Value:
    return list(_collected(state, arguments))


def _collected(state: State, values: tuple[Value, ...] | list[Value]) -> Iterator[str | None]:
    for value in flat(values):
        if isinstance(value, Path):
            yield from (text_of(*leaf) for leaf in access.leaves(state.dataset, value))
        else:
            yield state.text(value)


@function("blankValues", "empty every element that says exactly one of these texts", effect=True)
def blank_values(state: State, arguments: tuple[Value, ...]) -> Value:
    unwanted = {text for text in _collected(state, arguments) if text}
    if unwanted:
        _blank(state.dataset, unwanted)
    return None


def _blank(dataset: Dataset, unwanted: set[str]) -> None:
    longest = max(map(len, unwanted))
    for tag in list(dataset.keys()):
        if private.is_creator(tag):
            continue
        if is_sequence(dataset, tag):
            for item in items(dataset, tag):
                _blank(item, unwanted)
        elif not _too_long(dataset, tag, longest) and text_of(dataset, tag) in unwanted:
            access.blank(dataset, tag)


def _too_long(dataset: Dataset, tag: int, longest: int) -> bool:
    """Whether binary data, such as pixels, cannot say what is that short: they are not made into text then."""
    element = dataset.get_item(tag)
    value = element.value if element is not None else None
    return vr_of(dataset, tag) in BYTES - {"UN"} and isinstance(value, bytes) and len(value) > longest + 1


@function("retainPrivateTags", "remove all private elements but these", effect=True)
def retain_private_tags(state: State, arguments: tuple[Value, ...]) -> Value:
    kept: set[tuple[int, int]] = set()
    for path in paths(arguments):
        if not isinstance(path.last, Step) or path.last.creator is None:
            raise Unfit(f"retainPrivateTags: {path} does not name a private element")
        for hit in select(state.dataset, path):
            kept.update(_held(hit))
    private.retain(state.dataset, kept)
    return None


def _held(hit: Hit) -> Iterator[tuple[int, int]]:
    """What a path selects, for `private.retain`: an element, or all elements of one item of a private sequence."""
    if hit.item is None:
        yield id(hit.dataset), hit.tag
    elif is_sequence(hit.dataset, hit.tag):
        for item in items(hit.dataset, hit.tag)[hit.item : hit.item + 1]:
            yield from ((id(item), tag) for tag in item.keys())  # noqa: SIM118


@function("set", "set an element", least=2, effect=True)
def set_element(state: State, arguments: tuple[Value, ...]) -> Value:
    value = arguments[1]
    if isinstance(value, Path) and state.host.compatible:
        value = internal_text(value)
    text = state.needed(value, "set")
    *outer, (tag, _) = direct_path(arguments[0])
    here = state.dataset
    for sequence, item in outer:
        here = access.item_at(here, sequence, item, "set")
    access.put(here, tag, text, "set")
    return None


@function("delete", "remove an element", least=1, effect=True)
def delete_element(state: State, arguments: tuple[Value, ...]) -> Value:
    *outer, (tag, _) = direct_path(arguments[0])
    here = state.dataset
    for sequence, item in outer:
        if sequence not in here or not is_sequence(here, sequence) or item >= len(items(here, sequence)):
            return None
        here = items(here, sequence)[item]
    if tag in here:
        del here[tag]
    return None


def direct_path(value: Value) -> list[tuple[int, int]]:
    """(tag, item) of each step of a quoted path in plain numbers; the last item is 0. Raises Unfit."""
    if not isinstance(value, str) or not _DIRECT.fullmatch(value.strip()):
        raise Unfit('a quoted path in plain numbers is wanted, such as "(0008,1140)[0]/(0008,1155)"')
    return [(int(g + e, 16), int(n or 0)) for g, e, n in _PARTS.findall(value)]

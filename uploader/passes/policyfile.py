"""Reads privacy policies, and takes none that is not right from end to end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from uploader import dictionary
from uploader.domain.errors import BadPolicy
from uploader.domain.policy import Action, Option
from uploader.passes.attributes import NAMES
from uploader.passes.vrs import DATES, TEXT
from uploader.schema import fault

SCHEMA = "schema.json"

_FITTING: Mapping[str, frozenset[str]] = {
    Action.CLEAN: TEXT,
    Action.SHIFT: DATES | {"AS"},
    Action.UID: frozenset({"UI"}),
}
_TELLING = (Action.KEEP, Action.CLEAN, Action.SHIFT, Action.UID)


def checked(path: Path) -> tuple[Mapping[str, Any], str]:
    """The content of a policy and its SHA-256; the schema is the one in the same folder.

    Raises BadPolicy, which names the file, the place in it as a JSON pointer (RFC 6901), and what was expected.
    """
    schema, _ = _object(path.parent / SCHEMA)
    content, digest = _object(path)
    if (wrong := fault(content, schema)) is not None:
        raise bad(path, "".join(f"/{part}" for part in wrong.absolute_path), wrong.message)
    for pointer, what in _faults(path.stem, content):
        raise bad(path, pointer, what)
    return content, digest


def names(folder: Path) -> Sequence[Path]:
    """The files of the policies in a folder, by name."""
    return sorted(path for path in folder.glob("*.json") if path.name != SCHEMA)


def bad(path: Path, pointer: str, what: str) -> BadPolicy:
    return BadPolicy(f"{path.parent.name}/{path.name}: at {pointer or 'the top'}: {what}")


def tag_of(text: str) -> int:
    """``(gggg,eeee)`` or ``ggggeeee``."""
    return int(text.strip("()").replace(",", ""), 16)


def _faults(name: str, content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a schema cannot say."""
    if content["name"] != name:
        yield "/name", "is not the name of the file without .json"
    if {Option.RETAIN_FULL_DATES, Option.RETAIN_MODIFIED_DATES} <= set(content["options"]):
        yield "/options", "dates are kept as they are or moved, not both"
    for index, override in enumerate(content["overrides"]):
        what = _unfit(tag_of(override["tag"]), override["action"])
        if what:
            yield f"/overrides/{index}", what
    yield from _twice("/overrides", [tag_of(each["tag"]) for each in content["overrides"]])
    for kind in ("accept", "refuse"):
        yield from _twice(f"/{kind}", [each["sop_class"] for each in content[kind]])
    both = {each["sop_class"] for each in content["accept"]} & {each["sop_class"] for each in content["refuse"]}
    if both:
        yield "/refuse", f"accepted as well: {', '.join(sorted(both))}"
    if content["safe_private"]["additions"] and Option.RETAIN_SAFE_PRIVATE not in content["options"]:
        yield "/safe_private/additions", f"has no effect without the option {Option.RETAIN_SAFE_PRIVATE}"


def _unfit(tag: int, action: str) -> str | None:
    """Why an action cannot be asked for this attribute."""
    group = tag >> 16
    if group < 0x0008 or group > 0x7FE0 or not tag & 0xFFFF or group & 0xFF00 in (0x5000, 0x6000):
        return "what becomes of this element cannot be changed"
    if group & 1:
        return "is private: see /safe_private/additions"
    vr = dictionary.vr_of(tag)
    if vr is None or not dictionary.is_attribute(tag):
        return "is not in the DICOM dictionary"
    if action in _TELLING and tag in NAMES:
        return "identifies the patient directly and cannot be kept in any form"
    fitting = _FITTING.get(action)
    if fitting is not None and vr not in fitting:
        return f"{action} is for {', '.join(sorted(fitting))}, and this attribute is {vr}"
    return None


def _twice(pointer: str, keys: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield f"{pointer}/{index}", "is there a second time"


def _object(path: Path) -> tuple[Mapping[str, Any], str]:
    try:
        raw = path.read_bytes()
        content = json.loads(raw, object_pairs_hook=_once(path))
    except OSError as error:
        raise bad(path, "", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise bad(path, "", "is not UTF-8") from None
    except ValueError as error:
        raise bad(path, "", f"is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise bad(path, "", "is not a JSON object")
    return content, hashlib.sha256(raw).hexdigest()


def _once(path: Path) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """An object whose names differ: of two equal ones, JSON would keep the last in silence."""

    def pairs_hook(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = [name for name, _ in pairs]
        if len(set(found)) < len(found):
            raise bad(path, "", f"the name {next(n for n in found if found.count(n) > 1)!r} occurs twice in one object")
        return dict(pairs)

    return pairs_hook

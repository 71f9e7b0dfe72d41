"""Examples as people write them: read, and made whole where one is another one with changes.

What is wrong is told with file, line and place; a change that would change nothing is wrong too, for the example would
then show something else than it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from uploader import dictionary
from uploader.domain.errors import BadProtocol
from uploader.protocols.document import pointer, read
from uploader.protocols.exampleform import FORM, unheaderly
from uploader.protocols.faults import Wrong, placed, unfitting
from uploader.protocols.keptpixels import unpacked

Document = dict[str, Any]
Headers = dict[str, dict[str, Any]]


class _Nowhere(Exception):
    """A place that a header does not have, in words for people."""


def names(folder: Path) -> list[str]:
    """The examples of a trial, whose folder this is."""
    return sorted(path.stem for path in (folder / "examples").glob("*.json"))


def document(folder: Path, name: str) -> Document:
    """What an example of a trial says, with its headers in full, though it be based on another one.

    Raises BadProtocol with all that is wrong in it: file, lines, JSON pointers, what was expected.
    """
    return _document(folder, name, ())


def full_headers(said: Mapping[str, Any]) -> Headers:
    """Entry -> header, of the ``scans`` of an example; none shares anything with another."""
    return {
        entry: {**json.loads(json.dumps(scan.get("common", {}))), **header}
        for scan in said["scans"]
        for entry, header in scan["instances"].items()
    }


def _document(folder: Path, name: str, above: tuple[str, ...]) -> Document:
    where = f"{folder.name}/examples/{name}.json"
    try:
        raw = (folder / "examples" / f"{name}.json").read_bytes()
        said: Document = read(raw)
    except OSError as error:
        raise BadProtocol(f"{where}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise BadProtocol(f"{where}: {error}") from None
    wrong = list(unfitting(said, FORM)) or [
        *unheaderly(said),
        *_ill_packed(said),
        *_ill_based(folder, said, (*above, name)),
    ]
    if not wrong and "based_on" in said:
        said, wrong = _varied(folder, said, (*above, name))
    if wrong:
        raise BadProtocol(f"{where}: {'; '.join(map(str, placed(raw, wrong)))}")
    return said


def _ill_packed(said: Document) -> Iterator[Wrong]:
    for entry, kept in said.get("pixels", {}).items():
        try:
            unpacked(kept)
        except ValueError as error:
            yield f"/pixels{pointer([entry])}", str(error)


def _ill_based(folder: Path, said: Document, above: tuple[str, ...]) -> Iterator[Wrong]:
    base, known = said.get("based_on"), names(folder)
    if base is None:
        if "changes" in said:
            yield "/changes", "are of another example; expected based_on with its name"
        return
    if "changes" not in said:
        yield "/based_on", "expected changes beside it, a list; [] for none"
    if base in above:
        yield "/based_on", f"leads back to {base}; expected an example that has scans, in the end"
    elif base not in known:
        yield "/based_on", f"there is no example {base}; there are: {', '.join(known)}"


def _varied(folder: Path, said: Document, above: tuple[str, ...]) -> tuple[Document, list[Wrong]]:
    """The example that it is based on, changed, with what it says itself."""
    try:
        base = _document(folder, said["based_on"], above)
    except BadProtocol:
        return said, [("/based_on", f"{said['based_on']} cannot be read; put that right first")]
    headers = full_headers(base)
    wrong = [
        (f"/changes/{index}{place}", says)
        for index, change in enumerate(said["changes"])
        for place, says in _change(headers, change)
    ]
    own = {name: value for name, value in said.items() if name not in ("based_on", "changes")}
    return {**base, "expected": {}, "scans": [{"instances": headers}], **own}, wrong


def _change(headers: Headers, change: Mapping[str, Any]) -> Iterator[Wrong]:
    """Makes a change in all entries whose modality it names, or in one entry; or tells why it cannot be made."""
    chosen = {entry: header for entry, header in headers.items() if _is_meant(entry, header, change)}
    if not chosen:
        yield _nothing_meant(headers, change)
    elif "at" in change:
        yield from _put(chosen, change)
    elif "value" in change:
        yield "", "has a value and does not say where; expected at"
    elif "entry" not in change and "modality" not in change:
        yield "", "would take every file away; expected entry, modality or at"
    else:
        for entry in chosen:
            del headers[entry]


def _is_meant(entry: str, header: Mapping[str, Any], change: Mapping[str, Any]) -> bool:
    modality = header.get("Modality")
    return bool(change.get("entry", entry) == entry and change.get("modality", modality) == modality)


def _nothing_meant(headers: Headers, change: Mapping[str, Any]) -> Wrong:
    entry = change.get("entry")
    if entry in headers:
        return "/modality", f"{entry} is {headers[entry].get('Modality', 'of no modality')}, not {change['modality']}"
    if entry is not None:
        return "/entry", f"there is no file {entry}; there are {len(headers)}: {', '.join([*headers][:3])} and so on"
    modalities = sorted({str(header["Modality"]) for header in headers.values() if "Modality" in header})
    return "/modality", f"no file is {change.get('modality')}; there are: {', '.join(modalities) or 'none'}"


def _put(headers: Headers, change: Mapping[str, Any]) -> Iterator[Wrong]:
    """Another value at a place of all headers, or none; nothing when one of them does not have the place."""
    places = []
    for entry, header in headers.items():
        try:
            places.append(_place(header, change["at"][1:].split("/"), new="value" in change))
        except _Nowhere as error:
            yield "/at", f"in {entry}: {error}"
            return
    if "value" not in change:
        for holder, last in places:
            del holder[last]
        return
    if all(_has(holder, last) and holder[last] == change["value"] for holder, last in places):
        yield "/value", "is what is there already, so that nothing would change"
    for holder, last in places:
        holder[last] = json.loads(json.dumps(change["value"]))


def _place(header: Any, parts: list[str], new: bool) -> tuple[Any, Any]:
    """What holds the last part, and its name or number there. Raises _Nowhere.

    new: whether a header may lack the last part
    """
    holder, gone = header, ""
    for index, part in enumerate(parts):
        key = _key(holder, part, gone or "the header", new and index == len(parts) - 1)
        if index < len(parts) - 1:
            holder, gone = holder[key], gone + pointer([part])
    return holder, key


def _key(holder: Any, part: str, where: str, new: bool) -> str | int:
    """Raises _Nowhere."""
    if isinstance(holder, list):
        if not (part.isascii() and part.isdigit()):
            raise _Nowhere(f"{where} is a list; expected the number of an item, counted from 0, and not {part}")
        if int(part) >= len(holder):
            raise _Nowhere(f"{where} has no item {part}; it has {len(holder)}, counted from 0")
        return int(part)
    if not isinstance(holder, dict):
        raise _Nowhere(f"{where} is a value, and there is no {part} in it")
    if part in holder or (new and dictionary.tag_of(part) is not None):
        return part
    near = get_close_matches(part, holder if dictionary.tag_of(part) is None else (), n=1)
    unknown = "is not there" if dictionary.tag_of(part) is not None else "is neither there nor in the DICOM dictionary"
    raise _Nowhere(f"{part} {unknown}" + (f"; is {near[0]} meant?" if near else ""))


def _has(holder: Any, key: Any) -> bool:
    return isinstance(holder, list) or key in holder

"""XML documents of projects, subjects, sessions and scans: read into flat fields, and written from them.

A field's path is XNAT's, without the type: ``investigator/lastname``, ``fields/field[name=trial]/field``,
``provenance/processStep[2]/program``; below the root an attribute is ``studyProtocol/@ID``.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Mapping
from xml.parsers import expat

from werkzeug.exceptions import BadRequest

LARGEST = 1 << 20
"""Bytes of a document."""
DEEPEST = 32
"""Elements inside each other."""
MOST = 10_000
"""Elements and attributes of a document."""
NAMESPACES = {
    "xmlns:xnat": "http://nrg.wustl.edu/xnat",
    "xmlns:prov": "http://www.nbirn.net/prov",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
ATTRIBUTES = frozenset({"ID", "project", "label", "secondary_ID", "UID", "type", "modality"})
"""Fields of the root that are attributes."""
KIND = "xsi:type"

_LEAVES = {"addParam": "addField"}
_PART = re.compile(r"/?(@?[A-Za-z_][\w.-]*)(?:\[(?:name=([^\]]*)|(\d+))\])?")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(data: bytes) -> ET.Element:
    """The document's root; tags and attributes without their namespaces, but for ``xsi:type``.

    Raises BadRequest for what is not XML, is too large, too deep or too rich, or has a document type:
    entities could grow without end, or name files of this machine.
    """
    if len(data) > LARGEST:
        raise BadRequest("The XML has more than 1 MiB; nothing was changed.")
    reading = _Reading()
    try:
        reading.parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError):  # the latter two for encodings that are none
        raise BadRequest("The body is not well-formed XML; nothing was changed.") from None
    return reading.builder.close()


def flat(root: ET.Element) -> dict[str, str]:
    """The document's fields. A repeated element is numbered from its second on."""
    fields: dict[str, str] = {}
    _flatten(root, "", fields)
    return fields


def write(root: str, kind: str, fields: Mapping[str, str], children: Mapping[str, Iterable[ET.Element]]) -> str:
    """The document with root ``xnat:{root}``.

    kind: xsiType of the root
    children: path of a list -> its elements: ``scans/scan``
    """
    top = element(f"xnat:{root}", fields)
    top.attrib = NAMESPACES | top.attrib | {KIND: kind}
    for path, items in children.items():
        holder = ET.SubElement(top, f"xnat:{path.split('/')[0]}")
        holder.extend(items)
    body: str = ET.tostring(top, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'


def element(tag: str, fields: Mapping[str, str]) -> ET.Element:
    """One element with these fields. A field whose path is none of XML's is left out."""
    top = ET.Element(tag)
    for path, value in fields.items():
        parts = _parts(path)
        if parts and value != "":
            _put(top, parts, _FORBIDDEN.sub("", value))
    return top


Part = tuple[str, str, int]
"""A step of a path: tag, value of its ``name`` or empty, number among its like from 1."""


def _parts(path: str) -> list[Part]:
    """The path's steps; none when it is not a path."""
    parts, end = [], 0
    while found := _PART.match(path, end):
        parts.append((found[1], found[2] or "", int(found[3] or 1)))
        end = found.end()
        if end == len(path):
            return parts
    return []


def _put(top: ET.Element, parts: list[Part], value: str) -> None:
    *above, (last, _, _) = parts
    if above and above[-1][1]:  # …/field[name=x]/field: the element itself holds the value
        holder = _child(_descend(top, above[:-1]), above[-1])
        holder.text = "\n"
        note = ET.Comment(f"hidden_fields[{above[-1][0]}]")  # XNAT has one here, and clients skip it by count
        holder[:] = [note]
        note.tail = value
    elif last.startswith("@") or (not above and last in ATTRIBUTES):
        _descend(top, above).set(last.removeprefix("@"), value)
    else:
        _child(_descend(top, above), parts[-1]).text = value


def _descend(top: ET.Element, parts: list[Part]) -> ET.Element:
    for part in parts:
        top = _child(top, part)
    return top


def _child(top: ET.Element, part: Part) -> ET.Element:
    """The child of this step, made where it is not there."""
    tag, name, number = part
    like = [child for child in top if child.tag == f"xnat:{tag}" and (not name or child.get("name") == name)]
    if len(like) >= number:
        return like[number - 1]
    made = ET.SubElement(top, f"xnat:{tag}")
    if name:
        made.set("name", name)
    return made


def _flatten(top: ET.Element, prefix: str, fields: dict[str, str]) -> None:
    for name, value in top.attrib.items():
        if name != KIND:
            fields[f"{prefix}@{name}" if prefix else name] = value
    seen: Counter[str] = Counter()
    for child in top:
        text = (child.text or "").strip()
        if set(child.attrib) == {"name"} and not len(child):
            leaf = _LEAVES.get(child.tag, child.tag)
            fields[f"{prefix}{child.tag}[name={child.attrib['name']}]/{leaf}"] = text
            continue
        seen[child.tag] += 1
        path = f"{prefix}{child.tag}" + (f"[{seen[child.tag]}]" if seen[child.tag] > 1 else "")
        if text:
            fields[path] = text
        _flatten(child, f"{path}/", fields)


class _Reading:
    """Builds the tree from the parser's events, and refuses what is not data."""

    def __init__(self) -> None:
        self.builder = ET.TreeBuilder()
        self.parser = expat.ParserCreate(namespace_separator="\n")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.builder.data
        self._depth = self._count = 0

    def _refuse(self, *_: object) -> None:
        raise BadRequest("The XML declares a document type, which is not accepted; nothing was changed.")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._count += 1 + len(attributes)
        if self._depth > DEEPEST or self._count > MOST:
            raise BadRequest("The XML has too many elements; nothing was changed.")
        self.builder.start(_local(name), {_local(n): v for n, v in attributes.items()})

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.builder.end(_local(name))


def _local(name: str) -> str:
    space, _, local = name.rpartition("\n")
    return KIND if space == NAMESPACES["xmlns:xsi"] and local == "type" else local

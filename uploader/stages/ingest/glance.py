"""What one file is, as `facts` tells it, from undecoded bytes where that is enough: ten times as fast."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import lru_cache
from typing import BinaryIO

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.valuerep import TEXT_VR_DELIMS, PersonName

from uploader.domain.errors import UnreadableFile
from uploader.domain.identity import Identity
from uploader.domain.private import Private
from uploader.elements import Irregular, value_of
from uploader.instance import Elements, load
from uploader.stages.ingest import facts
from uploader.stages.ingest.facts import MEDIA_DIRECTORY, RT_CLASSES, Instance, is_taken

_CLASS, _UID, _MODALITY, _NAME, _ID, _ISSUER = 0x00080016, 0x00080018, 0x00080060, 0x00100010, 0x00100020, 0x00100021
_STUDY, _SERIES, _SERIES_NUMBER, _NUMBER, _FRAME = 0x0020000D, 0x0020000E, 0x00200011, 0x00200013, 0x00200052
_REFERENCED_FRAMES, _CHARACTER_SET = 0x30060010, 0x00080005
_WANTED = frozenset({_CLASS, _UID, _MODALITY, _NAME, _ID, _ISSUER, _STUDY, _SERIES, _SERIES_NUMBER, _NUMBER, _FRAME})
_LONG_WAY = frozenset({MEDIA_DIRECTORY, *RT_CLASSES})
"""SOP classes of which more is asked than what stands at the top."""


def instance(stream: BinaryIO) -> Instance:
    """What the file is. Raises NotTaken with the reason of quarantine; OSError."""
    return _glance(stream) or facts.instance(stream)


def _glance(stream: BinaryIO) -> Instance | None:
    """None for whatever is not plain: it is read the long way, which also knows what is wrong."""
    try:
        loaded = load(stream)
    except (Irregular, UnreadableFile):
        return None
    texts = _texts(loaded.header) if is_taken(loaded.syntax) else {}
    if not all(texts.get(tag) for tag in (_CLASS, _UID, _ID, _STUDY)):
        return None
    if texts[_CLASS] in _LONG_WAY:
        return None
    return Instance(
        uid=texts[_UID],
        study=texts[_STUDY],
        series=texts.get(_SERIES, ""),
        series_number=texts.get(_SERIES_NUMBER, ""),
        number=texts.get(_NUMBER, ""),
        modality=texts.get(_MODALITY, ""),
        identity=Private(Identity(texts[_ID], texts.get(_ISSUER, ""), texts.get(_NAME, ""))),
        rt="",
        images=frozenset(),
        parts=frozenset(),
        frames=frozenset({texts[_FRAME]} if texts.get(_FRAME) else ()),
    )


def _texts(header: Elements) -> Mapping[int, str]:
    """Tag -> value, blanks trimmed, of what is wanted; empty when a glance is not enough."""
    texts: dict[int, str] = {}
    charset = b""
    for tag, _, _, begin, end in header.elements:
        if tag in _WANTED:
            value = header.data[begin:end]
            if b"\\" in value:
                return {}
            texts[tag] = _text(tag, value, charset)
        elif tag == _CHARACTER_SET:
            charset = header.data[begin:end]
        elif tag == _REFERENCED_FRAMES:
            return {}
    return texts


@lru_cache(maxsize=1024)
def _text(tag: int, value: bytes, charset: bytes) -> str:
    """As pydicom decodes it. The values that repeat are remembered, the others are figures."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii").strip(" \0")
    encodings = convert_encodings(charset.decode("ascii", "replace").strip(" \0").split("\\"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's say that bytes are wrong; they are replaced there as here
        return _decoded(tag, value, encodings)


def _decoded(tag: int, value: bytes, encodings: list[str]) -> str:
    if tag == _NAME:
        return str(PersonName(value, encodings)).strip(" \0").rstrip("=")
    return decode_bytes(value, encodings, TEXT_VR_DELIMS).strip(" \0")


def studied(stream: BinaryIO) -> str:
    """Study Date and Time (0008,0020), (0008,0030), to put sessions in their order; empty when they are not plain."""
    try:
        header = load(stream).header
    except (Irregular, UnreadableFile):
        return ""
    return "".join(value_of(header.data, header.elements, tag).decode("latin-1") for tag in (0x00080020, 0x00080030))

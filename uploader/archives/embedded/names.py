"""Names that clients give us, made fit for a folder, and the field names of XNAT, made short."""

from __future__ import annotations

import re
from urllib.parse import quote

from werkzeug.exceptions import BadRequest

LONGEST_PART = 200
"""Bytes of one part of a file's path; file systems take 255."""
DEEPEST = 16
"""Folders above one file of a resource."""

_UNCLEAN = re.compile(r"[^A-Za-z0-9_-]")
_SAFE = re.compile(r"[A-Za-z0-9_./~-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_PREFIX = re.compile(r"^\w+:\w+/")
_TYPE = re.compile(r"\[@?xsi:type=[^\]]*\]")
_SHORT = {
    "gender": "demographics/gender",
    "yob": "demographics/yob",
    "dob": "demographics/dob",
    "age": "demographics/age",
    "handedness": "demographics/handedness",
}


def clean(label: str) -> str:
    """The label as XNAT keeps it: letters, digits, ``_`` and ``-``; anything else becomes ``_``.

    Raises BadRequest when nothing is left, or when it is too long for a folder.
    """
    cleaned = _UNCLEAN.sub("_", label.strip())
    if not cleaned or len(cleaned) > LONGEST_PART:
        raise BadRequest("A label must have between 1 and 200 characters.")
    return cleaned


def clean_resource(label: str) -> str:
    """As `clean`, but inner dots stay: resources are often called ``v1.2``."""
    return ".".join(clean(part) for part in label.strip().strip(".").split("."))


def inner_path(path: str) -> str:
    """`path` when it names a file inside a resource and nowhere else.

    Raises BadRequest for absolute paths, ``..``, control characters and names too long for a file system.
    The message does not repeat the path.
    """
    parts = path.removeprefix("./").split("/")
    if len(parts) > DEEPEST or any(_unfit(part) for part in parts):
        raise BadRequest("A file name is not a plain path inside the resource; nothing was stored.")
    return "/".join(parts)


def _unfit(part: str) -> bool:
    try:
        size = len(part.encode())
    except UnicodeEncodeError:
        return True
    return part in ("", ".", "..") or size > LONGEST_PART or bool(_CONTROL.search(part))


def field(name: str) -> str:
    """An XNAT field path without its type: ``xnat:ctSessionData/UID`` -> ``UID``."""
    short = _TYPE.sub("", _PREFIX.sub("", name))
    of_session = name != short and not name.startswith("xnat:subjectData/")  # xnat:mrSessionData/age is its own
    return short if of_session else _SHORT.get(short, short)


def uri(*parts: str) -> str:
    """``/data/…`` from parts, percent-encoded (RFC 3986); a part may hold slashes."""
    joined = "/".join(parts)
    return "/data/" + (joined if _SAFE.fullmatch(joined) else "/".join(map(quote, parts)))

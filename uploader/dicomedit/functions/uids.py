"""Functions that make UIDs."""

from __future__ import annotations

import hashlib
import hmac
import re

from uploader.dicomedit import access
from uploader.dicomedit.functions.registry import function
from uploader.dicomedit.state import State, Value, paths, quoted_paths
from uploader.dicomedit.values import Unfit, text_of

_ROOT = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*")


def hashed_uid(text: str) -> str:
    """SHA-1 of the UTF-8 text, cut and marked as a version 5 UUID, in decimal behind 2.25. No name space."""
    digest = bytearray(hashlib.sha1(text.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return f"2.25.{int.from_bytes(digest, 'big')}"


@function("hashUID", "a UID computed from a text (the same text, the same UID, for everybody)", least=1)
def hash_uid(state: State, arguments: tuple[Value, ...]) -> Value:
    text = state.text(arguments[0])
    return None if text is None else hashed_uid(text)


@function("hashUIDList", "replace each value by a UID computed from it", effect=True)
def hash_uid_list(state: State, arguments: tuple[Value, ...]) -> Value:
    for path in paths(arguments):
        for dataset, tag in access.leaves(state.dataset, path):
            text = text_of(dataset, tag)
            if text:
                access.put(dataset, tag, "\\".join(hashed_uid(t) for t in text.split("\\")), path)
    return None


@function("newUID", "a new random UID")
def new_uid(state: State, arguments: tuple[Value, ...]) -> Value:
    from uuid import uuid4  # here, because it loads slowly, and few scripts ask for it

    return f"2.25.{uuid4().int}"


@function("mapUID", "an unforeseeable UID, the same for the same text", least=2)
def map_uid(state: State, arguments: tuple[Value, ...]) -> Value:
    text = state.needed(arguments[0], "mapUID")
    return _mapped(state.host.mapped, text, _root(state, arguments[1]), _number(state, "mapUID", text))


@function(
    "mapReferencedUIDs",
    "replace each element by an unforeseeable UID, the same for the same text",
    least=2,
    effect=True,
)
def map_referenced_uids(state: State, arguments: tuple[Value, ...]) -> Value:
    prefix = _root(state, arguments[0])
    for path in quoted_paths(state, arguments[1:]):
        for dataset, tag in access.leaves(state.dataset, path):
            text = text_of(dataset, tag)
            if text:
                uid = _mapped(state.host.referenced, text, prefix, _number(state, "mapReferencedUIDs", text))
                access.put(dataset, tag, uid, path)
    return None


def _root(state: State, value: Value) -> str:
    return checked_root(state.needed(value, "a UID prefix"))


def checked_root(prefix: str) -> str:
    """The prefix. Raises Unfit when no UID can begin with it."""
    if not _ROOT.fullmatch(prefix) or len(prefix) > 24:
        raise Unfit("a UID prefix has numbers and dots, at most 24 characters, and does not end in a dot")
    return prefix


def _mapped(table: dict[str, str], text: str, prefix: str, number: int) -> str:
    """The UID of `text`; the prefix of its first use stays with it."""
    return table.setdefault(text, f"{prefix}.{number}")


def _number(state: State, purpose: str, text: str) -> int:
    """A number above 0 of at most 120 bits that nobody without the seed can compute."""
    digest = hmac.digest(state.host.seed, f"{purpose}\0{text}".encode(), "sha256")
    return int.from_bytes(digest[:15], "big") or 1

"""Elements of which nothing is decoded, for scripts that read and write plain texts only."""

from __future__ import annotations

from collections.abc import KeysView, Mapping
from typing import Any, NoReturn


class NotPlain(Exception):
    """The script asks for what only a decoded dataset can do; nothing it has done to the `Plain` counts."""


class Plain:
    """Elements at the top of a dataset, in the order of the file; stands where a pydicom dataset would.

    elements: VR and value by tag, as they are encoded
    """

    def __init__(self, elements: Mapping[int, tuple[str, bytes]]) -> None:
        self.elements = dict(elements)

    def __contains__(self, tag: int) -> bool:
        return tag in self.elements

    def __delitem__(self, tag: int) -> None:
        del self.elements[tag]

    def keys(self) -> KeysView[int]:
        return self.elements.keys()

    def __getattr__(self, name: str) -> NoReturn:
        raise NotPlain

    def __getitem__(self, tag: Any) -> NoReturn:
        raise NotPlain

"""What an object must have (PS3.5 7.4), and what of it was lost on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def lost_required(
    before: Mapping[int, int], after: Mapping[int, int], required: Mapping[int, str]
) -> Iterator[tuple[int, str]]:
    """(tag, type) of each attribute that the original had and the copy has not, or not with a value.

    before, after: bytes of the value by tag, of the elements at the top level
    required: ``1``, must be there with a value, or ``2``, must be there, by tag
    """
    for tag, kind in sorted(required.items()):
        gone = tag in before and tag not in after
        emptied = kind == "1" and bool(before.get(tag)) and not after.get(tag)
        if gone or emptied:
            yield tag, kind

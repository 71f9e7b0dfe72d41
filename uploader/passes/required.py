"""What the IOD of a class demands at the top level; data for whoever compares a copy with its original."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from uploader.passes import tables


def required(sop_class: str) -> Mapping[int, str]:
    """Type, ``1`` or ``2``, by tag, of the attributes of mandatory modules; none for a class without an IOD here."""
    return _by_iod().get(tables.iod_of(sop_class) or "", {})


@cache
def _by_iod() -> Mapping[str, Mapping[int, str]]:
    table = json.loads(Path(tables.__file__).with_name("required.json").read_bytes())
    return {
        iod: {int(run[i : i + 8], 16): kind for kind, run in kinds.items() for i in range(0, len(run), 8)}
        for iod, kinds in table["iods"].items()
    }

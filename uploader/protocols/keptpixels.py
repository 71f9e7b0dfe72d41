"""Pixels that an example keeps, as the dose of a plan: all frames of a file, packed into text."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def packed(frames: Callable[[str], Iterator[NDArray[Any]]], entry: str) -> dict[str, Any]:
    """``pixels`` of an example for one entry."""
    stack = np.stack(list(frames(entry)))
    data = base64.b64encode(zlib.compress(stack.tobytes(), 9)).decode()
    return {"shape": list(stack.shape), "type": stack.dtype.str, "zlib": data}


def unpacked(kept: Mapping[str, Any]) -> NDArray[Any]:
    """The frames one behind another. Raises ValueError for what `packed` did not write."""
    try:
        data = zlib.decompress(base64.b64decode(kept["zlib"]))
        return np.frombuffer(data, dtype=np.dtype(kept["type"])).reshape(kept["shape"])
    except (TypeError, ValueError, zlib.error):
        raise ValueError("is not what --record writes for pixels") from None

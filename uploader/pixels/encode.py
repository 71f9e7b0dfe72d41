"""Frames compressed again without loss, with the proof; and what a compression before has lost."""

from __future__ import annotations

import numpy as np
from pydicom.pixels.encoders.base import get_encoder
from pydicom.uid import UID

from uploader.domain.errors import UnreadableFile
from uploader.foreign import bordered
from uploader.frames import Layout, Samples, decoded, described

_PREFIX = "1.2.840.10008.1.2."
ENCODED_AGAIN = {_PREFIX + "5": "pylibjpeg", _PREFIX + "4.80": "pyjpegls", _PREFIX + "4.90": "pylibjpeg"}
"""Transfer syntaxes that lose nothing and can be written here (RLE, JPEG-LS, JPEG 2000 lossless) -> the encoder."""
_JPEG = frozenset(_PREFIX + f"4.{n}" for n in (50, 51))
_JPEG2000 = frozenset(_PREFIX + f"4.{n}" for n in (91, 203))
_NEAR = _PREFIX + "4.81"
_CODING_STYLE = b"\xff\x52"
_REVERSIBLE = 1


def encoded(samples: Samples, layout: Layout) -> bytes:
    """One frame in the file's own transfer syntax, of even length, decoded again to prove that nothing was lost.

    Raises UnreadableFile.
    """
    options = described(layout) | {"encoding_plugin": ENCODED_AGAIN[layout.syntax]}
    if layout.samples > 1:
        options["planar_configuration"] = 0
    raw = np.ascontiguousarray(samples.astype(layout.dtype.newbyteorder("<"))).tobytes()
    with bordered(UnreadableFile, "a blanked frame cannot be compressed again"):
        data = bytes(get_encoder(layout.syntax).encode(raw, **options))
    data += bytes(len(data) % 2)
    if not np.array_equal(decoded(data, layout)[0], samples):
        raise UnreadableFile("a blanked frame would not be the same after it is compressed again")
    return data


def loss(stored: bytes, syntax: UID) -> str:
    """Defined term of Lossy Image Compression Method (0028,2114) of a compressed frame, empty when it lost nothing,
    or when that cannot be told. PS3.3 C.7.6.1.1.5.1; ITU-T T.800 A.6.1."""
    if syntax in _JPEG:
        return "ISO_10918_1"
    if syntax == _NEAR:
        return "ISO_14495_1"
    at = stored.find(_CODING_STYLE)
    if syntax in _JPEG2000 and at >= 0 and stored[at + 13 : at + 14] != bytes([_REVERSIBLE]):
        return "ISO_15444_1"
    return ""

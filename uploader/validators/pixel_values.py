"""The values of pixels, as far as rules ask for them: the lowest and the highest of each file.

One pass over the frames of an input serves every rule; memory holds one frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from uploader.domain.errors import UnreadableFile
from uploader.ports import Case, Header
from uploader.validators.blocks import blocks
from uploader.validators.reading import items, text

ASKING = ("decodable", "expected_range")
"""Rules of a block `pixel` for which frames are decoded."""
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a file's frames.

    frames: how many were decoded; fault: why the next one was not, without naming the patient
    low, high: lowest and highest value, rescaled, padding left out; None for an image of padding alone
    unscaled: why the values mean nothing, in words; empty where they do
    """

    frames: int = 0
    fault: str = ""
    low: float | None = None
    high: float | None = None
    unscaled: str = ""


def seen(case: Case) -> Mapping[str, Seen]:
    """Every entry of inputs whose `pixel` asks for frames; ask by ``case.once(seen)``."""
    asking = [block for block in blocks(case, "pixel") if any(rule in block.said for rule in ASKING)]
    return {entry: _read(case, entry) for block in asking for entry in block.input.entries}


def _read(case: Case, entry: str) -> Seen:
    header = case.headers[entry]
    found = Seen(unscaled=_meaningless(header))
    try:
        for frame in case.frames(entry):
            found = _with(found, frame, header)
    except UnreadableFile as error:
        return replace(found, fault=str(error))
    return found if found.frames else replace(found, fault="there are no pixels")


def _with(found: Seen, frame: NDArray[Any], header: Header) -> Seen:
    extremes = None if found.unscaled else _extremes(frame, header, found.frames)
    counted = replace(found, frames=found.frames + 1)
    if extremes is None:
        return counted
    low, high = extremes
    return replace(
        counted,
        low=low if found.low is None else min(low, found.low),
        high=high if found.high is None else max(high, found.high),
    )


def _extremes(frame: NDArray[Any], header: Header, index: int) -> tuple[float, float] | None:
    """Lowest and highest value of a frame, rescaled; None for one of padding alone."""
    values = _without_padding(_without_overlays(frame, header), header)
    if not values.size:
        return None
    slope, intercept = _rescaling(header, index)
    ends = sorted((float(values.min()) * slope + intercept, float(values.max()) * slope + intercept))
    return ends[0], ends[1]


def _without_overlays(frame: NDArray[Any], header: Header) -> NDArray[Any]:
    """The samples without what stands in the bits above Bits Stored (0028,0101), as overlays of old images do."""
    bits, used = 8 * frame.dtype.itemsize, _number(header, "BitsStored", 0)
    if not 0 < used < bits or frame.dtype.kind not in "iu":
        return frame
    low, high = (-(1 << used - 1), 1 << used - 1) if frame.dtype.kind == "i" else (0, 1 << used)
    if low <= frame.min() and frame.max() < high:
        return frame
    return frame << (bits - used) >> (bits - used)


def _without_padding(values: NDArray[Any], header: Header) -> NDArray[Any]:
    """Pixel Padding Value (0028,0120), to Pixel Padding Range Limit (0028,0121) where there is one. C.7.5.1.1.2."""
    padding = header.get("PixelPaddingValue")
    if not isinstance(padding, int):
        return values
    limit = header.get("PixelPaddingRangeLimit")
    ends = (padding, limit if isinstance(limit, int) else padding)
    low, high = sorted(_as_stored(end, values) for end in ends)
    return values[(values < low) | (values > high)]


def _as_stored(value: int, values: NDArray[Any]) -> int:
    """The same bits in the type of the pixels: many files write the padding of signed pixels without its sign."""
    bits = 8 * values.dtype.itemsize
    value %= 1 << bits
    return value - (1 << bits) if values.dtype.kind == "i" and value >> (bits - 1) else value


def _rescaling(header: Header, index: int) -> tuple[float, float]:
    """Rescale Slope (0028,1053) and Intercept (0028,1052): of the frame, of all frames, of the file, or none."""
    group = next(iter(_transformations(header, index)), header)
    slope, intercept = group.get("RescaleSlope"), group.get("RescaleIntercept")
    return (
        float(slope) if isinstance(slope, (int, float)) else 1.0,
        float(intercept) if isinstance(intercept, (int, float)) else 0.0,
    )


def _transformations(header: Header, index: int) -> Iterator[Header]:
    frames = header.get("PerFrameFunctionalGroupsSequence")
    if isinstance(frames, list) and index < len(frames) and isinstance(frames[index], Mapping):
        yield from items(frames[index], "PixelValueTransformationSequence")
    yield from items(header, "SharedFunctionalGroupsSequence", "PixelValueTransformationSequence")


def _meaningless(header: Header) -> str:
    """Why the stored values cannot be turned into what the range is about."""
    if _number(header, "SamplesPerPixel", 1) != 1:
        return "it is in colour"
    if any(items(header, "ModalityLUTSequence")):
        return "its values are rescaled by a table (0028,3000)"
    enhanced = any(True for _ in _transformations(header, 0))
    if text(header, "Modality") == "CT" and not enhanced and text(header, "RescaleSlope") == "":
        return "the image does not say how its values become Hounsfield units (0028,1053)"
    return ""


def _number(header: Header, keyword: str, otherwise: int) -> int:
    value = header.get(keyword)
    return value if isinstance(value, int) else otherwise

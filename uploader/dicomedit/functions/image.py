"""The function that changes pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uploader.dicomedit import access
from uploader.dicomedit.functions.registry import function
from uploader.dicomedit.rectangles import check_colour, rectangle
from uploader.dicomedit.state import State, Value
from uploader.dicomedit.values import Unfit, text_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

METHOD = "Burned in text blacked out"
_BURNED_IN, _METHOD, _METHOD_CODES = 0x00280301, 0x00120063, 0x00120064


@function("alterPixels", "blank a rectangle of the image in every frame", least=4, effect=True)
def alter_pixels(state: State, arguments: tuple[Value, ...]) -> Value:
    """Where the rectangle covers pixels, the header says that text was blacked out (PS3.15 E.3.1)."""
    from pydicom.sequence import Sequence

    from uploader.dicomedit.pixels import blank  # here, because it loads numpy and the decoders

    shape, geometry, fill, colour = (state.needed(a, "alterPixels") for a in arguments[:4])
    check_shape(shape)
    check_fill(fill)
    check_colour(colour)
    area, dataset = rectangle(geometry), state.dataset
    if not blank(dataset, area, encode=not state.host.compatible):
        if state.host.compatible and _BURNED_IN in dataset:
            del dataset[_BURNED_IN]
    else:
        state.host.blanked.append((area.left, area.top, area.right - area.left, area.bottom - area.top))
        dataset.add_new(_BURNED_IN, "CS", "NO")
        said = text_of(dataset, _METHOD)
        access.put(dataset, _METHOD, f"{said}\\{METHOD}" if said else METHOD, "alterPixels")
        dataset.add_new(
            _METHOD_CODES, "SQ", Sequence([*dataset.get("DeidentificationMethodCodeSequence", []), _code()])
        )
    return None


def check_shape(shape: str) -> None:
    """Raises Unfit."""
    if shape.lower() != "rectangle":
        raise Unfit('alterPixels knows the shape "rectangle" only')


def check_fill(fill: str) -> None:
    """Raises Unfit."""
    if fill.lower() != "solid":
        raise Unfit('alterPixels knows the fill "solid" only')


def _code() -> Dataset:
    """Clean Pixel Data Option, CID 7050."""
    from pydicom.dataset import Dataset

    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "113101", "DCM"
    code.CodeMeaning = "Clean Pixel Data Option"
    return code

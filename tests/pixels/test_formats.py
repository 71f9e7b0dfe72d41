"""Text is read in whatever form the pixels are stored."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import gdcm
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from tests.pixels.pictures import dataset, drawn, jpeg, saved
from uploader.domain.finding import Severity
from uploader.pixels.findings import texts
from uploader.pixels.match import Known
from uploader.pixels.text import Looker

KNOWN = Known(frozenset({"Doe^Jane"}))
GREY = drawn(np.full((64, 160), 40, np.uint8), "DOE JANE", (20, 20))
COLOUR = np.stack([GREY, GREY // 2 + 20, GREY // 4 + 30], axis=-1)
JPEG_LOSSLESS, NEVER = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4."


def grey(values: np.ndarray = GREY, photometric: str = "MONOCHROME2", **attributes: object) -> Dataset:
    return dataset(np.ascontiguousarray(values)[None], photometric, **attributes)


def colour(values: np.ndarray = COLOUR, photometric: str = "RGB", **attributes: object) -> Dataset:
    return dataset(np.ascontiguousarray(values)[None], photometric, **attributes)


def twelve_bits(**attributes: object) -> Dataset:
    """Text that stands out by 200 of 4096 steps."""
    return grey((GREY.astype("<u2") + 1500), BitsStored=12, HighBit=11, Modality="DX", **attributes)


def planes() -> Dataset:
    made = colour(PlanarConfiguration=1)
    made.PixelData = COLOUR.transpose(2, 0, 1).tobytes()
    return made


def luminance() -> np.ndarray:
    return np.stack([GREY, np.full_like(GREY, 110), np.full_like(GREY, 140)], axis=-1)


def subsampled() -> Dataset:
    """YBR_FULL_422 as it is stored natively: two brightnesses, then the colour that they share."""
    made, pairs = colour(luminance(), "YBR_FULL_422"), luminance().reshape(64, 80, 2, 3)
    made.PixelData = np.stack(
        [pairs[:, :, 0, 0], pairs[:, :, 1, 0], *pairs[:, :, 0, 1:].transpose(2, 0, 1)], -1
    ).tobytes()
    return made


def palette() -> Dataset:
    """Indices that say nothing of how bright they are."""
    order = np.random.default_rng(5).permutation(256)
    made = grey(np.argsort(order).astype(np.uint8)[GREY], "PALETTE COLOR")
    for name in ("Red", "Green", "Blue"):
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(made, f"{name}PaletteColorLookupTableData", (order * 257).astype("<u2").tobytes())
    return made


def big_endian(values: np.ndarray) -> Dataset:
    made = grey(values)
    made.PixelData = values.astype(values.dtype.newbyteorder(">")).tobytes()
    made.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    return made


def implicit() -> Dataset:
    made = grey()
    made.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return made


def compressed(made: Dataset, syntax: str, **options: object) -> Dataset:
    made = deepcopy(made)
    made.compress(syntax, generate_instance_uid=False, **options)
    return made


NATIVE: dict[str, Callable[[], Dataset]] = {
    "grey": grey,
    "inverse": lambda: grey(255 - GREY, "MONOCHROME1"),
    "12 bits in a narrow window": lambda: twelve_bits(WindowCenter="1620", WindowWidth="300"),
    "12 bits without a window": twelve_bits,
    "12 bits, inverse, window on rescaled values": lambda: twelve_bits(
        PhotometricInterpretation="MONOCHROME1",
        RescaleSlope="2",
        RescaleIntercept="-1024",
        WindowCenter="2216",
        WindowWidth="600",
    ),
    "12 bits, brighter than the window": lambda: grey(
        np.where(GREY > 128, 4095, GREY).astype("<u2"), BitsStored=12, HighBit=11, WindowCenter="20", WindowWidth="40"
    ),
    "signed": lambda: grey(GREY.astype("<i2") * 20 - 3000),
    "RGB": colour,
    "RGB in planes": planes,
    "YBR": lambda: colour(luminance(), "YBR_FULL"),
    "YBR subsampled": subsampled,
    "palette": palette,
    "big endian": lambda: big_endian(GREY.astype("<u2") * 200),
    "implicit VR": implicit,
}
COMPRESSED: dict[str, Callable[[], Dataset]] = {
    "JPEG": lambda: jpeg(grey(), GREY[None]),
    "JPEG in subsampled colours": lambda: jpeg(colour(), COLOUR[None]),
    "JPEG-LS": lambda: compressed(grey(), NEVER + "80"),
    "JPEG-LS of 12 bits": lambda: compressed(twelve_bits(), NEVER + "80"),
    "JPEG-LS near lossless": lambda: compressed(grey(), NEVER + "81", jls_error=3),
    "JPEG 2000 lossless": lambda: compressed(colour(), NEVER + "90"),
    "JPEG 2000": lambda: compressed(colour(), NEVER + "91", j2k_cr=[8]),
    "RLE": lambda: compressed(grey(), "1.2.840.10008.1.2.5"),
    "RLE of a palette": lambda: compressed(palette(), "1.2.840.10008.1.2.5"),
    "RLE in colour": lambda: compressed(colour(), "1.2.840.10008.1.2.5"),
}


def seen(path: Path) -> set[Severity]:
    return {finding.severity for finding in texts("a", Looker().look(path), KNOWN)}


@pytest.mark.parametrize("made", NATIVE.values(), ids=NATIVE)
def test_a_name_is_read_in_native_pixels(made: Callable[[], Dataset], tmp_path: Path) -> None:
    assert seen(saved(made(), tmp_path / "a.dcm")) == {Severity.REFUSAL}


@pytest.mark.parametrize("made", COMPRESSED.values(), ids=COMPRESSED)
def test_a_name_is_read_in_compressed_pixels(made: Callable[[], Dataset], tmp_path: Path) -> None:
    assert seen(saved(made(), tmp_path / "a.dcm")) == {Severity.REFUSAL}


def test_a_name_is_read_in_jpeg_lossless(tmp_path: Path) -> None:
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(saved(grey(), tmp_path / "a.dcm")))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(tmp_path / "b.dcm"))
    assert writer.Write()
    assert dcmread(tmp_path / "b.dcm").file_meta.TransferSyntaxUID == JPEG_LOSSLESS
    assert seen(tmp_path / "b.dcm") == {Severity.REFUSAL}


def test_a_name_over_two_lines_is_read_as_one(tmp_path: Path) -> None:
    picture = drawn(drawn(np.zeros((96, 200), np.uint8), "SZCZE-", (20, 20)), "PANSKA", (20, 42))
    found = texts("a", Looker().look(saved(grey(picture), tmp_path / "a.dcm")), Known(frozenset({"Szczepanska^Eva"})))
    assert {finding.severity for finding in found} == {Severity.REFUSAL}

"""Image files for tests: every photometric interpretation, with text drawn in where it is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
BANNER = "DOE^JANE 12.04.1961"


def speckle(rows: int = 240, columns: int = 320, seed: int = 1) -> np.ndarray:
    """(rows, columns), 8 bits, noise like that of ultrasound."""
    noise = np.random.default_rng(seed).rayleigh(28, (rows, columns))
    return np.clip(noise, 0, 255).astype(np.uint8)


def drawn(picture: np.ndarray, text: str, at: tuple[int, int] = (8, 6), size: int = 16, grey: int = 240) -> np.ndarray:
    """The picture with text drawn on it, anti-aliased; `at` is (column, row)."""
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).text(at, text, fill=grey, font=font(size))
    return np.asarray(image).copy()


def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


def dataset(frames: np.ndarray, photometric: str = "MONOCHROME2", **attributes: object) -> Dataset:
    """An ultrasound image of (frames, rows, columns[, 3]) stored samples."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = UID("1.2.840.10008.5.1.4.1.1.3.1"), generate_uid()
    made.Modality, made.PatientID, made.PatientName = "US", "P-1", "Doe^Jane"
    made.Manufacturer, made.ManufacturerModelName = "Phantom Works", "Ellipse 8"
    made.NumberOfFrames, made.Rows, made.Columns = frames.shape[:3]
    made.SamplesPerPixel = frames.shape[3] if frames.ndim == 4 else 1
    made.PhotometricInterpretation = photometric
    made.BitsAllocated = made.BitsStored = 8 * frames.dtype.itemsize
    made.HighBit, made.PixelRepresentation = made.BitsStored - 1, int(frames.dtype.kind == "i")
    if frames.ndim == 4:
        made.PlanarConfiguration = 0
    made.PixelData = frames.tobytes() + b"\0" * (frames.nbytes % 2)
    made["PixelData"].VR = "OB" if frames.dtype.itemsize == 1 else "OW"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def saved(made: Dataset, path: Path) -> Path:
    made.save_as(path, enforce_file_format=True)
    return path


def palette(made: Dataset) -> Dataset:
    """With a palette whose darkest entry is number 7."""
    entries = np.full(256, 0xC000, "<u2")
    entries[7] = 0x0100
    for colour in ("Red", "Green", "Blue"):
        setattr(made, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(made, f"{colour}PaletteColorLookupTableData", entries.tobytes())
    return made


def jpeg(made: Dataset, frames: np.ndarray) -> Dataset:
    """The dataset with its frames as baseline JPEG, which loses something."""
    from io import BytesIO

    def packed(frame: np.ndarray) -> bytes:
        out = BytesIO()
        Image.fromarray(frame).save(out, "JPEG", quality=90)
        return out.getvalue() + b"\0" * (len(out.getvalue()) % 2)

    made.PixelData = encapsulate([packed(frame) for frame in frames])
    made["PixelData"].VR, made["PixelData"].is_undefined_length = "OB", True
    made.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.50")
    if frames.ndim == 4:
        made.PhotometricInterpretation = "YBR_FULL_422"
    return made

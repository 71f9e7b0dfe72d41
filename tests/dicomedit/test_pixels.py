"""alterPixels blanks a rectangle in every frame, and nothing else changes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import compress
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from tests.scripted import Untouched
from uploader import dicom
from uploader.dicomedit import parse
from uploader.dicomedit.pixels import blank, encoded_again
from uploader.dicomedit.rectangles import Rectangle, rectangle
from uploader.domain.errors import ScriptFailed, ScriptRejected
from uploader.recipes import Scripted
from uploader.stages.anonymise import Recipe, Work

ROWS, COLUMNS = 40, 36
SCRIPT = 'version "6.6"\nalterPixels["rectangle", "l=1,t=2,r=5,b=6", "solid", "v=0"]'


def image(bits: int = 16, frames: int = 3, colour: bool = False, planar: int = 0) -> Dataset:
    """A native image whose samples are never 0."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7.4", "1.2.3"
    dataset.PatientName = "Rivera^Ana"
    dataset.BurnedInAnnotation = "YES"
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = ROWS, COLUMNS, frames
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = planar
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, 0
    count = frames * ROWS * COLUMNS * dataset.SamplesPerPixel
    filled = np.random.default_rng(7).integers(1, 1 << bits, count).astype(f"<u{bits // 8}")
    dataset.add_new(0x7FE00010, "OW" if bits > 8 else "OB", filled.tobytes())
    return dataset


def shown(dataset: Dataset) -> np.ndarray:
    """(frames, rows, columns, samples), as a viewer decodes them."""
    return dataset.pixel_array.reshape(-1, ROWS, COLUMNS, dataset.SamplesPerPixel)


def expected(before: np.ndarray) -> np.ndarray:
    after = before.copy()
    after[:, 2:6, 1:5] = 0
    return after


LAYOUTS = [(False, 0, None), (True, 0, None), (True, 1, None)]
LAYOUTS += [(colour, 0, s) for colour in (False, True) for s in (RLELossless, JPEG2000Lossless, JPEGLSLossless)]


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize(("colour", "planar", "syntax"), LAYOUTS)
def test_exactly_the_rectangle_is_blank_in_every_frame(bits, frames, colour, planar, syntax):
    dataset = image(bits, frames, colour, planar)
    before = shown(dataset)
    if syntax:
        compress(dataset, syntax, generate_instance_uid=False)
    parse(SCRIPT).apply(dataset)
    assert np.array_equal(shown(dataset), expected(before))
    assert dataset.file_meta.TransferSyntaxUID == (syntax or ExplicitVRLittleEndian)


def test_what_was_compressed_with_loss_is_left_uncompressed_with_the_pixels_that_were_shown():
    dataset = image(8)
    compress(dataset, JPEGLSNearLossless, jls_error=2, generate_instance_uid=False)
    before = shown(dataset)
    parse(SCRIPT).apply(dataset)
    assert dataset.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert np.array_equal(shown(dataset), expected(before))
    assert dataset.LossyImageCompression == "01"


def test_what_was_compressed_without_loss_does_not_say_that_it_lost_anything():
    dataset = image(8)
    compress(dataset, JPEG2000Lossless, generate_instance_uid=False)
    assert "LossyImageCompression" not in parse(SCRIPT).apply(dataset)


def test_a_jpeg_is_decoded_where_a_library_for_it_is_installed():
    pillow = pytest.importorskip("PIL.Image")
    dataset, frames = image(8), []
    for frame in shown(dataset):
        buffer = BytesIO()
        pillow.fromarray(frame[:, :, 0]).save(buffer, "JPEG", quality=90)
        frames.append(buffer.getvalue())
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    before = shown(dataset)
    parse(SCRIPT).apply(dataset)
    assert (dataset.file_meta.TransferSyntaxUID, dataset.LossyImageCompression) == (ExplicitVRLittleEndian, "01")
    assert np.array_equal(shown(dataset), expected(before))


def test_what_the_encoder_does_not_take_is_left_uncompressed():
    tiny = image(8, frames=1)
    tiny.Rows, tiny.Columns, tiny.PixelData = 8, 5, tiny.PixelData[:40]
    assert encoded_again(tiny, JPEG2000Lossless) is tiny


def test_the_header_says_that_text_was_blacked_out():
    dataset = parse(SCRIPT).apply(image())
    assert dataset.BurnedInAnnotation == "NO"
    assert dataset.DeidentificationMethod == "Burned in text blacked out"
    assert [c.CodeValue for c in dataset.DeidentificationMethodCodeSequence] == ["113101"]


def test_an_earlier_method_stays_beside_it():
    dataset = image()
    dataset.DeidentificationMethod = "basic"
    parse(SCRIPT).apply(dataset)
    assert list(dataset.DeidentificationMethod) == ["basic", "Burned in text blacked out"]


def test_a_rectangle_beside_the_image_changes_nothing_and_claims_nothing():
    dataset = image()
    before = dataset.to_json()
    parse(SCRIPT.replace("l=1,t=2,r=5,b=6", "l=50,t=50,r=60,b=60")).apply(dataset)
    assert dataset.to_json() == before


def test_an_object_without_pixels_is_passed_over():
    dataset = image()
    del dataset.PixelData
    assert not blank(dataset, Rectangle(0, 0, 2, 2))


def broken(name: str) -> Dataset:
    dataset = image()
    if name == "too few pixels":
        dataset.PixelData = dataset.PixelData[:-2]
    elif name == "subsampled colours":
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "YBR_FULL_422"
    elif name == "one bit a sample":
        dataset.BitsAllocated = 1
    elif name == "floating-point numbers":
        del dataset.PixelData
        dataset.FloatPixelData = b"\0" * 4
    elif name == "no number of rows":
        del dataset.Rows
    elif name == "a bomb":
        dataset.Rows = dataset.Columns = 65535
    elif name == "not an image":
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    elif name == "fragments that are no JPEG-LS":
        dataset.file_meta.TransferSyntaxUID = JPEGLSLossless
        dataset.PixelData = pydicom.encaps.encapsulate([b"Rivera^Ana" * 3] * 3)
    return dataset


@pytest.mark.parametrize(
    "name",
    [
        "too few pixels",
        "subsampled colours",
        "one bit a sample",
        "floating-point numbers",
        "no number of rows",
        "a bomb",
        "not an image",
        "fragments that are no JPEG-LS",
    ],
)
def test_pixels_that_cannot_be_blanked_fail_the_script_and_are_never_passed_over(name):
    with pytest.raises(ScriptFailed) as caught:
        parse(SCRIPT).apply(broken(name))
    assert "Rivera" not in str(caught.value)


edges = st.integers(-5, 45)


@settings(max_examples=60, deadline=None)
@given(edges, edges, edges, edges)
def test_any_rectangle_is_clipped_to_the_image(left, top, right, bottom):
    dataset = image(8, frames=2)
    before = shown(dataset)
    blank(dataset, rectangle(f"l={left},t={top},r={right},b={bottom}"))
    inside = np.zeros((ROWS, COLUMNS), bool)
    for y in range(ROWS):
        for x in range(COLUMNS):
            inside[y, x] = left <= x < left + abs(right - left) and top <= y < top + abs(bottom - top)
    after = shown(dataset)
    assert not after[:, inside].any()
    assert np.array_equal(after[:, ~inside], before[:, ~inside])


@pytest.mark.parametrize(
    ("syntax", "implicit", "little"),
    [
        (ExplicitVRLittleEndian, False, True),
        (ImplicitVRLittleEndian, True, True),
        (ExplicitVRBigEndian, False, False),
    ],
    ids=["explicit", "implicit", "big endian"],
)
def test_a_file_keeps_its_native_transfer_syntax(tmp_path, syntax, implicit, little):
    dataset = image()
    if not little:
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "in", implicit_vr=implicit, little_endian=little, enforce_file_format=True)
    before = shown(pydicom.dcmread(tmp_path / "in"))
    dicom.edit_pixels(tmp_path / "in", tmp_path / "out", parse(SCRIPT).apply)
    after = pydicom.dcmread(tmp_path / "out")
    assert after.file_meta.TransferSyntaxUID == syntax
    assert np.array_equal(shown(after), expected(before))


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless], ids=lambda u: UID(u).name)
def test_a_compressed_file_is_anonymised_with_its_pixels_when_the_recipe_says_so(tmp_path, syntax):
    dataset = image(colour=True, bits=8)
    before = shown(dataset)
    compress(dataset, syntax, generate_instance_uid=False)
    dataset.save_as(tmp_path / "in", enforce_file_format=True)
    script = parse(SCRIPT + "\n-(0010,0010)")
    assert script.alters_pixels
    Work(Recipe((Scripted(script, {}),), Untouched())).file(tmp_path / "in", tmp_path / "out")
    after = pydicom.dcmread(tmp_path / "out")
    assert "PatientName" not in after
    assert np.array_equal(shown(after), expected(before))


def test_a_script_that_rejects_leaves_no_file(tmp_path):
    image().save_as(tmp_path / "in", enforce_file_format=True)
    with pytest.raises(ScriptRejected):
        dicom.edit_pixels(tmp_path / "in", tmp_path / "out", parse('version "6.6"\nreject[]').apply)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["us_burned_in", "transfer_syntaxes"])
def test_real_images_are_blanked_or_refused(samples: Path, tmp_path, name):
    script = parse('version "6.6"\nalterPixels["rectangle", "l=0,t=0,r=9,b=7", "solid", ""]')
    blanked = 0
    for path in sorted(p for p in (samples / name).rglob("*") if p.is_file()):
        try:
            dicom.edit_pixels(path, tmp_path / "out", script.apply)
        except (ScriptFailed, dicom.UnreadableFile):
            continue
        after = pydicom.dcmread(tmp_path / "out")
        if "PixelData" in after:
            array = after.pixel_array.reshape(-1, after.Rows, after.Columns, after.SamplesPerPixel)
            assert not array[:, :7, :9].any() or after.PhotometricInterpretation.startswith("YBR")
            blanked += 1
    assert blanked

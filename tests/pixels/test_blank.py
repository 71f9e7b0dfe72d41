"""Boxes of an image are made black, and nothing else changes."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.pixels import pixel_array
from pydicom.uid import UID

from tests.pixels.pictures import dataset, jpeg, palette, saved
from uploader.domain.errors import UnreadableFile
from uploader.pixels.blank import blank
from uploader.pixels.box import Box

BOX = Box(6, 4, 31, 9)
INSIDE = np.s_[:, 4:13, 6:37]
NEVER = "1.2.840.10008.1.2.4."


def colours(frames: int = 3) -> np.ndarray:
    return np.random.default_rng(2).integers(1, 255, (frames, 40, 60, 3), np.uint8)


def greys(dtype: str = "u1", frames: int = 3) -> np.ndarray:
    return np.random.default_rng(3).integers(1, 120, (frames, 40, 60)).astype(dtype)


def outside(frames: np.ndarray) -> np.ndarray:
    mask = np.ones(frames.shape[1:3], bool)
    mask[INSIDE[1:]] = False
    return frames[:, mask]


def stored(path) -> np.ndarray:
    found = pydicom.dcmread(path)
    raw = pixel_array(found, raw=True)
    shape = (int(found.get("NumberOfFrames") or 1), found.Rows, found.Columns)
    return raw.reshape(shape + raw.shape[-1:] if found.SamplesPerPixel > 1 else shape)


@pytest.mark.parametrize(
    ("made", "black"),
    [
        (dataset(greys()), 0),
        (dataset(greys("<u2"), BitsStored=12, HighBit=11), 0),
        (dataset(greys("<u2"), "MONOCHROME1", BitsStored=12, HighBit=11), 4095),
        (dataset(greys("<i2")), -32768),
        (dataset(colours(), "RGB"), (0, 0, 0)),
        (dataset(colours(), "YBR_FULL"), (0, 128, 128)),
        (palette(dataset(greys(), "PALETTE COLOR")), 7),
    ],
    ids=["grey", "grey 12 bits", "inverse", "signed", "RGB", "YBR", "palette"],
)
def test_a_box_is_black_in_every_frame_whatever_black_is_in_the_image(made, black, tmp_path):
    source = saved(made, tmp_path / "a.dcm")
    assert blank(source, tmp_path / "b.dcm", [BOX]) == (BOX,)
    before, after = stored(source), stored(tmp_path / "b.dcm")
    assert (after[INSIDE] == black).all()
    assert np.array_equal(outside(after), outside(before))


def test_a_box_is_black_in_every_plane_of_an_image_in_planes(tmp_path):
    frames = colours()
    made = dataset(frames, "RGB", PlanarConfiguration=1)
    made.PixelData = frames.transpose(0, 3, 1, 2).tobytes()
    blank(saved(made, tmp_path / "a.dcm"), tmp_path / "b.dcm", [BOX])
    after = stored(tmp_path / "b.dcm")
    assert not after[INSIDE].any()
    assert np.array_equal(outside(after), outside(frames))


def test_a_box_is_widened_where_two_pixels_share_their_colour(tmp_path):
    pairs = np.random.default_rng(1).integers(1, 255, (2, 40, 30, 4), np.uint8)
    made = dataset(np.zeros((2, 40, 60, 3), np.uint8), "YBR_FULL_422")
    made.PixelData = pairs.tobytes()
    assert blank(saved(made, tmp_path / "a.dcm"), tmp_path / "b.dcm", [Box(7, 4, 2, 3)]) == (Box(6, 4, 4, 3),)
    after = np.frombuffer(pydicom.dcmread(tmp_path / "b.dcm").PixelData, np.uint8).reshape(pairs.shape)
    assert (after[:, 4:7, 3:5] == (0, 0, 128, 128)).all()
    assert int((after != pairs).any(axis=-1).sum()) <= 2 * 3 * 2


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.5", NEVER + "80", NEVER + "90"], ids=["RLE", "JPEG-LS", "J2K"])
@pytest.mark.parametrize(
    "made",
    [dataset(greys()), dataset(greys("<u2"), BitsStored=12, HighBit=11), dataset(colours(), "RGB")],
    ids=["grey", "grey 12 bits", "colour"],
)
def test_what_was_compressed_without_loss_is_compressed_without_loss_again(made, syntax, tmp_path):
    made = deepcopy(made)
    made.compress(UID(syntax), generate_instance_uid=False)
    source = saved(made, tmp_path / "a.dcm")
    blank(source, tmp_path / "b.dcm", [BOX])
    before, after = stored(source), stored(tmp_path / "b.dcm")
    assert pydicom.dcmread(tmp_path / "b.dcm").file_meta.TransferSyntaxUID == syntax
    assert not after[INSIDE].any()
    assert np.array_equal(outside(after), outside(before))


@pytest.mark.parametrize("frames", [greys(), colours()], ids=["grey", "colour"])
def test_what_was_compressed_with_loss_is_not_compressed_again_and_the_header_says_what_it_lost(frames, tmp_path):
    made = jpeg(dataset(frames), frames)
    source = saved(made, tmp_path / "a.dcm")
    blank(source, tmp_path / "b.dcm", [BOX])
    found = pydicom.dcmread(tmp_path / "b.dcm")
    assert found.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert (found.LossyImageCompression, found.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    assert found.PhotometricInterpretation == ("MONOCHROME2" if frames.ndim == 3 else "YBR_FULL")
    assert np.array_equal(outside(stored(tmp_path / "b.dcm")), outside(stored(source)))
    assert (stored(tmp_path / "b.dcm")[INSIDE] == (0 if frames.ndim == 3 else (0, 128, 128))).all()


def test_an_object_without_an_image_cannot_be_blanked(tmp_path):
    made = dataset(greys())
    del made.PixelData
    with pytest.raises(UnreadableFile, match="no image"):
        blank(saved(made, tmp_path / "a.dcm"), tmp_path / "b.dcm", [BOX])


def test_an_image_that_cannot_be_blanked_leaves_no_file_behind(tmp_path):
    made = dataset(greys(), "UNHEARD OF")
    with pytest.raises(UnreadableFile):
        blank(saved(made, tmp_path / "a.dcm"), tmp_path / "b.dcm", [BOX])
    assert not (tmp_path / "b.dcm").exists()


boxes = st.builds(Box, st.integers(-5, 50), st.integers(-5, 35), st.integers(0, 40), st.integers(0, 30))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=st.lists(boxes, max_size=4), dtype=st.sampled_from(["u1", "<u2"]), frames=st.integers(1, 3))
def test_all_bytes_of_a_file_but_those_of_the_boxes_stay_as_they_are(several, dtype, frames, tmp_path):
    source = saved(dataset(np.full((frames, 33, 47), 77, dtype)), tmp_path / "a.dcm")
    made = blank(source, tmp_path / "b.dcm", several)
    before, after = (np.frombuffer((tmp_path / n).read_bytes(), np.uint8) for n in ("a.dcm", "b.dcm"))
    mask = np.zeros((33, 47), bool)
    for box in made:
        mask[box.y : box.bottom, box.x : box.right] = True
    size = np.dtype(dtype).itemsize
    expected = np.broadcast_to(mask[None, :, :, None], (frames, 33, 47, size)).reshape(-1) & (
        before[-frames * 33 * 47 * size - (frames * 33 * 47 * size) % 2 :][: frames * 33 * 47 * size] != 0
    )
    begin = len(before) - len(expected) - len(expected) % 2
    assert len(before) == len(after)
    assert np.array_equal(np.flatnonzero(before != after), begin + np.flatnonzero(expected))

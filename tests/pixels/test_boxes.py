"""The verifier proves that only the boxes changed, and that they are black."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pydicom
import pytest
from pydicom.uid import UID

from tests.pixels.pictures import dataset, jpeg, palette, saved
from tests.pixels.test_blank import BOX, colours, greys
from uploader.pixels.blank import blank
from uploader.stages.verify.boxes import differences
from uploader.stages.verify.walk import Part


def faults(source, target, boxes) -> list[str]:
    with source.open("rb") as one, target.open("rb") as other:
        before, after = Part(one), Part(other)
        tops = ({e.tag: e for e in part.elements() if not e.prefix} for part in (before, after))
        return [code for code, _ in differences(before, next(tops), after, next(tops), boxes)]


def compressed(made, syntax):
    made = deepcopy(made)
    made.compress(UID(syntax), generate_instance_uid=False)
    return made


IMAGES = {
    "grey": dataset(greys()),
    "inverse": dataset(greys("<u2"), "MONOCHROME1", BitsStored=12, HighBit=11),
    "signed": dataset(greys("<i2")),
    "RGB": dataset(colours(), "RGB"),
    "YBR": dataset(colours(), "YBR_FULL"),
    "palette": palette(dataset(greys(), "PALETTE COLOR")),
    "RLE": compressed(dataset(greys("<u2")), "1.2.840.10008.1.2.5"),
    "RLE colour": compressed(dataset(colours(), "RGB"), "1.2.840.10008.1.2.5"),
    "RLE signed": compressed(dataset(greys("<i2")), "1.2.840.10008.1.2.5"),
    "JPEG-LS signed": compressed(dataset(greys("<i2")), "1.2.840.10008.1.2.4.80"),
    "JPEG-LS": compressed(dataset(greys()), "1.2.840.10008.1.2.4.80"),
    "JPEG 2000": compressed(dataset(greys("<u2"), BitsStored=12, HighBit=11), "1.2.840.10008.1.2.4.90"),
    "JPEG": jpeg(dataset(greys()), greys()),
    "JPEG colour": jpeg(dataset(colours()), colours()),
}


@pytest.mark.parametrize("made", IMAGES.values(), ids=IMAGES)
def test_a_blanked_image_is_proved_whatever_it_is_compressed_with(made, tmp_path):
    source, target = saved(made, tmp_path / "a.dcm"), tmp_path / "b.dcm"
    assert faults(source, target, blank(source, target, [BOX])) == []


@pytest.fixture
def pair(tmp_path):
    source, target = saved(dataset(greys()), tmp_path / "a.dcm"), tmp_path / "b.dcm"
    blank(source, target, [BOX])
    return source, target


def changed(path, change) -> None:
    found = pydicom.dcmread(path)
    frames = found.pixel_array.copy()
    change(frames)
    found.PixelData = frames.tobytes()
    found.save_as(path)


def test_one_sample_outside_of_the_boxes_that_differs_in_the_last_frame_is_found(pair):
    changed(pair[1], lambda frames: frames.__setitem__((2, 39, 59), 200))
    assert faults(*pair, [BOX]) == ["verify.pixels"]


def test_one_sample_inside_of_a_box_that_is_not_black_is_found(pair):
    changed(pair[1], lambda frames: frames.__setitem__((1, 5, 7), 1))
    assert faults(*pair, [BOX]) == ["verify.box"]


def test_a_box_that_was_left_out_of_one_frame_is_found(pair):
    kept = pydicom.dcmread(pair[0]).pixel_array[2]
    changed(pair[1], lambda frames: frames.__setitem__(2, kept))
    assert faults(*pair, [BOX]) == ["verify.box"]


def test_a_box_of_another_constant_than_black_is_found(pair):
    changed(pair[1], lambda frames: frames.__setitem__((slice(None), slice(4, 13), slice(6, 37)), 9))
    assert faults(*pair, [BOX]) == ["verify.box"]


def test_a_box_that_nobody_announced_is_a_change_of_the_image(pair):
    assert faults(*pair, []) == ["verify.pixels"]


def test_a_frame_that_is_missing_is_a_change_of_the_image(pair):
    found = pydicom.dcmread(pair[1])
    found.NumberOfFrames, found.PixelData = 2, found.PixelData[: 2 * 40 * 60]
    found.save_as(pair[1])
    assert faults(*pair, [BOX]) == ["verify.pixels"]


def test_what_cannot_be_decoded_is_said_to_be_unproven(pair):
    for path in pair:
        found = pydicom.dcmread(path)
        found.BitsAllocated = 12
        found.save_as(path)
    assert faults(*pair, [BOX]) == ["verify.box-unproven"]


def test_a_frame_of_random_bytes_is_not_taken_for_its_original(tmp_path):
    source = saved(compressed(dataset(greys()), "1.2.840.10008.1.2.4.90"), tmp_path / "a.dcm")
    other = saved(compressed(dataset(greys() + np.uint8(1)), "1.2.840.10008.1.2.4.90"), tmp_path / "b.dcm")
    assert faults(source, other, [BOX]) == ["verify.pixels", "verify.box"]


@pytest.mark.parametrize(
    "name", ["pet/GH184.dcm", "transfer_syntaxes/MR_small_RLE.dcm", "burned_in_flags/burned_in_yes.dcm"]
)
def test_real_compressed_images_are_blanked_and_proved(samples, name, tmp_path):
    source, target = samples / name, tmp_path / "b.dcm"
    assert faults(source, target, blank(source, target, [BOX])) == []

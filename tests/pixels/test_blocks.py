"""Only what stands out from flat ground is read, and all of that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pixels.pictures import drawn, speckle
from uploader.pixels.blocks import blocks
from uploader.pixels.box import Box


@pytest.mark.parametrize("size", [8, 10, 16, 30, 60])
@pytest.mark.parametrize(("ground", "ink"), [(100, 150), (255, 200), (0, 40)])
def test_no_letter_is_taken_for_flat_ground(size: int, ground: int, ink: int) -> None:
    assert list(blocks(drawn(np.full((90, 300), ground, np.uint8), "a", size=size, grey=ink)))


def test_letters_that_differ_in_colour_only_are_not_taken_for_flat_ground() -> None:
    letters = drawn(np.zeros((90, 300), np.uint8), "DOE", size=20) > 128
    assert list(blocks(np.where(letters[:, :, None], (90, 130, 90), (130, 90, 90)).astype(np.uint8)))


def test_nothing_of_a_flat_picture_is_read() -> None:
    assert list(blocks(np.full((90, 300), 100, np.uint8))) == []


def test_all_of_a_picture_of_speckle_is_read() -> None:
    assert list(blocks(speckle())) == [Box(0, 0, 320, 240)]


def test_lines_far_apart_are_read_each_with_some_of_the_ground_around_it() -> None:
    picture = drawn(drawn(np.zeros((480, 640), np.uint8), "DOE JANE", (20, 20)), "4512378", (400, 400))
    first, second = blocks(picture)
    assert (first.right < second.x, first.bottom < second.y) == (True, True)
    assert first.width * first.height + second.width * second.height < picture.size / 2


marks = st.lists(st.tuples(st.integers(0, 199), st.integers(0, 259)), max_size=8)


@given(marks)
def test_every_mark_lies_in_one_block_with_ground_around_it(places: list[tuple[int, int]]) -> None:
    picture = np.zeros((200, 260), np.uint8)
    for row, column in places:
        picture[row, column] = 200
    count = np.zeros(picture.shape, int)
    for box in blocks(picture):
        count[box.y : box.bottom, box.x : box.right] += 1
    assert count.max(initial=0) <= 1
    for row, column in places:
        assert count[max(row - 10, 0) : row + 11, max(column - 10, 0) : column + 11].all()

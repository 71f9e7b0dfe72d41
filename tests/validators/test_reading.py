"""Headers that may be damaged are read without surprise."""

from __future__ import annotations

import pytest

from uploader.validators.reading import vector


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        ([1.0, 2, 0.5], (1.0, 2.0, 0.5)),
        ([1.0, 2.0], None),
        ([1.0, 2.0, "x"], None),
        ([1.0, 2.0, float("nan")], None),
        ([1.0, 2.0, float("-inf")], None),
        ([1.0, 2.0, 10**400], None),
        ("1", None),
        (None, None),
    ],
)
def test_a_vector_is_all_there_or_not_at_all(value, numbers):
    assert vector({"PixelSpacing": value}, "PixelSpacing", 3) == numbers

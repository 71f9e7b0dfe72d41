"""Decimal Strings as numbers, many at once: a structure set holds millions of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MANY = 32
"""More numbers than this are one array: an object each would be most of the time and of the memory spent."""


def decimals(value: bytes) -> float | list[float] | NDArray[np.float64]:
    """The number or numbers of an undecoded value that is not empty. Raises ValueError where it is none."""
    value = value.rstrip(b" \0")
    count = value.count(b"\\") + 1
    if count > MANY:
        return _array(value, count)
    numbers = [float(part) for part in value.split(b"\\")]
    return numbers[0] if count == 1 else numbers


def as_list(numbers: float | list[float] | NDArray[np.float64] | None) -> float | list[float] | None:
    """For an attribute that by the standard is no Decimal String: nobody who asks for it is ready for an array."""
    return numbers if numbers is None or isinstance(numbers, float | list) else [float(number) for number in numbers]


def _array(value: bytes, count: int) -> NDArray[np.float64]:
    import numpy as np  # most headers need no array, and are told before anything slow is loaded

    numbers = np.fromstring(value, dtype=np.float64, sep="\\")
    if numbers.size != count:
        raise ValueError("a list of numbers breaks off")
    return numbers

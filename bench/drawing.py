"""Text drawn into pixels, and the anatomy behind it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Box = tuple[int, int, int, int]
"""left, top, right, bottom; pixels; right and bottom excluded"""


@cache
def noise(seed: int, size: int) -> NDArray[np.uint16]:
    """(size, size): a body with a spine in air, unsigned 12 bit."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    image = np.full((size, size), 24.0)
    image[(x / 0.8) ** 2 + (y / 0.55) ** 2 <= 1] = 1060
    image[((np.abs(x) - 0.38) / 0.24) ** 2 + (y / 0.35) ** 2 <= 1] = 230
    image[x**2 + ((y - 0.38) / 0.9) ** 2 <= 0.012] = 1400
    image += np.random.default_rng([seed, size]).normal(0, 12, image.shape)
    return np.asarray(np.clip(image, 0, 4095), dtype="<u2")


def echo(seed: int, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width): speckle in a fan, as an ultrasound image has it; black elsewhere."""
    y, x = np.mgrid[0:height, 0:width]
    angle, reach = np.arctan2(x - width / 2, y - 20), np.hypot(x - width / 2, y - 20)
    fan = (np.abs(angle) < 0.6) & (reach > 60) & (reach < height * 0.8)
    speckle = np.random.default_rng([seed, 7]).rayleigh(34, (height, width))
    return np.where(fan, np.clip(speckle, 0, 200), 0).astype(np.uint8)


def write(image: NDArray[np.uint8], lines: list[tuple[int, int, str]], points: int = 18) -> list[tuple[str, Box]]:
    """Draw white text at (left, top) into `image` (rows, columns), in place; returns each text with its box."""
    picture = Image.fromarray(image)
    draw, font, boxes = ImageDraw.Draw(picture), ImageFont.load_default(points), []
    for left, top, text in lines:
        draw.text((left, top), text, fill=255, font=font)
        a, b, c, d = draw.textbbox((left, top), text, font=font)
        boxes.append((text, (int(a), int(b), int(c) + 1, int(d) + 1)))
    image[:] = np.asarray(picture)
    return boxes


def bitmap(text: str, width: int = 256, height: int = 32) -> NDArray[np.uint8]:
    """(height, width), 0 or 255: nothing but the text."""
    canvas = np.zeros((height, width), np.uint8)
    write(canvas, [(4, 4, text)])
    return np.where(canvas > 127, 255, 0).astype(np.uint8)

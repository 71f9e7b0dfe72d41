"""How much of the text drawn into pictures is read: `python -m tests.pixels.recall`.

Nine fonts, 8 to 40 pixels, light on dark, dark on light, upright and rotated, over speckle, a fan of speckle in black,
a smooth picture and black. It counts the lines that were found at all, and those taken for the patient's.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count, product
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.pixels.pictures import speckle
from uploader.pixels.box import Box
from uploader.pixels.match import Kind, Known
from uploader.pixels.text import Looker

WORDS = ("DOE^JANE", "4512378", "Kowalska, Anna", "MRN 00731845", "12.04.1961")
KNOWN = Known(frozenset({"Doe^Jane", "Kowalska^Anna"}), frozenset({"4512378", "00731845"}), frozenset({"19610412"}))
FOLDER = "/usr/share/fonts/truetype/dejavu/DejaVu"
FACES = ("Sans", "Sans-Bold", "SansMono", "Serif", "SansCondensed", "Sans-Oblique", "Pillow", "bitmap", "Hershey")
SIZES = (8, 9, 10, 12, 16, 24, 40)
ROWS, COLUMNS = 480, 640
LEAST = {"Hershey": 10}
"""Pixels below which letters of a font run together."""


class Drawn(NamedTuple):
    text: str
    face: str
    box: Box


def grounds() -> dict[str, np.ndarray]:
    y, x = np.mgrid[:ROWS, :COLUMNS]
    fan = (np.abs(np.arctan2(x - COLUMNS / 2, y - 20)) < 0.6) & (np.hypot(x - COLUMNS / 2, y - 20) < ROWS * 0.8)
    return {
        "speckle": speckle(ROWS, COLUMNS),
        "fan": np.where(fan, speckle(ROWS, COLUMNS), 0).astype(np.uint8),
        "smooth": np.broadcast_to(np.linspace(0, 128, COLUMNS), (ROWS, COLUMNS)).astype(np.uint8),
        "black": np.zeros((ROWS, COLUMNS), np.uint8),
    }


def phantom(ground: np.ndarray, size: int, dark: bool, shift: int) -> tuple[np.ndarray, list[Drawn]]:
    """The picture with a line in each font, and where they are; `shift` moves them."""
    picture, grey, drawn = (255 - ground if dark else ground).copy(), 15 if dark else 240, []
    step = max(24, round(2.2 * size))
    places = product(range(6 + shift % 7, ROWS - step, step), (12 + 3 * shift % 40, COLUMNS // 2 + shift % 20))
    for n, ((row, column), face) in enumerate(zip(places, _faces(size, shift), strict=False)):
        text = WORDS[(n + shift) % len(WORDS)]
        drawn.append(Drawn(text, face, _draw(picture, text, face, size, (column, row), grey)))
    return picture, drawn


def _faces(size: int, shift: int) -> list[str]:
    turned = FACES[shift % len(FACES) :] + FACES[: shift % len(FACES)]
    return [face for face in turned if size >= LEAST.get(face, 0)]


def _draw(picture: np.ndarray, text: str, face: str, size: int, at: tuple[int, int], grey: int) -> Box:
    if face == "Hershey":
        scale = size / 22
        (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
        cv2.putText(picture, text, (at[0], at[1] + height), cv2.FONT_HERSHEY_SIMPLEX, scale, grey, 1, cv2.LINE_AA)
        return Box(*at, width, height + 2)
    image = Image.fromarray(picture)
    letters = _letters(face, size)
    ImageDraw.Draw(image).text(at, text, fill=grey, font=letters)
    picture[:] = np.asarray(image)
    left, top, right, bottom = (int(edge) for edge in ImageDraw.Draw(image).textbbox(at, text, font=letters))
    return Box(left, top, right - left, bottom - top)


def _letters(face: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    if face == "bitmap":  # of one size
        return ImageFont.load_default_imagefont()
    return ImageFont.load_default(size) if face == "Pillow" else ImageFont.truetype(f"{FOLDER}{face}.ttf", size)


def cases() -> Iterator[tuple[str, np.ndarray, list[Drawn]]]:
    """(what it is, picture, what is drawn in it)"""
    shifts = count()
    for (name, ground), size, dark in product(grounds().items(), SIZES, (False, True)):
        picture, drawn = phantom(ground, size, dark, shift := next(shifts))
        turn = shift % 5 == 0
        if turn:
            picture = np.ascontiguousarray(np.rot90(picture))
            drawn = [
                Drawn(d.text, d.face, Box(d.box.y, COLUMNS - d.box.right, d.box.height, d.box.width)) for d in drawn
            ]
        yield f"{name} {size} {'dark' if dark else 'light'} {'rotated' if turn else 'upright'}", picture, drawn


def measure(verbose: bool) -> None:
    looker, counts, times = Looker(), Counter[str](), []
    for what, picture, drawn in cases():
        begin = time.perf_counter()
        lines = looker.read(picture)
        times.append(time.perf_counter() - begin)
        for each in drawn:
            seen = [text for box, text, _ in lines if box.overlap(each.box) > 0.3]
            taken = any(KNOWN.kind(text) in (Kind.IDENTITY, Kind.LIKENESS) for text in seen)
            counts.update(drawn=1, found=bool(seen), identity=taken)
            if verbose and not taken:
                print("not taken for the patient's:", what, each.face, each.text, seen)
    print(dict(counts), f"median {np.median(times):.2f} s a picture, worst {max(times):.2f} s")


if __name__ == "__main__":
    measure("-v" in sys.argv)

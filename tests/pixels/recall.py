"""How much of the text drawn into pictures is read: `python -m tests.pixels.recall`.

Fonts of two kinds, 8 to 60 pixels, light on dark, dark on light, over speckle and over a smooth picture, upright
and rotated. For each it says whether a line was found at all, and whether it was taken for the patient's.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from itertools import product

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.pixels.pictures import font, speckle
from uploader.pixels.match import Kind, Known
from uploader.pixels.text import Looker
from uploader.pixels.view import plain

NAME, NUMBER = "DOE^JANE", "4512378"
KNOWN = Known(frozenset({"Doe^Jane"}), frozenset({NUMBER}))
SIZES = (8, 9, 10, 12, 16, 24, 40, 60)
ROWS, COLUMNS = 480, 640


def smooth() -> np.ndarray:
    """(rows, columns), a gradient from dark to half bright."""
    return np.broadcast_to(np.linspace(0, 128, COLUMNS), (ROWS, COLUMNS)).astype(np.uint8)


def phantom(ground: str, size: int, grounded: str, face: str, turned: int) -> np.ndarray:
    """A picture with the name in the upper left and the number below."""
    picture = speckle(ROWS, COLUMNS) if ground == "speckle" else smooth()
    picture = 255 - picture if grounded == "dark on light" else picture
    grey = 15 if grounded == "dark on light" else 240
    image = Image.fromarray(picture)
    letters = font(size) if face == "DejaVu" else ImageFont.load_default(size)
    for text, row in ((NAME, 20), (NUMBER, 250)):
        ImageDraw.Draw(image).text((20, row), text, fill=grey, font=letters)
    return np.ascontiguousarray(np.rot90(np.asarray(image), turned))


def measure() -> None:
    looker, counts, times, missed = Looker(), Counter[str](), [], []
    for case in product(("speckle", "smooth"), SIZES, ("light on dark", "dark on light"), ("DejaVu", "PIL"), (0, 1)):
        picture = phantom(*case)
        begin = time.perf_counter()
        lines = looker.read(picture)
        times.append(time.perf_counter() - begin)
        kinds = [KNOWN.kind(text) for _, text, _ in lines]
        counts["drawn"] += 2
        counts["plain"] += plain(picture)
        counts["found"] += min(2, len(lines))
        counts["identity"] += min(2, kinds.count(Kind.IDENTITY))
        if kinds.count(Kind.IDENTITY) < 2:
            missed.append((case, [text for _, text, _ in lines]))
    print(dict(counts), f"median {np.median(times):.2f} s a frame, worst {max(times):.2f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")
    for case, texts in missed:
        print("not taken for the patient's:", *case, texts)


if __name__ == "__main__":
    measure()

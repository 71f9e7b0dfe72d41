"""What a trial needs and a tool should have left: links between objects, geometry, doses, pixels, valid objects."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.leaks import DRAWN_IN, Plants, frames, role
from bench.walk import INSTANCE_NUMBER, PIXELS_PATH, SERIES_NUMBER, files_of, gathered, number_in

_KEPT = """00180050 00180060 00180088 00180081 00180080 00189087 00189082 00200032 00200037 00201041 00280010 00280011
    00280030 00280008 00281050 00281051 00281052 00281053 30060084 30060022 30060050 30060046 30060042 3004000C
    3004000E 30040002 300A00C0 300A011E 300A012C 300A0086 300A0078 0040A30A 00700022 003A001A 54001010"""
KEPT = frozenset(_KEPT.split())
"""What the Basic Profile leaves as it is, at any depth: geometry, rescale, contours, dose, beams, b-value."""
ICON = "00880200"
"""IconImageSequence: a tool may take it away, for it is a picture of the picture."""
LINKS = {
    "RTSTRUCT-CT": ("RTSTRUCT", "30060010>30060012>30060014>30060016>00081155", "CT", "00080018"),
    "RTPLAN-RTSTRUCT": ("RTPLAN", "300C0060>00081155", "RTSTRUCT", "00080018"),
    "RTDOSE-RTPLAN": ("RTDOSE", "300C0002>00081155", "RTPLAN", "00080018"),
    "PR-CT": ("PR", "00081115>00081140>00081155", "CT", "00080018"),
    "SR-CT": ("SR", "0040A375>00081115>00081199>00081155", "CT", "00080018"),
    "frame of reference": ("RTSTRUCT", "30060010>00200052", "CT", "00200052"),
}
"""Name to (role, path) that points and (role, path) of what is pointed at."""

Key = tuple[int, int]
"""series number, instance number"""


@dataclass(slots=True)
class Facts:
    """What is compared of all files of a folder."""

    files: dict[Key, Path] = field(default_factory=dict)
    kept: dict[Key, dict[str, bytes]] = field(default_factory=dict)
    """Digest of the values at each path."""
    pixels: dict[Key, bytes] = field(default_factory=dict)
    pointed: dict[tuple[int, str, str], set[bytes]] = field(default_factory=dict)
    """(patient, role, path) to the UIDs there."""


ENDS = {(role, path) for a, b, c, d in LINKS.values() for role, path in ((a, b), (c, d))}


def facts(folder: Path) -> Facts:
    result = Facts()
    for path in files_of(folder):
        values = gathered(path.read_bytes(), pixels=True)
        key = number_in(values, SERIES_NUMBER), number_in(values, INSTANCE_NUMBER)
        result.files[key] = path
        result.kept[key] = {at: _digest(v) for at, v in values.items() if at[-8:] in KEPT and not at.startswith(ICON)}
        if PIXELS_PATH in values:
            result.pixels[key] = _digest(values[PIXELS_PATH])
        for who, at in ENDS:
            if who == role(key[0]) and at in values:
                uids = result.pointed.setdefault((key[0] // 100, who, at), set())
                uids |= {value.strip(b"\0 ") for value in values[at]}
    return result


def _digest(values: list[bytes]) -> bytes:
    return hashlib.blake2b(b"\0".join(value.strip(b"\0 ") for value in values), digest_size=12).digest()


@dataclass(frozen=True, slots=True)
class Quality:
    """Each (as it was, all there was); iod: new errors of dciodvfy, None where it is not installed"""

    links: tuple[int, int]
    kept: tuple[int, int]
    pixels: tuple[int, int]
    iod: int | None


def quality(plants: Plants, before: Facts, out: Path) -> Quality:
    """Of those files that came out: what is held can be neither better nor worse."""
    after = facts(out)
    shared = before.files.keys() & after.files.keys()
    same = sum(after.kept[key].get(at) == digest for key in shared for at, digest in before.kept[key].items())
    kept = sum(len(before.kept[key]) for key in shared)
    plain = [key for key in shared & before.pixels.keys() if role(key[0]) not in DRAWN_IN]
    equal = sum(after.pixels.get(key) == before.pixels[key] for key in plain)
    drawn = [key for key in shared & before.pixels.keys() if role(key[0]) in DRAWN_IN]
    equal += sum(_same_outside(plants, before.files[key], after.files[key]) for key in drawn)
    return Quality(_links(before, after), (same, kept), (equal, len(plain) + len(drawn)), _new_errors(before, after))


def _same_outside(plants: Plants, before: Path, after: Path) -> bool:
    """Whether the anatomy, that is what lies away from the rows with text, is as it was."""
    boxes = [b["box"] for b in plants.boxes if plants.folder / b["path"] == before]
    old, new = frames(before), frames(after)
    if old.shape != new.shape:
        return False
    outside = np.ones(old.shape[1:], bool)
    for _, top, _, bottom in boxes:
        outside[max(0, top - 12) : bottom + 12] = False
    return bool((abs(old.astype(int) - new)[:, outside] <= 12).all())


def _links(before: Facts, after: Facts) -> tuple[int, int]:
    """Links that are whole for every patient whose both ends came out."""
    whole = 0
    for a, b, c, d in LINKS.values():
        patients = [n for n, r, p in before.pointed if (r, p) == (a, b)]
        ends = [(after.pointed.get((n, a, b)), after.pointed.get((n, c, d))) for n in patients]
        present = [(x, y) for x, y in ends if y or x]
        whole += bool(present) and all(x and y and x <= y for x, y in present)
    return whole, len(LINKS)


def _new_errors(before: Facts, after: Facts) -> int | None:
    """Errors that one file of each role has after and had not before."""
    if shutil.which("dciodvfy") is None:
        return None
    chosen = {role(key[0]): key for key in sorted(before.files.keys() & after.files.keys(), reverse=True)}
    new = 0
    for key in chosen.values():
        new += sum((_errors(after.files[key]) - _errors(before.files[key])).values())
    return new


def _errors(path: Path) -> Counter[str]:
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, check=False).stderr.decode("latin-1")
    return Counter(line for line in said.splitlines() if line.startswith("Error"))

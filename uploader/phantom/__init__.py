"""A synthetic radiotherapy session with an invented patient, for `make run`, the self-test and the tests.

Everything follows from a seed: the same seed gives the same bytes. The objects carry as much identity as real
ones do, in as many places (names, IDs, dates, free text, private groups, nested sequences, file meta, preamble),
and `PhantomIdentity` lists all of it, so that a test can search for what must not be found.
"""

from __future__ import annotations

import struct
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import MultiFrameGrayscaleWordSecondaryCaptureImageStorage

from uploader.phantom.anatomy import pixels
from uploader.phantom.enhanced import EnhancedMaker
from uploader.phantom.header import image
from uploader.phantom.objects import Maker
from uploader.phantom.person import PhantomIdentity

__all__ = ["PhantomIdentity", "ct_series", "large_multiframe", "write_enhanced_session", "write_session"]


def write_session(folder: Path, seed: int = 1, slices: int = 60, size: int = 256) -> PhantomIdentity:
    """Write a planning session into `folder` (made when absent): `slices` CT images of `size` x `size` pixels,
    an RTSTRUCT that references each, an RTPLAN and an RTDOSE."""
    folder.mkdir(parents=True, exist_ok=True)
    maker = Maker(seed)
    for index in range(slices):
        ct = maker.ct(index, slices, pixels(seed, index, slices, size), size)
        _save(ct, folder / f"CT{index + 1:04}.dcm")
    _save_planned(maker, folder, slices)
    return maker.identity()


def write_enhanced_session(folder: Path, seed: int = 1, slices: int = 60, size: int = 256) -> PhantomIdentity:
    """Write the same session with the CT as one enhanced image, whose frames are what the RTSTRUCT was drawn on."""
    folder.mkdir(parents=True, exist_ok=True)
    maker = EnhancedMaker(seed)
    frames = b"".join(pixels(seed, index, slices, size) for index in range(slices))
    _save(maker.enhanced_ct(slices, frames, size), folder / "CT0001.dcm")
    _save_planned(maker, folder, slices)
    return maker.identity()


def ct_series(folder: Path, count: int, size: int = 512, seed: int = 1) -> PhantomIdentity:
    """Write `count` CT slices fast: one image, used for all. For measuring."""
    folder.mkdir(parents=True, exist_ok=True)
    maker = Maker(seed)
    one = pixels(seed, 0, 1, size)
    for index in range(count):
        _save(maker.ct(index, count, one, size), folder / f"CT{index + 1:05}.dcm")
    return maker.identity()


def large_multiframe(path: Path, size: int, seed: int = 1) -> PhantomIdentity:
    """Write one multi-frame image of about `size` bytes (below 4 GiB) of empty 512 x 512 frames, as a sparse
    file: it takes neither memory nor disk."""
    maker = Maker(seed)
    dataset = maker.base(MultiFrameGrayscaleWordSecondaryCaptureImageStorage, "OT", "frames", maker.person.studied)
    image(dataset, 512)
    frames = max(1, size // (512 * 512 * 2))
    dataset.NumberOfFrames = frames
    dataset.ConversionType = "SYN"
    _save(dataset, path)
    length = frames * 512 * 512 * 2
    with path.open("ab") as stream:
        stream.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, length))
        stream.truncate(stream.tell() + length)
    return maker.identity()


def _save_planned(maker: Maker, folder: Path, slices: int) -> None:
    _save(maker.structures(slices), folder / "RS0001.dcm")
    _save(maker.plan(), folder / "RP0001.dcm")
    _save(maker.dose(slices), folder / "RD0001.dcm")


def _save(dataset: Dataset, path: Path) -> None:
    dcmwrite(path, dataset, enforce_file_format=True)

"""Our histograms beside those of dicompyler-core, of a real plan.

The peer takes the dose at the points of the grid that lie within a contour. What a structure smaller than a few points
has for a volume, and how much of it a high dose covers, so depends on where the points happen to lie: on the grid as it
is (2.5 mm) the peer misses 7 % of the smallest structure's volume and finds 4 % more above 14 Gy. It is given a grid
made finer by interpolation, where it comes to what we find.

It takes the dose on the planes of the contours, and every plane, the outermost too, for as thick as the smallest
distance of two; so do we. It bins doses by 0.01 Gy and rounds up, so doses are held to 1 % or one bin; volumes are held
to 1 % or 0.01 cm3. BODY takes the peer seconds on the grid as it is, and has another volume above 14 Gy there than on
a finer one, where it is that of Breast.
"""

from __future__ import annotations

import copy
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pydicom.dicomio
import pytest
import shapely

from tests.phantoms import unpacked
from uploader.cases import case_of, headers_below
from uploader.contours.axes import AXIAL
from uploader.contours.dosegrid import dose_grid
from uploader.contours.dvh import Dvh, histograms, span_gy
from uploader.contours.parsing import structures
from uploader.contours.structure import Structure
from uploader.contours.summing import Dose, summed

FINER = {"BODY": 1, "Lt Lung": 4, "Breast": 3, "Heart": 3}
"""How many times finer the peer's grid is; for small structures 8 times."""
BIN_GY, LEAST_CC = 0.01, 0.01


@pytest.fixture(scope="module")
def breast(samples, tmp_path_factory) -> Path:
    (archive,) = (samples / "rt_breast_complete_made").glob("*.tar.xz")
    return unpacked(archive, tmp_path_factory.mktemp("breast"))


@pytest.fixture(scope="module")
def ours(breast) -> dict[str, tuple[Structure, Dvh]]:
    """ROI name -> structure and histogram of all with contours."""
    headers = headers_below(breast, ["rtss.dcm", "rtdose.dcm"])
    case = case_of(breast, headers)
    grid = dose_grid(headers["rtdose.dcm"])
    found = [s for s in structures("rtss.dcm", headers["rtss.dcm"], AXIAL, 3.0) if s.planes]
    _, highest = span_gy(case.frames("rtdose.dcm"), grid)
    dvhs = histograms(case.frames("rtdose.dcm"), grid, highest, found)
    return {s.name: (s, dvh) for s, dvh in zip(found, dvhs, strict=True)}


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """dicompyler-core, which is older than the libraries it uses: one name is put back, and its warnings stay here."""
    monkeypatch.setattr(pydicom.dicomio, "read_file", pydicom.dcmread, raising=False)
    monkeypatch.setattr(logging.getLogger("dicompylercore"), "disabled", True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dicompylercore import dicomparser, dvhcalc

        assert dicomparser
        yield dvhcalc


def linear(values: np.ndarray, places: np.ndarray, axis: int) -> np.ndarray:
    """Values between those of an axis."""
    before = np.minimum(places.astype(int), values.shape[axis] - 2)
    share = (places - before).reshape([-1 if n == axis else 1 for n in range(values.ndim)])
    return np.take(values, before, axis) * (1 - share) + np.take(values, before + 1, axis) * share


def finer(dose: pydicom.Dataset, area: shapely.Geometry, times: int) -> pydicom.Dataset:
    """The dose around an area on a grid so many times finer within the planes."""
    spacing, corner = dose.PixelSpacing[0], np.array(dose.ImagePositionPatient[:2], dtype=float)
    west, north, east, south = area.bounds
    first = np.floor((np.array([west, north]) - corner) / spacing).astype(int) - 1
    last = np.ceil((np.array([east, south]) - corner) / spacing).astype(int) + 1
    first, last = np.maximum(first, 0), np.minimum(last, [dose.Columns - 1, dose.Rows - 1])
    columns, rows = (np.linspace(a, b, (b - a) * times + 1) for a, b in zip(first, last, strict=True))
    values = linear(linear(dose.pixel_array.astype(float), rows, 1), columns, 2)
    refined = copy.deepcopy(dose)
    refined.Rows, refined.Columns = values.shape[1:]
    refined.PixelSpacing = [float(spacing) / times] * 2
    refined.ImagePositionPatient = [*(corner + first * float(spacing)), dose.ImagePositionPatient[2]]
    refined.PixelData = np.round(values).astype("<u4").tobytes()
    return refined


def boost_of(dose: pydicom.Dataset) -> Dose:
    """A third of a dose as another calculation would have it: on every second point, from the second column on."""
    corner, spacing = [float(n) for n in dose.ImagePositionPatient], float(dose.PixelSpacing[0])
    values = dose.pixel_array[::2, ::2, 1::2]
    planes, rows, columns = values.shape
    grid = dose_grid(
        {
            "ImagePositionPatient": [corner[0] + spacing, *corner[1:]],
            "ImageOrientationPatient": [float(n) for n in dose.ImageOrientationPatient],
            "PixelSpacing": [2 * spacing] * 2,
            "Rows": rows,
            "Columns": columns,
            "NumberOfFrames": planes,
            "GridFrameOffsetVector": [float(n) for n in dose.GridFrameOffsetVector][::2],
            "DoseGridScaling": float(dose.DoseGridScaling) / 3,
        }
    )
    return Dose(grid, lambda: iter(values))


def with_boost(dose: pydicom.Dataset) -> pydicom.Dataset:
    """The sum of a dose and its boost at the points of the dose, reckoned all at once; what lies beyond the points of
    the boost has its border."""
    values = dose.pixel_array.astype(float)
    planes, rows, columns = (np.arange(count) for count in values.shape)
    places = ((planes / 2, 0), (rows / 2, 1), ((columns - 1) / 2, 2))
    boost = values[::2, ::2, 1::2]
    for at, axis in places:
        boost = linear(boost, np.clip(at, 0, boost.shape[axis] - 1), axis)
    total = copy.deepcopy(dose)
    total.PixelData = np.round(values + boost / 3).astype("<u4").tobytes()
    return total


@pytest.mark.parametrize("name", ["Heart", "Tumor Bed Block"])
def test_a_histogram_of_a_sum_of_two_grids_is_as_the_peer_s_of_the_summed_array(breast, ours, peer, name):
    structure, _ = ours[name]
    dose = pydicom.dcmread(breast / "rtdose.dcm")
    first = Dose(dose_grid(headers_below(breast, ["rtdose.dcm"])["rtdose.dcm"]), lambda: iter(dose.pixel_array))
    total = summed([boost_of(dose), first])
    (dvh,) = histograms(total.planes(), total.grid, 40.0, [structure])
    area = shapely.union_all([each.envelope for each in structure.planes.values()])
    theirs = peer.get_dvh(
        pydicom.dcmread(breast / "rtss.dcm"),
        finer(with_boost(dose), area, FINER.get(name, 4)),
        int(structure.number),
    )
    assert dvh.outside_cc == pytest.approx(0, abs=1e-6)
    assert dvh.mean_gy > 1.2 * ours[name][1].mean_gy
    assert dvh.mean_gy == pytest.approx(theirs.mean, rel=0.01, abs=BIN_GY)
    assert dvh.max_gy == pytest.approx(theirs.max, rel=0.01, abs=BIN_GY)
    assert dvh.dose_of_hottest(0.95 * dvh.volume_cc) == pytest.approx(theirs.D95.value, rel=0.01, abs=BIN_GY)
    for dose_gy in (1, 5, 10, 18):
        volume = getattr(theirs, f"V{dose_gy}Gy").value
        assert dvh.volume_at_least(dose_gy) == pytest.approx(volume, rel=0.01, abs=LEAST_CC)


NAMES = ["BODY", "Borders", "Breast", "Heart", "Lt Lung", "Nodes", "Scar", "Tumor Bed", "Tumor Bed Block"]


@pytest.mark.parametrize("name", NAMES)
def test_a_histogram_is_as_the_peer_s_within_one_per_cent(breast, ours, peer, name):
    structure, dvh = ours[name]
    dose = pydicom.dcmread(breast / "rtdose.dcm")
    outline = shapely.union_all([area.envelope for area in structure.planes.values()])
    theirs = peer.get_dvh(
        pydicom.dcmread(breast / "rtss.dcm"),
        finer(dose, outline, FINER.get(name, 8)),
        int(structure.number),
    )
    whole = dvh.volume_cc
    assert dvh.outside_cc == pytest.approx(0, abs=1e-6)
    assert whole == pytest.approx(theirs.volume, rel=0.01)
    assert dvh.mean_gy == pytest.approx(theirs.mean, rel=0.01, abs=BIN_GY)
    assert dvh.max_gy == pytest.approx(theirs.max, rel=0.01, abs=BIN_GY)
    assert dvh.dose_of_hottest(0.95 * whole) == pytest.approx(theirs.D95.value, rel=0.01, abs=BIN_GY)
    for dose_gy in (1, 5, 10) if name == "BODY" else (1, 5, 10, 14):
        volume = getattr(theirs, f"V{dose_gy}Gy").value
        assert dvh.volume_at_least(dose_gy) == pytest.approx(volume, rel=0.01, abs=LEAST_CC)


def test_all_structures_with_contours_are_compared(ours):
    assert sorted(ours) == sorted(NAMES)


def test_the_planning_system_s_own_histograms_are_as_near(breast, ours):
    written = pydicom.dcmread(breast / "rtdose.dcm", stop_before_pixels=True).DVHSequence
    by_number = {int(dvh.DVHReferencedROISequence[0].ReferencedROINumber): dvh for dvh in written}
    for name in ("Breast", "Heart", "Lt Lung", "Tumor Bed", "Tumor Bed Block"):
        structure, dvh = ours[name]
        mean = float(by_number[int(structure.number)].DVHMeanDose) * 14 / 100
        assert dvh.mean_gy == pytest.approx(mean, rel=0.01)

"""The rules of `geometry` on how slices follow one another; they are told in its docstring."""

from __future__ import annotations

import numpy as np

from uploader.domain.finding import Finding
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.geometry_asked import RIGHT_ONE, Asked, Quantity, in_range, span
from uploader.validators.judging import ROUNDING, number, range_words, within
from uploader.validators.volume import SAME_MM, Volume

POSITION, ORIENTATION, TILT = "0020,0032", "0020,0037", "0018,1120"
WHOLE = "compare with the scanner, and send the whole scan again"
ONE_SLICE = "it has one slice, so that there is no distance"

_SPACING = Quantity(
    "geometry.spacing",
    POSITION,
    "mm",
    "gap",
    "the slices do not lie as far from one another as the trial asks",
    f"{RIGHT_ONE}; if slices are missing, send the whole scan",
)
_EXTENT = Quantity("geometry.extent", POSITION, "mm", "scan", "the scan is not as long as the trial asks")
_SLICES = Quantity("geometry.slices", POSITION, "", "scan", "the scan does not have as many slices as the trial asks")


def spacing(asked: Asked, volume: Volume) -> Answer:
    """Every gap is in the range."""
    unable = _unable(volume)
    return unable or in_range(asked, _SPACING, volume.gaps, [volume.place(n + 1) for n in range(len(volume.gaps))])


def uniform(asked: Asked, volume: Volume) -> Answer:
    """The gaps are alike, and the slices lie above one another."""
    unable = _unable(volume)
    if unable:
        return unable
    tolerance = float(asked.value)
    apart, beside = float(np.ptp(volume.gaps)), float(volume.sideways.max())
    findings = []
    if apart > tolerance + ROUNDING:
        odd = int(np.abs(volume.gaps - volume.usual).argmax()) + 1
        findings.append(_uneven(asked, volume, odd))
    if beside > max(tolerance, SAME_MM) + ROUNDING:
        findings.append(_askew(asked, volume, beside))
    return wrong(*findings) if findings else right(f"gaps of {span(volume.gaps, 'mm')}")


def missing(asked: Asked, volume: Volume) -> Answer:
    """No more slices are missing than may, in the gaps or of those that a PET series says it has."""
    if volume.unknown:
        return unknown(volume.unknown)
    unsent = volume.planes.announced - len(volume.order)
    if unsent > asked.value and unsent > volume.missing:
        says = f"slices are missing; the series says that it has {volume.planes.announced}"
        return wrong(_gap(asked, f"{volume.scan.entries[0]} (0054,0081)", says, unsent))
    if not len(volume.gaps):
        return unknown(ONE_SLICE)
    if volume.missing <= asked.value:
        return right(f"{volume.missing} missing")
    widest = int(volume.gaps.argmax())
    gap, usual = number(float(volume.gaps[widest])), number(volume.usual)
    says = f"slices are missing; the widest gap, before this slice, is {gap} mm, where most are {usual} mm"
    return wrong(_gap(asked, f"{volume.place(widest + 1)} ({POSITION})", says, volume.missing))


def doubled(asked: Asked, volume: Volume) -> Answer:
    """No more images lie where another one lies than may."""
    if volume.unknown:
        return unknown(volume.unknown)
    again = volume.repeated
    if len(again) <= asked.value:
        return right(f"{len(again)} at the place of another")
    times, rest = divmod(volume.images, len(volume.order))
    several = "" if rest else f"; it has {times} images at each place, as for several time points or echoes"
    return wrong(
        asked.finding(
            "geometry.doubled",
            f"{volume.planes.places[again[0]]} ({POSITION})",
            f"images lie where another one lies{several}",
            "send each slice once, of the one series that the trial asks for",
            f"{len(again)} of {volume.images} images",
            f"at most {asked.value}",
        )
    )


def slices(asked: Asked, volume: Volume) -> Answer:
    """There are as many slices as the range says; images are counted where their places are not known."""
    if volume.planes.mosaic:
        return unknown(volume.unknown)
    count = volume.images if volume.unknown else len(volume.order)
    return in_range(asked, _SLICES, np.array([float(count)]), [f"scan of {volume.scan.entries[0]}"])


def extent(asked: Asked, volume: Volume) -> Answer:
    """From the first slice to the last it is as long as the range says."""
    if volume.unknown:
        return unknown(volume.unknown)
    length = volume.along[-1] - volume.along[0]
    return in_range(asked, _EXTENT, np.array([length]), [f"scan of {volume.scan.entries[0]}"])


def tilt(asked: Asked, volume: Volume) -> Answer:
    """Neither the attribute nor the positions tell of another tilt than the range allows.

    The positions tell how far the gantry was tilted and not which way.
    """
    said = volume.planes.tilt
    wrongs = [n for n in np.flatnonzero(np.isfinite(said)) if not _may_tilt(asked, float(said[n]))]
    if wrongs:
        where = f"{volume.planes.places[wrongs[0]]} ({TILT})"
        return wrong(_tilted(asked, where, "the gantry was tilted", span(said[wrongs], "degrees")))
    unable = _unable(volume)
    if unable:
        return unable if np.isnan(said).any() else right(span(said, "degrees"))
    if not any(_may_tilt(asked, lean) for lean in (volume.lean, -volume.lean)):
        where = f"{volume.place(-1)} ({POSITION})"
        says = "the slices are shifted against one another, as by a tilted gantry"
        return wrong(_tilted(asked, where, says, f"{number(volume.lean)} degrees"))
    return right(f"{number(volume.lean)} degrees by the positions")


def _may_tilt(asked: Asked, degrees: float) -> bool:
    """Whether the rule allows it; a range that has an upper end only is meant either way."""
    either_way = not {"min", "eq"} & asked.value.keys()
    return within(abs(degrees) if either_way else degrees, asked.value)


def _tilted(asked: Asked, where: str, says: str, found: str) -> Finding:
    remedy = "send the scan that was made without a tilt, or ask the trial whether this one can be used"
    return asked.finding("geometry.tilt", where, says, remedy, found, range_words(asked.value, "degrees"))


def _gap(asked: Asked, where: str, says: str, count: int) -> Finding:
    return asked.finding("geometry.gap", where, says, WHOLE, f"{count} missing", f"at most {asked.value}")


def _uneven(asked: Asked, volume: Volume, odd: int) -> Finding:
    return asked.finding(
        "geometry.uneven",
        f"{volume.place(odd)} ({POSITION})",
        "the slices do not follow one another at one distance; the gap before this slice is the farthest from the "
        f"usual one of {number(volume.usual)} mm",
        f"{WHOLE} if slices are missing or doubled",
        f"gaps of {span(volume.gaps, 'mm')}",
        f"gaps that differ by at most {number(float(asked.value))} mm",
    )


def _askew(asked: Asked, volume: Volume, beside: float) -> Finding:
    return asked.finding(
        "geometry.askew",
        f"{volume.place(int(volume.sideways.argmax()))} ({POSITION})",
        "a slice lies beside the straight line of the others: it was made with another field of view, or the patient "
        "was moved",
        "send the scan with all its slices made alike",
        f"{number(beside)} mm beside",
        f"at most {number(max(float(asked.value), SAME_MM))} mm",
    )


def _unable(volume: Volume) -> Answer | None:
    """Why nothing can be said about distances."""
    if volume.unknown:
        return unknown(volume.unknown)
    return None if len(volume.gaps) else unknown(ONE_SLICE)

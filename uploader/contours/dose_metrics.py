"""Figures of a dose-volume histogram, in the grammar of TG-263.

    V20Gy[%]     volume with at least this dose         CV20Gy[cc]   volume with less than this dose
    D95%[Gy]     dose that the hottest 95 % have at least
    DC5cc[Gy]    dose that the coldest 5 cm3 have at most
    Mean[Gy]  Max[Gy]  Min[Gy]  Median[Gy]  Volume[cc]

Gy and cc are absolute; % is of the prescribed dose, or of the volume of the structure.
Source: AAPM report 263 (2018), section 9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from uploader.contours.dvh import Dvh

_GRAMMAR = re.compile(
    r"(?:(?P<volume>V|CV)(?P<dose_at>[0-9]+(?:\.[0-9]+)?)(?P<dose_unit>Gy|%)\[(?P<volume_out>cc|%)\]"
    r"|(?P<dose>D|DC)(?P<volume_at>[0-9]+(?:\.[0-9]+)?)(?P<volume_unit>cc|%)\[(?P<dose_out>Gy|%)\]"
    r"|(?P<point>Mean|Max|Min|Median)\[(?P<point_out>Gy|%)\]"
    r"|(?P<size>Volume)\[(?P<size_out>cc)\])"
)


class NoMetric(ValueError):
    """The histogram does not say the figure; the message says why, free of patient data."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of a histogram.

    kind: V, CV, D, DC, Mean, Max, Min, Median or Volume
    at, at_unit: where it is read: Gy or % of the prescription for V and CV, cc or % of the structure for D and DC
    unit: of the figure: cc, Gy or %
    """

    kind: str
    at: float
    at_unit: str
    unit: str

    @property
    def relative_to_prescription(self) -> bool:
        """Whether it needs a prescribed dose."""
        volume = self.kind in ("V", "CV")
        return (self.at_unit == "%" if volume else self.unit == "%") and self.kind != "Volume"

    def of(self, dvh: Dvh, prescribed_gy: float | None = None) -> float:
        """The figure, in its unit. Raises NoMetric."""
        if self.relative_to_prescription and not prescribed_gy:
            raise NoMetric("no prescribed dose is known of which it could be a part")
        whole = prescribed_gy or 0.0
        if self.kind == "Volume":
            return dvh.volume_cc
        if self.kind in ("V", "CV"):
            volume = self._volume(dvh, self.at * whole / 100 if self.at_unit == "%" else self.at)
            return 100 * volume / dvh.volume_cc if self.unit == "%" else volume
        dose = self._dose(dvh)
        return 100 * dose / whole if self.unit == "%" else dose

    def _volume(self, dvh: Dvh, dose_gy: float) -> float:
        hot = dvh.volume_at_least(dose_gy)
        return hot if self.kind == "V" else dvh.volume_cc - hot

    def _dose(self, dvh: Dvh) -> float:
        points = {"Mean": dvh.mean_gy, "Max": dvh.max_gy, "Min": dvh.min_gy}
        if self.kind in points:
            return points[self.kind]
        if self.kind == "Median":
            return dvh.dose_of_hottest(dvh.volume_cc / 2)
        volume = self.at * dvh.volume_cc / 100 if self.at_unit == "%" else self.at
        if volume > dvh.volume_cc:
            raise NoMetric("the structure is smaller than the volume it is asked for")
        return dvh.dose_of_hottest(volume if self.kind == "D" else dvh.volume_cc - volume)


@lru_cache(maxsize=256)
def parsed(text: str) -> Metric:
    """The figure that a protocol names. Raises ValueError for what is none."""
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a figure of a dose-volume histogram, such as V20Gy[%] or D95%[Gy]")
    said = {name: value or "" for name, value in match.groupdict().items()}
    return Metric(
        said["volume"] or said["dose"] or said["point"] or said["size"],
        float(said["dose_at"] or said["volume_at"] or 0),
        said["dose_unit"] or said["volume_unit"],
        said["volume_out"] or said["dose_out"] or said["point_out"] or said["size_out"],
    )

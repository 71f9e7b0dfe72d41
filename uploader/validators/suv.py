"""Whether a standardised uptake value by body weight can be computed from a PET image, and what is in the way.

The order of tests is that of QIBA's vendor-neutral pseudo-code (FDG-PET/CT profile, appendix G):

    CorrectedImage (0028,0051) has ATTN and DECY, DecayCorrection (0054,1102) is START or ADMIN
    Units (0054,1001)
      BQML  weight, injected dose and half life are more than zero; for START the scan starts after the injection
      CNTS  Philips' own factors: of SUV, or of activity, and then as BQML
      GML   is taken for SUV by body weight, unless SUV Type (0054,1006) says something else

The scan starts at the series' date and time, unless these are later than the acquisition, as in a series that was
processed again; then GE's own scan time counts, and else the earliest acquisition of the series.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from uploader import vendor
from uploader.ports import Header
from uploader.validators.attributes import values
from uploader.validators.constraints import number_in
from uploader.validators.moments import moment, moment_in, time_in
from uploader.validators.reading import items, text

INJECTION = "RadiopharmaceuticalInformationSequence[0]"
NIGHT = timedelta(hours=12)
"""Within this after an injection of which only the time of day is known, a scan may lie on the next day."""
HALF_LIVES = 20
"""After so many a scan cannot be of this injection: a millionth of it is left."""
_UNITS = ("BQML", "CNTS", "GML")
_RESCAN = "correct the entry at the scanner or in the archive, with the record of the injection at hand, and send again"
_IN_BQML = "send the series in Bq/ml"
_RIGHT_SERIES = "send the series that was corrected for attenuation and decay"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is in the way of an SUV.

    code: of the finding; attribute: as `attributes` takes it; expected: what would do
    """

    code: str
    attribute: str
    says: str
    expected: str
    remedy: str = _RESCAN


def faults(header: Header, start: datetime | None) -> Iterator[Fault]:
    """What is in the way, in the order of the tests, for one image of a series whose scan starts at `start`."""
    yield from _corrections(header)
    units = text(header, "Units")
    if units == "CNTS":
        yield from _counts(header, start)
    elif units == "BQML":
        yield from _activity(header, start)
    elif units != "GML":
        yield Fault("pet.units", "Units", "its units do not tell the activity", " or ".join(_UNITS), _IN_BQML)
    elif text(header, "SUVType") not in ("", "BW"):
        yield Fault("pet.units", "SUVType", "its values are SUVs, but not by body weight", "BW", _IN_BQML)


def scan_start(headers: Collection[Header]) -> datetime | None:
    """When the acquisition of a series began; None where the headers do not say."""
    acquired = _earliest(moment(header, "Acquisition") for header in headers)
    if acquired is None:
        return None
    series = _earliest(moment(header, "Series") for header in headers)
    if series is not None and series <= acquired:
        return series
    return _earliest(moment_in(text(header, vendor.PET_SCAN_TIME)) for header in headers) or acquired


def injected_at(header: Header, start: datetime | None) -> datetime | None:
    """When the tracer was injected; of an injection with a time of day alone, the last such time before the scan that
    makes sense."""
    (injection, *_) = [*items(header, "RadiopharmaceuticalInformationSequence")] or [{}]
    zone = text(header, "TimezoneOffsetFromUTC")
    stated = moment_in(text(injection, "RadiopharmaceuticalStartDateTime"), zone)
    hour = time_in(text(injection, "RadiopharmaceuticalStartTime"))
    if stated is not None or hour is None or start is None:
        return stated
    same_day = datetime.combine(start.date(), hour)
    day_before = same_day - timedelta(days=1)
    return day_before if same_day > start and start - day_before <= NIGHT else same_day


def injection_number(header: Header, keyword: str) -> float | None:
    """A number about the injection that is more than zero, such as ``RadionuclideTotalDose`` in Bq."""
    return positive(header, f"{INJECTION}.{keyword}")


def positive(header: Header, attribute: str) -> float | None:
    """The attribute as one number; None for a missing one and for one that is not more than zero."""
    several = values(header, attribute)
    number = number_in(several[0]) if len(several) == 1 else None
    return number if number is not None and number > 0 else None


def injections(header: Header) -> int:
    """How many injections the image names."""
    return sum(1 for _ in items(header, "RadiopharmaceuticalInformationSequence"))


def _corrections(header: Header) -> Iterator[Fault]:
    made = set(map(str, values(header, "CorrectedImage")))
    if not {"ATTN", "DECY"} <= made:
        says = "the image is not corrected for both attenuation and decay"
        yield Fault("pet.corrections", "CorrectedImage", says, "ATTN and DECY", _RIGHT_SERIES)
    if text(header, "DecayCorrection") not in ("START", "ADMIN"):
        says = "it is not said to which time the decay is corrected"
        yield Fault("pet.decay-correction", "DecayCorrection", says, "START or ADMIN", _RIGHT_SERIES)


def _counts(header: Header, start: datetime | None) -> Iterator[Fault]:
    if _factor(header, vendor.PET_SUV_FACTOR):
        return
    if _factor(header, vendor.PET_ACTIVITY_FACTOR):
        yield from _activity(header, start)
        return
    says = (
        "the image counts, and Philips' factors (7053,xx00) and (7053,xx09) that make activity of counts are not there"
    )
    remedy = "send the series as it comes from the scanner, with its private elements, or one in Bq/ml"
    yield Fault("pet.factors-missing", "Units", says, "BQML, or CNTS with a factor", remedy)


def _factor(header: Header, name: str) -> bool:
    """Whether a private factor is there and more than zero."""
    return (number_in(header.get(name)) or 0) > 0


def _activity(header: Header, start: datetime | None) -> Iterator[Fault]:
    if injections(header) > 1:
        says = "it names more than one injection, and not which of them was imaged"
        yield Fault("pet.injections", "RadiopharmaceuticalInformationSequence", says, "one injection")
    for attribute, what in _NEEDED.items():
        if positive(header, attribute) is None:
            yield Fault("pet.suv-missing", attribute, f"{what} is missing, or is not one number above zero", "above 0")
    if text(header, "DecayCorrection") == "START":
        yield from _times(header, start)


_NEEDED: Mapping[str, str] = {
    "PatientWeight": "the body weight",
    f"{INJECTION}.RadionuclideTotalDose": "the injected activity",
    f"{INJECTION}.RadionuclideHalfLife": "the half life of the nuclide",
}


def _times(header: Header, start: datetime | None) -> Iterator[Fault]:
    injected = injected_at(header, start)
    if start is None:
        yield Fault("pet.suv-missing", "AcquisitionTime", "it is not said when the scan began", "a date and a time")
    elif injected is None:
        where = f"{INJECTION}.RadiopharmaceuticalStartTime"
        yield Fault("pet.suv-missing", where, "it is not said when the tracer was injected", "a time")
    else:
        yield from _sequence(header, start - injected)


def _sequence(header: Header, passed: timedelta) -> Iterator[Fault]:
    where = f"{INJECTION}.RadiopharmaceuticalStartTime"
    half_life = injection_number(header, "RadionuclideHalfLife")
    if passed < timedelta():
        yield Fault(
            "pet.before-injection", where, "the scan began before the injection", "an injection before the scan"
        )
    elif half_life is not None and passed.total_seconds() > HALF_LIVES * half_life:
        says = f"the scan began more than {HALF_LIVES} half lives after the injection"
        yield Fault("pet.decayed", where, says, "an injection for this scan")


def _earliest(moments: Iterator[datetime | None]) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)

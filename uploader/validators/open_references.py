"""References that lead nowhere: they are wrong whatever the trial asks. Told in the docstring of `references`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from uploader.domain.finding import Finding, Severity
from uploader.ports import Case, Header
from uploader.validators import links
from uploader.validators.drawn_on import IMAGE_MISSING, DrawnOn, drawn_on
from uploader.validators.reading import of_modality, text


def findings(case: Case) -> Iterator[Finding]:
    """Which references lead to nothing in the session."""
    known = _Known(case.headers.values())
    for entry, header in of_modality(case.headers, "RTSTRUCT").items():
        yield from _images(case.once(drawn_on)[entry])
        yield from _roi_frames(entry, header, known.frames)
    for entry, header in of_modality(case.headers, "RTPLAN").items():
        in_patient = text(header, "RTPlanGeometry") != "TREATMENT_DEVICE"
        yield from _structures(entry, header, known.structures, needed=in_patient)
        yield from _frame(entry, header, known.frames, needed=False)
    for entry, header in of_modality(case.headers, "RTDOSE").items():
        yield from _plan(entry, header, known.plans)
        yield from _structures(entry, header, known.structures, needed=False)
        yield from _frame(entry, header, known.frames, needed=True)


class _Known:
    """What references may lead to. What is not a radiotherapy object counts as an image, of whatever modality."""

    def __init__(self, headers: Iterable[Header]) -> None:
        everything = list(headers)
        self.frames = links.frames_of_images(everything)
        self.structures = _uids(h for h in everything if text(h, "Modality") == "RTSTRUCT")
        self.plans = _uids(h for h in everything if text(h, "Modality") == "RTPLAN")


def _uids(headers: Iterable[Header]) -> frozenset[str]:
    return frozenset(text(header, "SOPInstanceUID") for header in headers) - {""}


def _images(drawn_on: DrawnOn) -> Iterator[Finding]:
    wanted, missing = len(drawn_on.images), len(drawn_on.missing)
    if missing:
        yield Finding(
            IMAGE_MISSING,
            Severity.REFUSAL,
            drawn_on.where,
            f"{missing} of the {wanted} images the structures reference are not in the session",
            "send the whole scan the structures were drawn on",
            found=f"{wanted - missing} of {wanted} images",
            expected="all of them",
        )
    if not wanted:
        yield _silent(
            "references.image-unreferenced",
            drawn_on.where,
            "the structures do not say which images they were drawn on",
            "export the RTSTRUCT again together with its images",
        )


def _structures(entry: str, header: Header, present: frozenset[str], *, needed: bool) -> Iterator[Finding]:
    """`needed`: whether the object must reference a structure set."""
    wanted = {reference.instance for reference in links.references(header, "RTSTRUCT")}
    where = f"{entry} ({links.tag(header, 'RTSTRUCT')})"
    if wanted - present:
        yield _missing("references.structures-missing", where, "RTSTRUCT")
    if needed and not wanted:
        yield _silent(
            "references.structures-unreferenced", where, "the object does not say with which RTSTRUCT it was made"
        )


def _plan(entry: str, dose: Header, present: frozenset[str]) -> Iterator[Finding]:
    wanted = {reference.instance for reference in links.references(dose, "RTPLAN")}
    where = f"{entry} ({links.tag(dose, 'RTPLAN')})"
    if wanted - present:
        yield _missing("references.plan-missing", where, "RTPLAN")
    if not wanted:
        yield _silent("references.plan-unreferenced", where, "the dose does not say of which RTPLAN it is")


def _missing(code: str, where: str, modality: str) -> Finding:
    return Finding(
        code,
        Severity.REFUSAL,
        where,
        f"the object references an {modality} that is not in the session",
        f"send the {modality} it was made with, or the object that belongs to the {modality} sent",
        found="a reference that leads nowhere",
        expected=f"an {modality} of the session",
    )


def _silent(code: str, where: str, says: str, remedy: str = "export it again from the planning system") -> Finding:
    return Finding(code, Severity.REFUSAL, where, says, remedy, found="no reference", expected="at least one")


def _roi_frames(entry: str, structures: Header, frames: frozenset[str]) -> Iterator[Finding]:
    outside = links.strays(structures, frames)
    if outside:
        yield _frame_differs(links.place_of_strays(entry, outside), f"{len(outside)} ROI(s)")


def _frame(entry: str, header: Header, frames: frozenset[str], *, needed: bool) -> Iterator[Finding]:
    frame = text(header, "FrameOfReferenceUID")
    if (frame or needed) and frame not in frames:
        yield _frame_differs(f"{entry} (0020,0052)", "the object")


def _frame_differs(where: str, what: str) -> Finding:
    return Finding(
        links.FRAME_DIFFERS,
        Severity.REFUSAL,
        where,
        f"the frame of reference of {what} is not that of an image of the session",
        "send the scan on which it was made",
        found="a frame of reference without an image",
        expected="that of an image of the session",
    )

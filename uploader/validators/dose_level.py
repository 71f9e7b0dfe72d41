"""The rules of `dose` on its highest value."""

from __future__ import annotations

from uploader.ports import Case, Header
from uploader.validators import links
from uploader.validators.adding import WHOLE_PLANS
from uploader.validators.answers import Answer, right, unknown, wrong
from uploader.validators.blocks import Block
from uploader.validators.doses import Unusable, is_in_gray, peak_of, said_of
from uploader.validators.judging import number, range_words, within
from uploader.validators.prescriptions import Prescribed, highest_of
from uploader.validators.reading import of_modality, text

_LOOK = "look whether this is the dose of the whole plan; if so, ask the trial, else export that one"


def highest(block: Block, line: str, entry: str, dose: Header) -> Answer:
    """The highest dose of the grid."""
    peak = _peak(block, line, entry, dose)
    if isinstance(peak, Answer):
        return peak
    asked = block.said["max_dose_gy"]
    if within(peak, asked):
        return right(f"{number(peak)} Gy")
    where, says = f"{entry} (3004,000E)", "the highest dose of the grid is another than the trial expects"
    return wrong(
        block.finding("dose.maximum", line, where, says, _LOOK, f"{number(peak)} Gy", range_words(asked, "Gy"))
    )


def highest_of_prescription(block: Block, line: str, entry: str, dose: Header) -> Answer:
    """The highest dose of the grid, in per cent of the highest dose that its plan prescribes, or its plans together."""
    peak, known = _peak(block, line, entry, dose), _prescribed(block.case, dose)
    if isinstance(peak, Answer):
        return peak
    if text(dose, "DoseSummationType") not in WHOLE_PLANS:
        return unknown("the dose does not say that it sums up whole plans, as the prescription does")
    if known is None:
        return unknown("the session does not say what is prescribed")
    asked, share = block.said["max_dose_pct_of_rx"], 100 * peak / known.doses_gy[0]
    found = f"{number(share)} % of {known.words}"
    if within(share, asked):
        return right(f"{found} by {known.source}")
    where = f"{entry} (3004,000E)"
    says = (
        f"the highest dose is another part of the prescription than the trial expects, which is read by {known.source}"
    )
    return wrong(block.finding("dose.prescription", line, where, says, _LOOK, found, range_words(asked, "%")))


def _prescribed(case: Case, dose: Header) -> Prescribed | None:
    """The highest dose that is prescribed by the plans that a dose is of; None where one of them is not in the session
    or does not say it."""
    wanted = {reference.instance for reference in links.references(dose, "RTPLAN")}
    plans = {text(h, "SOPInstanceUID"): h for h in of_modality(case.headers, "RTPLAN").values()}
    return highest_of([plans[each] for each in sorted(wanted)]) if wanted <= plans.keys() else None


def _peak(block: Block, line: str, entry: str, dose: Header) -> float | Answer:
    if not is_in_gray(dose):
        return unknown("the dose is not in Gy")
    peak = peak_of(block.case, entry)
    return said_of(block, line, entry, peak) if isinstance(peak, Unusable) else peak

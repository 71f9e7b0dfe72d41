"""The figure: in how many ways the anonymiser was broken, and how many of them the verifier stops."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stages import (
    sabotage,
    test_verify,
    test_verify_altered,
    test_verify_depth,
    test_verify_matching,
)
from tests.stages.sabotage import Session, edit
from uploader.domain.finding import Severity

DIRECT = ("verify.residue", "verify.residue-date", "verify.value-kept", "verify.date-kept")
"""Codes of what tells who the patient is, or who and what was around."""
MEASURED = {
    "PixelSpacing": ["0.5", "0.5"],
    "RescaleSlope": "1.0",
    "DiffusionBValue": 800.0,
    "DoseGridScaling": "1.25e-5",
}


def in_second(change: test_verify_altered.Change) -> test_verify.Break:
    return lambda session: edit(session.file("0002"), change)


def ways(folder: Path) -> Iterator[tuple[str, Session, test_verify.Break, bool]]:
    """(what, sound session, how it is broken, is it a direct identifier that is left?)"""
    sound = sabotage.make(folder / "sound")
    yield from ((w, sound, spoil, code in DIRECT) for w, (spoil, code) in test_verify.SABOTAGES.items())
    other = sabotage.make(folder / "other", **test_verify_matching.PATIENT)
    for what, (change, severity) in test_verify_matching.CHANGES.items():
        if severity is not None:
            yield what, other, in_second(change), severity is Severity.REFUSAL
    hidden = sabotage.make(folder / "hidden", name="Attinghausen^Anneliese^Jörg")
    for what, (change, severity) in test_verify_depth.LEFT.items():
        if severity is not None:
            yield what, hidden, in_second(change), severity is Severity.REFUSAL
    measured = sabotage.make(folder / "measured", **MEASURED)
    for what, change in test_verify_altered.ALTERED.items():
        keyword = re.search("spacing|slope|b-value|scaling of the dose|position|bits", what)
        if keyword:
            yield what, measured, in_second(change), False


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_direct_identifier_is_stopped_and_nearly_everything_else(tmp_path: Path) -> None:
    direct: dict[str, bool] = {}
    others: dict[str, bool] = {}
    for number, (what, sound, spoil, is_direct) in enumerate(ways(tmp_path)):
        session = sabotage.copy(sound, tmp_path / str(number))
        spoil(session)
        found = {f.severity for f in session.findings()}
        (direct if is_direct else others)[what] = bool(found & {Severity.REFUSAL, Severity.QUESTION})
        if is_direct:
            direct[what] = Severity.REFUSAL in found
    assert [what for what, stopped in direct.items() if not stopped] == []
    assert sum(others.values()) >= 0.95 * len(others)
    said = f"{len(direct) + len(others)} ways: {len(direct)} leave a direct identifier, {sum(direct.values())} of them"
    page = Path(__file__).parents[2] / "docs" / "verification.md"
    assert said in " ".join(page.read_text().split()), said
    assert f"{sum(others.values())} of the other {len(others)}" in " ".join(page.read_text().split())

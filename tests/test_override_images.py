"""Text seen in an image may be a false alarm: one person overrules it, two where it is the patient's to the letter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from tests.homes import PASSWORD, arrive, carry, demo, gateway_at
from tests.pixels.pictures import drawn
from uploader.domain.finding import Severity
from uploader.domain.override import Override, standing
from uploader.gateway import Built, build_review
from uploader.overruling import override, overrulable

WHY = "of-the-device"


def burned(folder: Path, text: str) -> Path:
    """The demo session, with text drawn into one of its images."""
    path = next(p for p in sorted(demo(folder).iterdir()) if dcmread(p).Modality == "CT")
    dataset = dcmread(path)
    picture = drawn(np.zeros((128, 192), np.uint8), text, (12, 50), 20).astype("<u2") * 8
    dataset.Rows, dataset.Columns, dataset.PixelData = *picture.shape, picture.tobytes()
    dataset.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    dataset.save_as(path)
    return folder


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Built]:
    with gateway_at(tmp_path / "home") as built:
        built.records.accounts.add("bea", PASSWORD, frozenset({"reviewer"}))
        yield built


def held(built: Built, folder: Path) -> tuple[str, str, str]:
    """The submission of this session, which comes to be held; the code for which, and where."""
    submission = arrive(built, folder)
    carry(built, submission)
    build_review(built).choose(submission, "DEMO-RT", "DEMO-001", "ada")
    assert carry(built, submission) == "held", built.records.get(submission)
    verdict = built.records.verdict(submission, "verification")
    assert verdict is not None, built.records.get(submission)
    (found,) = (f for f in verdict.findings if f.severity is Severity.REFUSAL)
    return submission, found.code, found.where


def overruled(built: Built, submission: str, code: str, where: str, person: str) -> str:
    """What becomes of it when this person says that it is a false alarm."""
    override(build_review(built), submission, person, PASSWORD, code, where, WHY)
    build_review(built).retry(submission, person)
    return carry(built, submission)


def test_a_date_seen_in_an_image_is_overruled_by_one_person(built: Built, tmp_path: Path) -> None:
    submission, code, where = held(built, burned(tmp_path / "in", "12.04.1999"))
    assert code == "pixels.text"
    assert overruled(built, submission, code, where, "ada") == "awaiting-signoff"


def test_the_patients_name_seen_in_an_image_is_overruled_by_two_persons_only(built: Built, tmp_path: Path) -> None:
    submission, code, where = held(built, burned(tmp_path / "in", "OTTOLINE"))
    assert code == "pixels.identity"
    assert overruled(built, submission, code, where, "ada") == "held"
    assert overruled(built, submission, code, where, "ada") == "held"
    assert [(c, w) for c, w, _ in overrulable(build_review(built), submission)] == [(code, where)]
    assert overruled(built, submission, code, where, "bea") == "awaiting-signoff"


def test_two_persons_count_only_for_the_same_image() -> None:
    made = [Override(who, "pixels.identity", where, WHY, "") for who, where in (("ada", "a.dcm"), ("bea", "b.dcm"))]
    assert standing(made) == set()

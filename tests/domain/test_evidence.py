"""A signature covers exactly what was signed."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from uploader.domain.errors import NotSigned
from uploader.domain.evidence import SignOff, require
from uploader.domain.manifest import Manifest, measure

SIGNED = Manifest(frozenset({measure("scans/1/DICOM/0001.dcm", io.BytesIO(b"looked at"))}))
OTHER = Manifest(frozenset({measure("scans/1/DICOM/0001.dcm", io.BytesIO(b"something else"))}))
SIGNOFF = SignOff("ada", SIGNED.digest, "protocol-digest", datetime(2026, 1, 1, tzinfo=UTC))


def test_what_was_signed_may_go():
    assert require([SIGNOFF], SIGNED, "protocol-digest") == [SIGNOFF]


@pytest.mark.parametrize(
    ("signoffs", "manifest", "protocol"),
    [
        ([], SIGNED, "protocol-digest"),
        ([SIGNOFF], OTHER, "protocol-digest"),
        ([SIGNOFF], SIGNED, "another protocol"),
        ([SIGNOFF, replace(SIGNOFF, digest=OTHER.digest)], SIGNED, "protocol-digest"),
    ],
    ids=["nobody signed", "other bytes", "another protocol", "one of two signed other bytes"],
)
def test_anything_else_stays(signoffs, manifest, protocol):
    with pytest.raises(NotSigned):
        require(signoffs, manifest, protocol)

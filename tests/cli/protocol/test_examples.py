"""The examples beside the shipped protocols get the verdict that they expect."""

from __future__ import annotations

import pytest

from tests.protocols.conftest import SHIPPED
from uploader.cli.protocol.folders import Folders
from uploader.cli.protocol.trying import differing, judging, verdict_on
from uploader.home import shipped
from uploader.protocols import examples, variants

FOLDERS = Folders(SHIPPED, shipped("dicomedit_scripts"), shipped("privacy_policies"), SHIPPED)
ALL = [
    (folder.name, name) for folder in sorted(SHIPPED.iterdir()) if folder.is_dir() for name in variants.names(folder)
]


@pytest.mark.parametrize(("trial", "name"), ALL, ids=[f"{trial}/{name}" for trial, name in ALL])
def test_the_verdict_on_an_example_is_the_expected_one(trial, name):
    example = examples.read(SHIPPED / trial, name)
    assert example.expected
    got = verdict_on(example, judging(FOLDERS, trial, example))
    assert list(differing(got, example.expected)) == []


def test_every_example_protocol_is_tried():
    assert {trial for trial, _ in ALL} >= {"DEMO-RT", "EXAMPLE-HN-RT", "EXAMPLE-LUNG-SABR", "EXAMPLE-PET-MR"}

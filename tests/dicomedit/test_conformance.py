"""The cases that were found by running the reference: an implementation of the language must agree with them."""

from __future__ import annotations

import importlib.util
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from uploader.dicomedit import apply

NOT_COPIED = {
    "if-19",
    "if-20",
    "layout-16",
    "layout-17",
    "list-04",
    "list-12",
    "mapReferencedUIDs-05",
    "scaleAge-13",
    "sequence-07",
    "variables-07",
}
"""Cases that pin a defect of the reference which we do not copy; docs/dicomedit.md says what we do instead."""


@pytest.fixture(scope="module")
def checker(samples: Path) -> ModuleType:
    """The functions of run_check.py, which lies beside the samples."""
    spec = importlib.util.spec_from_file_location("run_check", samples.parent / "dicomedit" / "run_check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def cases(checker: ModuleType, samples: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = checker.load_cases(str(samples.parent / "dicomedit" / "cases.json"))
    assert len(loaded) >= 334
    return loaded


def wrong(checker: ModuleType, cases: list[dict[str, Any]], compatible: bool) -> dict[str, list[str]]:
    """Case ID -> what is wrong with our answer."""
    ours = partial(apply, compatible=compatible)
    answers = {case["id"]: checker.check_case(case, ours) for case in cases}
    return {name: says for name, says in answers.items() if says}


def test_every_case_agrees_but_the_defects_that_are_not_copied(
    checker: ModuleType, cases: list[dict[str, Any]]
) -> None:
    unlike = wrong(checker, cases, compatible=False)
    assert {name: says for name, says in unlike.items() if name not in NOT_COPIED} == {}


def test_only_what_is_marked_as_a_defect_of_the_reference_is_not_copied(cases: list[dict[str, Any]]) -> None:
    assert {case["id"] for case in cases if case.get("quirk")} >= NOT_COPIED


def test_every_case_agrees_when_the_reference_is_to_be_matched(
    checker: ModuleType, cases: list[dict[str, Any]]
) -> None:
    assert wrong(checker, cases, compatible=True) == {}

"""The cases that were found by running the reference: an implementation of the language must agree with them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from uploader.dicomedit import apply

AGREED = 315
"""Cases that agree now. May only grow."""


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
def outcomes(checker: ModuleType, samples: Path) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Case ID -> the case and what is wrong with our answer, for all cases that are not a quirk or contested."""
    cases = checker.load_cases(str(samples.parent / "dicomedit" / "cases.json"))
    firm = [c for c in cases if not c.get("quirk") and not c.get("contested")]
    return {case["id"]: (case, checker.check_case(case, apply)) for case in firm}


def test_every_case_agrees(outcomes: dict[str, tuple[dict[str, Any], list[str]]]) -> None:
    wrong = {i: says for i, (case, says) in outcomes.items() if says}
    assert wrong == {}


def test_the_number_of_cases_that_agree_only_grows(outcomes: dict[str, tuple[dict[str, Any], list[str]]]) -> None:
    agreed = sum(not says for _, says in outcomes.values())
    print(f"{agreed} of {len(outcomes)} cases agree")
    assert agreed >= AGREED

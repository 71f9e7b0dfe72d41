"""The page about the language names everything that the interpreter knows and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from uploader.dicomedit.functions import FUNCTIONS, REFUSED

PAGE = (Path(__file__).parents[2] / "docs" / "dicomedit.md").read_text("utf-8")
SCRIPTS = Path(__file__).parents[2] / "dicomedit_scripts"


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_is_on_the_page(name: str) -> None:
    assert name in PAGE


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_every_refused_function_is_on_the_page_with_a_reason(name: str) -> None:
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("path", sorted(SCRIPTS.rglob("*.das")), ids=lambda p: p.stem)
def test_every_shipped_script_is_on_the_page(path: Path) -> None:
    assert f"`{path.relative_to(SCRIPTS)}`" in PAGE

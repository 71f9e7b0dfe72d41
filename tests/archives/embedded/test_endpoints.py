"""The table of endpoints and the tests say the same: what is served has a test that names its row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_ROW = re.compile(r"^\| (\d+)(?:-(\d+))? \| .+? \| (.+?) \|", re.M)
_MARK = re.compile(r"mark\.endpoint\(([\d, ]+)\)")


def rows() -> dict[int, bool]:
    """Number of each row of the table -> whether anything of it is served."""
    table = (ROOT / "docs/embedded-archive.md").read_text().split("## Endpoints")[1].split("\n## ")[0]
    found = {}
    for first, last, methods in _ROW.findall(table):
        found |= dict.fromkeys(range(int(first), int(last or first) + 1), methods.strip() != "-")
    return found


@pytest.fixture(scope="module")
def named() -> set[int]:
    texts = (path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    return {int(row) for text in texts for rows in _MARK.findall(text) for row in rows.split(",")}


def test_the_table_has_every_endpoint() -> None:
    assert sorted(rows()) == list(range(1, 47))


@pytest.mark.parametrize("row", [row for row, served in rows().items() if served])
def test_what_is_served_has_a_test_that_names_it(row: int, named: set[int]) -> None:
    assert row in named

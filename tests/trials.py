"""Trials for tests: the demo trial with what a test asks for, installed in a home of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.homes import archives_of, change_settings, new_home
from uploader.gateway import Built, open_home

ARMS = [{"code": "A", "label": "Standard"}, {"code": "B", "label": "Escalated"}]
VISITS = [{"code": "BL", "label": "Baseline"}, {"code": "W12", "label": "Week 12"}]
SITES = [{"code": "S01", "label": "General"}, {"code": "S02", "label": "Royal"}]


@contextmanager
def gateway_with(root: Path, trial: str, **more: Any) -> Iterator[Built]:
    """A new home, its archives running, with one more trial: as `DEMO-RT` v1, but for `more`."""
    folder = new_home(root) / "trial_protocols"
    said = json.loads((folder / "DEMO-RT" / "v1.json").read_text())
    (folder / trial).mkdir()
    (folder / trial / "v1.json").write_text(json.dumps({**said, "trial": trial, **more}))
    change_settings(root, 'trials = ["DEMO-RT"', f'trials = ["{trial}", "DEMO-RT"')
    built = open_home(root)
    with archives_of(built):
        yield built
    built.records.close()

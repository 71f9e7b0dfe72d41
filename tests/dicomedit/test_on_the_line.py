"""What the line makes of the scripts of a trial."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.homes import new_home
from uploader.domain.identity import Identity
from uploader.domain.private import Private
from uploader.gateway import open_home, recipe


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return open_home(new_home(tmp_path_factory.mktemp("gateway") / "home"))


def facts_of(built: Any, script: str) -> Mapping[str, Any]:
    """What the recipe of a trial with this one script says of itself."""
    folder: Path = built.settings.scripts
    (folder / "trial" / "site.das").write_text(script)
    protocol = replace(built.protocols.all()[0], scripts=("trial/site.das",))
    submission: Any = SimpleNamespace(subject="S-1", label="S-1_MR1")
    _, facts = recipe(built.settings, b"k" * 32, protocol, Private(Identity("MRN", "", "A^B")), submission, [])
    return facts


def test_the_receipt_names_what_a_script_includes(built: Any) -> None:
    scripts = facts_of(built, 'include "modality/us.das"')["scripts"]
    base = (built.settings.scripts / "base" / "core.das").read_bytes()
    assert scripts["base/core.das"] == hashlib.sha256(base).hexdigest()
    parts = {name for name in scripts if name.startswith("base/options/")}
    assert set(scripts) - parts == {"trial/site.das", "modality/us.das", "base/basic_profile.das", "base/core.das"}
    assert len(parts) == 7

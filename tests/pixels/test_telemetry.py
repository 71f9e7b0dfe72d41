"""The reader of text in images reports to nobody: its runtime would tell its maker about every use."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.patience import PATIENCE_SECONDS

HUSHED = {"ORT_DISABLE_TELEMETRY", "CI", "XDG_CACHE_HOME"}
"""With the first two the runtime keeps quiet by itself; the third would lead it elsewhere."""


def written_by(program: str, home) -> list[str]:
    """Files that a program leaves in a home of its own."""
    home.mkdir()
    env = {name: value for name, value in os.environ.items() if name not in HUSHED}
    subprocess.run([sys.executable, "-c", program], check=True, env=env | {"HOME": str(home)}, timeout=PATIENCE_SECONDS)
    return [str(path) for path in home.rglob("*") if path.is_file()]


def test_the_runtime_alone_would_keep_a_report(tmp_path):
    assert written_by("import onnxruntime", tmp_path / "home")


def test_with_the_uploader_it_keeps_none(tmp_path):
    assert written_by("import uploader, onnxruntime", tmp_path / "home") == []

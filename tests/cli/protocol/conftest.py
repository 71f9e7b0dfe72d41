"""A folder of protocols, and the commands about them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.protocols.conftest import schema, small  # noqa: F401
from uploader.cli.protocol import protocol


@pytest.fixture
def folder(tmp_path, small):  # noqa: F811
    """A folder with the protocol SMALL v1."""
    (tmp_path / "SMALL").mkdir()
    (tmp_path / "SMALL" / "v1.json").write_text(json.dumps(small, indent=1))
    return tmp_path


@pytest.fixture
def ask():
    """Gives a command to `uploader protocol`."""
    return lambda *words, **options: CliRunner().invoke(protocol, [str(word) for word in words], **options)

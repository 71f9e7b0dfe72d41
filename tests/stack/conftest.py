"""One stack for all tests of this folder that are marked `stack`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.stack.engine import Stack, made, why_no_engine


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The embedded stack, built and healthy. No engine is a reason to skip, and in CI a failure."""
    if reason := why_no_engine():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    stack = made(tmp_path_factory.mktemp("stack") / "site")
    try:
        stack.up()
        yield stack
    finally:
        stack.down()

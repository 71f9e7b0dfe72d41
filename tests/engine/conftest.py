"""The home that keys come from, and a session to be anonymised."""

from __future__ import annotations

import pytest

from tests.homes import demo


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("engine") / "home"


@pytest.fixture
def session(tmp_path):
    return demo(tmp_path / "IN" / "session")

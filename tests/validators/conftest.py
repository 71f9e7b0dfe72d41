"""The headers of one small synthetic session, made once."""

from __future__ import annotations

import pytest

from tests.phantoms import Session, headers_of
from uploader.phantom import write_session


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """12 CT slices, RTSTRUCT, RTPLAN and RTDOSE; not to be changed in place."""
    folder = tmp_path_factory.mktemp("phantom")
    write_session(folder, slices=12, size=16)
    return headers_of(folder)

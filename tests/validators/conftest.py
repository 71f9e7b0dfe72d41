"""The headers of one small synthetic session, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.phantoms import Session, headers_of, spine_phantom, unpacked
from uploader.phantom import write_session


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """12 CT slices, RTSTRUCT, RTPLAN and RTDOSE; not to be changed in place."""
    folder = tmp_path_factory.mktemp("phantom")
    write_session(folder, slices=12, size=16)
    return headers_of(folder)


@pytest.fixture(scope="session")
def breast_folder(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The complete real plan: 98 CT slices, rtss.dcm, rtplan.dcm and rtdose.dcm."""
    (archive,) = (samples / "rt_breast_complete_made").glob("*.tar.xz")
    return unpacked(archive, tmp_path_factory.mktemp("breast"))


@pytest.fixture(scope="session")
def spine_folder(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real phantom: 190 CT slices and an RTSTRUCT. Unpacking takes seconds."""
    return spine_phantom(samples, tmp_path_factory.mktemp("spine"))

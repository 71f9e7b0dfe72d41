"""Where a gateway's records and engine are to be, as the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.homes import change_settings
from uploader.config import Settings
from uploader.domain.errors import Misconfigured
from uploader.gateway import engine_database
from uploader.home import make

SERVER = "postgresql+psycopg://uploader@db/uploader"


def settings(root: Path, **given: str) -> Settings:
    """The settings of a new home with these besides."""
    make(root, {})
    lines = "".join(f'{name} = "{value}"\n' for name, value in given.items())
    change_settings(root, 'site = "SITE01"', f'{lines}site = "SITE01"')
    return Settings.read(root)


def test_the_engine_of_a_new_home_is_a_file_in_it(tmp_path):
    assert engine_database(settings(tmp_path)) == f"sqlite:///{tmp_path / 'records' / 'engine.sqlite'}"


def test_beside_records_on_a_server_the_engine_is_there_too_with_the_same_password(tmp_path):
    (tmp_path / "secret").write_text("sesame\n")
    engine = engine_database(settings(tmp_path, database_url=SERVER, database_password_file="secret"))
    assert (engine.url.host, engine.url.database, engine.url.password) == ("db", "uploader", "sesame")


def test_an_engine_of_its_own_has_its_own_password(tmp_path):
    (tmp_path / "secret").write_text("sesame")
    other = SERVER.replace("@db", "@other")
    given = settings(tmp_path, database_url=SERVER, engine_url=other, engine_password_file="secret")
    assert (engine_database(given).url.host, engine_database(given).url.password) == ("other", "sesame")


def test_records_that_several_share_never_go_with_an_engine_of_one_s_own(tmp_path):
    with pytest.raises(Misconfigured, match="engine_url"):
        engine_database(settings(tmp_path, database_url=SERVER, engine_url="sqlite:///engine.sqlite"))

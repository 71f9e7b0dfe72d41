from dataclasses import replace

import pytest

from tests.homes import new_home
from tests.sandbox.hostile import allow
from uploader.doctor.plugins import look
from uploader.gateway import open_home


@pytest.fixture
def built(tmp_path):
    home = new_home(tmp_path / "home")
    allow(home)
    built = open_home(home)
    yield built
    built.records.close()


def with_plugin(built, **changes):
    [plugin] = built.settings.plugins
    return replace(built, settings=replace(built.settings, plugins=(replace(plugin, **changes),)))


def test_what_nothing_shuts_in_is_of_note(built):
    [observation] = look(built)
    assert "nothing shuts it in" in observation.says


def test_a_validator_that_is_not_what_the_settings_say_is_told_with_its_digest(built):
    [observation] = look(with_plugin(built, digest="sha256:0"))
    assert "their digest is sha256:" in observation.says
    assert observation.remedy


def test_without_such_validators_there_is_nothing_to_say(built):
    assert list(look(replace(built, settings=replace(built.settings, plugins=())))) == []

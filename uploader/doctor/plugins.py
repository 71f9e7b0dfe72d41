"""Validators that are no part of the program: whether each can be run, and is what the settings say."""

from __future__ import annotations

from collections.abc import Iterator

from uploader.doctor.observation import Observation, note, well, wrong
from uploader.domain.errors import Misconfigured, Transient
from uploader.gateway import Built, validators_of
from uploader.sandbox import Plugin

ABOUT = "validators"


def look(built: Built) -> Iterator[Observation]:
    """One observation each; nothing where the settings name none."""
    for name, validator in validators_of(built.settings).items():
        if isinstance(validator, Plugin):
            yield _ready(name, validator)


def _ready(name: str, plugin: Plugin) -> Observation:
    try:
        held = plugin.ready()
    except Transient as error:
        return wrong(ABOUT, str(error), "sessions of which it is asked wait until it is there")
    except Misconfigured as error:
        return wrong(ABOUT, str(error), "put it right, or the settings; every session of which it is asked is held")
    if not held:
        return note(ABOUT, f"{name}: nothing shuts it in", "set [sandbox] bare = false, and install bubblewrap")
    return well(ABOUT, f"{name}: is what the settings say, and can be shut in")

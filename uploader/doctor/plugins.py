"""Validators that are no part of the program: whether each can be run, and is what the settings say."""

from __future__ import annotations

from collections.abc import Iterator

from uploader.doctor.observation import Observation, note, well, wrong
from uploader.gateway import Built, validators_of
from uploader.sandbox import Plugin
from uploader.sandbox.broke import Broke

ABOUT = "validators"


def look(built: Built) -> Iterator[Observation]:
    """One observation each; nothing where the settings name none."""
    for name, validator in validators_of(built.settings).items():
        if isinstance(validator, Plugin):
            yield _ready(name, validator)


def _ready(name: str, plugin: Plugin) -> Observation:
    try:
        held = plugin.runner.ready()
    except Broke as broke:
        return wrong(
            ABOUT, f"{name}: {broke}", "put it right, or the settings; every session it is asked of is refused"
        )
    if not held:
        return note(ABOUT, f"{name}: nothing shuts it in", "set [sandbox] bare = false, and install bubblewrap")
    return well(ABOUT, f"{name}: is what the settings say, and can be shut in")

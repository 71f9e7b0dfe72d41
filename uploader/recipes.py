"""How one patient's files are anonymised for one trial: scripts, passes and keys come together here.

Apart from the gateway, so that the engine alone need not load archives, records and web.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from uploader import __version__, passes
from uploader.dicomedit import Script
from uploader.dicomedit import parse as parse_script
from uploader.domain.errors import BadScript
from uploader.domain.identity import PrivateIdentity, keyed
from uploader.domain.trial import Protocol
from uploader.stages.anonymise import Recipe


@dataclass(frozen=True, slots=True)
class Kitchen:
    """What every recipe of a home is made from.

    scripts: folder of DicomEdit scripts
    site: what the trials call this hospital
    trial_key: the home's secret, from which each trial's own is derived
    """

    scripts: Path
    site: str
    trial_key: bytes


@dataclass(frozen=True, slots=True)
class Scripted:
    """A DicomEdit script with its variables bound: what a stage applies to one dataset."""

    script: Script
    variables: Mapping[str, str]

    def __call__(self, dataset: Dataset) -> Dataset:
        return self.script.apply(dataset, self.variables)


def recipe_of(
    kitchen: Kitchen, protocol: Protocol, identity: PrivateIdentity, subject: str, label: str
) -> tuple[Recipe, Mapping[str, Any]]:
    """How one patient's files are anonymised for one trial: a function of bytes, scripts and the trial's key.

    The facts beside it name the scripts, and what they include, as they were read for it, and versions: enough to
    make it again. Raises BadScript.
    """
    key = keyed(kitchen.trial_key, "trial", protocol.trial.encode())
    variables = {"project": protocol.trial, "subject": subject, "session": label}
    texts: dict[str, bytes] = {}

    def read(name: str) -> str:
        texts[name] = (kitchen.scripts / name).read_bytes()
        return texts[name].decode()

    scripts = tuple(Scripted(parse_script(read(name), name, read=read), variables) for name in protocol.scripts)
    if altering := [each.script.name for each in scripts if each.script.alters_pixels]:
        raise BadScript(
            f"{', '.join(altering)}: alterPixels is not on the line yet, for the verifier holds every file whose "
            "pixels are not those of the original; blank them with `uploader script run` before the session comes in"
        )
    days = passes.offset_days(key, identity.reveal().key, protocol.max_shift_days)
    steps = passes.standard(key=key, days=days, protocol=protocol, subject=subject, label=label, site=kitchen.site)
    facts = {
        "uploader": __version__,
        "python": platform.python_version(),
        "pydicom": pydicom.__version__,
        "scripts": {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()},
    }
    return Recipe(scripts, steps), facts

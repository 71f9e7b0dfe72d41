"""Where protocols, scripts and policies lie, and which protocol is meant by a name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from uploader.config import Settings
from uploader.domain.trial import Protocol
from uploader.home import shipped
from uploader.ports import Validator
from uploader.protocols import SCHEMA, load
from uploader.protocols.loading import open_on
from uploader.validators import installed_names

F = TypeVar("F", bound=Callable[..., Any])
REFERENCE = "PROTOCOL"
"""How commands call an argument that means one protocol: a file, a trial, or ``TRIAL/v2``."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Of protocols, DicomEdit scripts and privacy policies.

    into: where new protocols are written; never into what comes with the program unless that is asked for
    settings: of the home whose folders they are, if they are one's
    """

    protocols: Path
    scripts: Path
    policies: Path
    into: Path
    settings: Settings | None = None

    def schema(self) -> Mapping[str, Any]:
        """The one beside the protocols; without it the one that comes with the program."""
        path = self.protocols / SCHEMA
        content: Mapping[str, Any] = json.loads(
            (path if path.is_file() else shipped("trial_protocols") / SCHEMA).read_bytes()
        )
        return content

    def find(self, reference: str) -> Path:
        """The file that is meant: a file, ``TRIAL/v2``, or a trial, of which the highest number counts."""
        named = self.named(reference)
        if named is not None:
            return named
        versions = sorted((self.protocols / reference).glob("v*.json"), key=lambda path: (len(path.stem), path.stem))
        if not versions:
            known = sorted({path.parent.name for path in self.protocols.glob("*/v*.json")})
            raise click.UsageError(
                f"there is no protocol {reference} in {self.protocols}; there are: {', '.join(known) or 'none'}"
            )
        return versions[-1]

    def named(self, reference: str) -> Path | None:
        """The file of a reference that names a file or ``TRIAL/v2``; None for one that leaves the version open."""
        below = self.protocols / f"{reference}.json"
        return next((path for path in (Path(reference), below) if path.is_file()), None)

    def protocol(self, reference: str) -> Protocol:
        """The protocol that is meant. Raises BadProtocol."""
        return load(self.find(reference), self.schema())

    def judging(self, reference: str) -> Protocol:
        """The same, but of a trial the version under which a session would be sent today, where there is one."""
        versions = [load(path, self.schema()) for path in self._versions(reference)]
        still_open = open_on(versions, date.today())
        return still_open[-1] if still_open else self.protocol(reference)

    def validators(self) -> Mapping[str, Validator | None]:
        """Those that a protocol may ask for, by name: what the home allows, shut in ones too; without a home whatever
        is installed. Raises UnknownValidator, BadSettings."""
        if self.settings is None:
            return dict.fromkeys(installed_names())
        from uploader.gateway import validators_of  # it loads what a whole gateway is made of

        return validators_of(self.settings)

    def _versions(self, trial: str) -> Sequence[Path]:
        """Its files, by number."""
        return sorted((self.protocols / trial).glob("v*.json"), key=lambda path: (len(path.stem), path.stem))


def folders_options(function: F) -> F:
    """`--protocols DIR` or `--home DIR`; without either, what comes with the program."""

    @wraps(function)
    def given(*args: Any, protocols: Path | None, home: Path | None, **kwargs: Any) -> Any:
        return function(*args, folders=_folders(protocols, home), **kwargs)

    command: Callable[..., Any] = given
    folder = click.Path(path_type=Path, file_okay=False, exists=True)
    command = click.option("--home", type=folder, help="Take the folders of this gateway.")(command)
    command = click.option("--protocols", type=folder, help="Folder of protocols: TRIAL/v1.json and so on.")(command)
    return cast(F, command)


def _folders(protocols: Path | None, home: Path | None) -> Folders:
    if home is not None:
        settings = Settings.read(home)
        found = protocols or settings.protocols
        return Folders(found, settings.scripts, settings.policies, found, settings)
    return Folders(
        protocols or shipped("trial_protocols"),
        shipped("dicomedit_scripts"),
        shipped("privacy_policies"),
        protocols or Path("trial_protocols"),
    )

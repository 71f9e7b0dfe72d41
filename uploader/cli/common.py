"""Options and habits that the commands share."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from uploader.diagnostics import keep
from uploader.domain.choice import KINDS
from uploader.domain.errors import BadSettings, Defect, UploaderError

F = TypeVar("F", bound=Callable[..., Any])

DONE, WRONG_USE, REFUSED, HELD = 0, 2, 3, 4
"""Exit codes."""


def home_option(function: F) -> F:
    """`--home DIR`, by default the environment variable UPLOADER_HOME, else ./var.

    It is also the command's border to foreign code: what that says goes into the home's diagnostics folder, for it
    may quote a patient, and what people read is one sentence.
    """

    @wraps(function)
    def bordered(*args: Any, home: Path, **kwargs: Any) -> Any:
        try:
            return function(*args, home=home, **kwargs)
        except (UploaderError, click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            raise Defect(type(error).__name__, function.__name__, keep(home / "diagnostics")) from None

    return cast(
        F,
        click.option(
            "--home",
            type=click.Path(path_type=Path, file_okay=False),
            envvar="UPLOADER_HOME",
            default=Path("var"),
            show_default=True,
            help="Folder of this gateway: settings, keys, records, data.",
        )(bordered),
    )


def choice_options(function: F) -> F:
    """`--arm`, `--timepoint` and `--site`, which reach the command together as `codes`."""

    @wraps(function)
    def gathered(*args: Any, **kwargs: Any) -> Any:
        codes = {kind: kwargs.pop(kind) for kind in KINDS}
        return function(*args, codes=codes, **kwargs)

    command: Callable[..., Any] = gathered
    for kind, (_, name) in reversed(KINDS.items()):
        told = f"Code of the {name}, where the trial has several."
        command = click.option(f"--{kind}", default="", help=told)(command)
    return cast(F, command)


def role_option(function: F) -> F:
    """`--role ROLE` of whoever signs."""
    told = "Role in which to sign, where the account has several that the trial asks for."
    return click.option("--role", default="", help=told)(function)


def operator() -> str:
    """Who acts in the audit when a command does: the account of the operating system, which cannot be made up."""
    return f"os:{getpass.getuser()}"


def password_for(login: str) -> str:
    """The password of `login`: from UPLOADER_PASSWORD, else asked for. Never an argument, which others can see."""
    if given := os.environ.get("UPLOADER_PASSWORD"):
        return given
    if not _can_ask():
        raise click.UsageError("there is no terminal to ask for the password on; set UPLOADER_PASSWORD")
    return str(click.prompt(f"Password of {login}", hide_input=True, err=True))


def _can_ask() -> bool:
    """Whether a person sits at a terminal, whatever stdin is."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


@contextmanager
def listening(what: str, url: str) -> Iterator[None]:
    """Around the start of a server. Raises BadSettings when it cannot have its port."""
    try:
        yield
    except OSError:
        raise BadSettings(f"{what} cannot listen at {url}: the port is taken, or not allowed") from None


def print_json(document: Any) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))

"""Where foreign errors say what they said: a 0700 folder beside the identifiable archive, and nowhere else."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from traceback import format_exc
from typing import Any

from uploader.domain.errors import Defect, DiskFull, UploaderError
from uploader.logs import say

_NO_ROOM = frozenset({28, 122})
"""ENOSPC, EDQUOT."""


def contained(folder: Path, function: Callable[..., Any], *args: Any) -> Any:
    """Run a stage so that no foreign message leaves it: a parser's may quote the patient.

    A full disk becomes DiskFull; any other foreign error a Defect whose text lies in `folder`.
    """
    try:
        return function(*args)
    except UploaderError:
        raise
    except Exception as error:
        refuse_without_room(error)
        reference = keep(folder)
        raise Defect(type(error).__name__, getattr(function, "__name__", "step"), reference) from None


def refuse_without_room(error: Exception) -> None:
    """Raises DiskFull where a full disk is all that went wrong."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        raise DiskFull("a disk of this gateway is full; make room, the submission goes on by itself") from None


def keep(folder: Path) -> str:
    """Write the traceback that is being handled to `folder`; returns its reference."""
    reference = keep_said(folder, format_exc().encode())
    say("defect", reference=reference)
    return reference


def keep_said(folder: Path, said: bytes) -> str:
    """Write what a foreign program said to `folder`; returns its reference."""
    reference = secrets.token_hex(4)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = os.open(folder / f"{reference}.txt", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(target, "wb") as out:
        out.write(said)
    return reference

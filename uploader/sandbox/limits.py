"""What a validator may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

WISHES: Mapping[str, float] = {"memory_mb": 512, "seconds": 60, "processes": 16, "cpus": 1, "scratch_mb": 64}
"""What a manifest that is silent asks for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """memory_mb: of all its processes, scratch included; in a process of this machine, of each
    seconds: until it is killed
    processes: at the same time, its threads among them
    cpus: cores' worth of time
    scratch_mb: what it may write into ``/tmp``
    answer_bytes, errors_bytes: what it may say on its standard output and error output
    """

    memory_mb: int
    seconds: float
    processes: int
    cpus: float
    scratch_mb: int
    answer_bytes: int = 8_000_000
    errors_bytes: int = 1_000_000

    @classmethod
    def granted(cls, wishes: Mapping[str, Any], most: Limits) -> Limits:
        """What a manifest wishes for, as far as the site allows it."""
        asked = {**WISHES, **wishes}
        given = {f.name: getattr(most, f.name) for f in fields(cls)}
        return cls(**{name: min(asked[name], value) if name in asked else value for name, value in given.items()})

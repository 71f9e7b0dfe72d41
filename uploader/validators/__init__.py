"""Validators, ours and installed ones, by name.

A validator is `(case, params) -> Iterator[Finding | Ruling]` and pure: no file, no network, no clock. Ours enter by the
same door as anyone's, the entry points `uploader.validators`; installed is not allowed: the settings name those
that may run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points

from uploader.domain.errors import UnknownValidator
from uploader.ports import Validator

GROUP = "uploader.validators"


def installed(allowed: Iterable[str]) -> Mapping[str, Validator]:
    """The validators this site allows. Raises UnknownValidator when an allowed one is not installed."""
    wanted = sorted(set(allowed))
    found = {point.name: point for point in entry_points(group=GROUP)}
    missing = [name for name in wanted if name not in found]
    if missing:
        raise UnknownValidator(
            f"the settings allow validators that are not installed: {', '.join(missing)}; "
            f"installed are: {', '.join(sorted(found))}"
        )
    return {name: found[name].load() for name in wanted}


def installed_names() -> frozenset[str]:
    """Names of all validators that are installed, allowed or not."""
    return frozenset(point.name for point in entry_points(group=GROUP))

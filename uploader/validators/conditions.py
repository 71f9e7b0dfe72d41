"""Whether a rule of the protocol applies to a session: its ``when``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from uploader.domain.finding import Ruling
from uploader.ports import Case, Header
from uploader.validators.judging import not_applicable, not_evaluable
from uploader.validators.reading import text
from uploader.validators.recognition import inputs
from uploader.when import SEEN, Facts, holds, in_words, parsed


def applies(case: Case, said: Mapping[str, Any], headers: Iterable[Header] = ()) -> bool | None:
    """Whether the ``when`` of `said` holds, as it does where there is none; None when that is not known.

    headers: those that the rule is about, for conditions on the equipment
    """
    return holds(said["when"], _facts(case, headers)) if "when" in said else True


def excused(case: Case, line: str, said: Mapping[str, Any], headers: Iterable[Header] = ()) -> Ruling | None:
    """The ruling of the rule at `line` where its ``when`` does not hold or is not known, else None."""
    applicable = applies(case, said, headers)
    if applicable:
        return None
    words = in_words(parsed(said["when"]))
    if applicable is None:
        return not_evaluable(line, f"it is asked only if {words}, which is not known")
    return not_applicable(line, f"it is asked only if {words}")


def _facts(case: Case, headers: Iterable[Header]) -> Facts:
    known = list(headers)
    return Facts(
        chosen=case.chosen,
        seen={name: {text(header, keyword) for header in known} for name, keyword in SEEN.items()},
        present={key: bool(found.scans) for key, found in case.once(inputs).items()},
    )

"""The ways in which one text may be read: words run together, letters spaced out, signs put between."""

from __future__ import annotations

import re

from uploader.stages.verify.scripts import written_over
from uploader.stages.verify.words import fold

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]+")
_RUN_TOGETHER = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GAP = re.compile(r"(?<=\d)[ ()/-]+(?=\d)|(?<=\d\d)[._](?=\d\d)")
_SPACED = re.compile(r"(?<!\S)(?:[^\W\d_] ){2,}[^\W\d_](?!\S)")


def variants(text: str) -> set[str]:
    """`text` folded in every way in which it may be meant: as it is, its parts of mixed case taken apart, without
    what stands between the figures of a number or between two values, without control signs, and in other
    spellings."""
    texts = {text, _CONTROL.sub("", text)} | ({text.replace("\\", "")} if "\\" in text else set())
    if not text.isascii():
        texts |= {other for one in list(texts) for other in written_over(one)}
    texts |= {_RUN_TOGETHER.sub(" ", one) for one in texts} | {_GAP.sub("", one) for one in texts}
    return {fold(one) for one in texts} - {""}


def spaced_out(folded: str) -> str:
    """The words in `folded` that are written with blanks between their letters, joined: ``s m i t h`` -> ``smith``."""
    return " ".join(run.replace(" ", "") for run in _SPACED.findall(folded))

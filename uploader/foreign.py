"""The border to foreign code over strangers' bytes: what it raises may quote a patient, so only its kind is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from uploader.domain.errors import UploaderError


@contextmanager
def bordered(refusal: Callable[[str], Exception], says: str) -> Iterator[None]:
    """Inside, whatever foreign code raises becomes one sentence of ours: ``refusal("{says} (KindOfError)")``.

    Our own errors pass through.
    """
    try:
        yield
    except UploaderError:
        raise
    except Exception as error:
        raise refusal(f"{says} ({type(error).__name__})") from None

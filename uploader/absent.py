"""What a process was not given. A worker that carries some routes only is built without the keys, accounts and folders
of the others, and whoever reaches for them all the same is refused, not served something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from uploader.domain.errors import Misconfigured


class Absent:
    """In the place of a part of the gateway: every use of it raises Misconfigured."""

    __slots__ = ("_says",)

    def __init__(self, part: str, routes: Sequence[str]) -> None:
        self._says = f"a worker for the routes {', '.join(routes)} has no {part}; another worker must do this"

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise Misconfigured(self._says)

    __call__ = __getattr__ = __truediv__ = __fspath__ = __iter__ = __getitem__ = __bool__ = _refuse

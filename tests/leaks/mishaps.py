"""Foreign errors that quote the patient, one at every door of the line, each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.scripted import Untouched, Whole
from uploader.given import Gateway
from uploader.stages.anonymise import Recipe


class Mishaps:
    """Each place raises the first time it is reached, as a parser or driver would that quotes what it read."""

    def __init__(self, quote: str) -> None:
        self.quote = quote
        self.happened: list[str] = []

    def at(self, place: str) -> None:
        if self._now(place):
            raise ValueError(f"could not handle {self.quote}")

    def progress(self, stage: str, done: int, total: int) -> None:
        """In the middle of every stage."""
        if done > total // 2:
            self.at(f"progress of {stage}")

    def before(self, place: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def reached(*arguments: Any, **named: Any) -> Any:
            self.at(place)
            return function(*arguments, **named)

        return reached

    def recipe(self, make: Callable[..., tuple[Recipe, Any]]) -> Callable[..., tuple[Recipe, Any]]:
        """The first cannot be made, the second breaks at a file; one that gets as far as the verifier is forgetful."""

        def reached(*arguments: Any) -> tuple[Recipe, Any]:
            self.at("recipe")
            good, facts = make(*arguments)
            if self._now("script"):
                return replace(good, scripts=(Whole(Breaking(self.quote)), *good.scripts)), facts
            if "progress of verify" in self.happened and self._now("forgetful"):
                return replace(good, scripts=(), passes=Untouched()), facts
            return good, facts

        return reached

    def _now(self, place: str) -> bool:
        """Whether this is its turn, which comes once."""
        if place in self.happened:
            return False
        self.happened.append(place)
        return True


@dataclass(frozen=True)
class Breaking:
    """Quotes the patient when it breaks."""

    quote: str

    def __call__(self, dataset: Any) -> Any:
        raise ValueError(f"could not handle {self.quote} {dataset.PatientName}")


class Door:
    """A port whose every method breaks the first time."""

    def __init__(self, name: str, port: Any, mishaps: Mishaps) -> None:
        self.name = name
        self._port, self._mishaps = port, mishaps

    def __getattr__(self, method: str) -> Any:
        return self._mishaps.before(f"{self.name}.{method}", getattr(self._port, method))


def beset(gateway: Gateway, mishaps: Mishaps) -> Gateway:
    """The same line, in a bad world."""
    return replace(
        gateway,
        links=Door("links", gateway.links, mishaps),
        identifiable=Door("identifiable", gateway.identifiable, mishaps),
        anonymised=Door("anonymised", gateway.anonymised, mishaps),
        central=Door("central", gateway.central, mishaps),
        protocol=mishaps.before("protocol", gateway.protocol),
        validators={n: mishaps.before(f"validator {n}", v) for n, v in gateway.validators.items()},
        recipe=mishaps.recipe(gateway.recipe),
        progress=mishaps.progress,
    )

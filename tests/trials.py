"""Trials for tests: the demo trial with what a test asks for, installed in a home of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.homes import archives_of, arrive, change_settings, new_home
from uploader import line
from uploader.diagnostics import contained
from uploader.domain.finding import Finding, Ruling
from uploader.domain.rule import Rule
from uploader.domain.trial import Protocol
from uploader.gateway import Built, build_line, build_review, now, open_home
from uploader.given import Gateway
from uploader.ports import Case, Validator
from uploader.review import Review
from uploader.stages.validate import ALWAYS

ARMS = [{"code": "A", "label": "Standard"}, {"code": "B", "label": "Escalated"}]
VISITS = [{"code": "BL", "label": "Baseline"}, {"code": "W12", "label": "Week 12"}]
SITES = [{"code": "S01", "label": "General"}, {"code": "S02", "label": "Royal"}]


@contextmanager
def gateway_with(root: Path, trial: str, **more: Any) -> Iterator[Built]:
    """A new home, its archives running, with one more trial: as `DEMO-RT` v1, but for `more`."""
    folder = new_home(root) / "trial_protocols"
    said = json.loads((folder / "DEMO-RT" / "v1.json").read_text())
    (folder / trial).mkdir()
    (folder / trial / "v1.json").write_text(json.dumps({**said, "trial": trial, **more}))
    change_settings(root, 'trials = ["DEMO-RT"', f'trials = ["{trial}", "DEMO-RT"')
    built = open_home(root)
    with archives_of(built):
        yield built
    built.records.close()


class OneTrial:
    """`review.Trials` of one protocol, whatever its name."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.trials = (protocol.trial,)

    def open(self) -> tuple[Protocol, ...]:
        return (self.protocol,)

    def newest(self, trial: str) -> Protocol:
        return self.protocol

    def version(self, trial: str, version: str) -> Protocol:
        return self.protocol


@dataclass(frozen=True)
class Judged:
    """A home in which `DEMO-RT` has these rules, and they are judged by these validators."""

    built: Built
    protocol: Protocol
    validators: Mapping[str, Validator]

    @property
    def gateway(self) -> Gateway:
        return replace(
            build_line(self.built), protocol=lambda trial, version: self.protocol, validators=self.validators
        )

    @property
    def review(self) -> Review:
        return replace(build_review(self.built), trials=OneTrial(self.protocol))

    def carry(self, submission: str, gateway: Gateway | None = None) -> str:
        """Carry what is due of this submission, once; returns the state it rests in."""
        for due, route, attempt in list(self.built.records.due(now())):
            if due == submission:
                step = partial(contained, self.built.home.diagnostics)
                line.carry(route, gateway or self.gateway, submission, attempt, step)
        return str(self.built.records.get(submission).state)

    def received(self, folder: Path) -> str:
        """A submission whose trial a person is to choose."""
        submission = arrive(self.built, folder)
        assert self.carry(submission) == "received"
        return submission

    def arrived(self, folder: Path, codes: Mapping[str, str] = MappingProxyType({})) -> str:
        """A submission whose trial was chosen, and of which nothing was judged yet."""
        submission = self.received(folder)
        self.review.choose(submission, self.protocol.trial, "DEMO-001", "ada", codes=codes)
        return submission


def quiet(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """A validator that has nothing to say."""
    return iter(())


def judged(built: Built, rules: tuple[Rule, ...], validators: Mapping[str, Validator], **content: Any) -> Judged:
    """`DEMO-RT` with rules that these validators judge; those that always run have nothing to say unless they are
    among them."""
    demo = built.protocols.newest("DEMO-RT")
    protocol = replace(demo, checks=(), rules=rules, content={**demo.content, **content})
    return Judged(built, protocol, {**dict.fromkeys(ALWAYS, quiet), **validators})

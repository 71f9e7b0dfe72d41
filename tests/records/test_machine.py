"""Whatever people and workers do, in whatever order: the records follow the line, and the audit tells the same."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.postgres import Postgres
from tests.records.made import NOON, PROTOCOL, TWO, session, sign, signature
from uploader.domain.errors import NotFound, Refused, WrongState
from uploader.domain.submission import ALLOWED, ROUTES, State
from uploader.records import open_records, verify

WORDS = ("one", "two")
PEOPLE = ("ada", "bob", "eve")
ROLES = (*TWO.roles, "reviewer")


@dataclass
class Model:
    """What we believe of a submission."""

    state: State
    attempt: int = 0
    route: str = ""
    chosen: bool = False
    word: str = ""
    signed: dict[str, str] = field(default_factory=dict)
    """Role -> who signed in it."""

    @property
    def whole(self) -> bool:
        """Whether all have signed who must, and different people."""
        return set(self.signed) == set(TWO.roles) and len(set(self.signed.values())) == len(TWO.roles)

    def prepared_anew(self) -> None:
        self.signed = {}


class Line(RuleBasedStateMachine):
    """Two submissions, acted on at random."""

    names = Bundle("names")

    def __init__(self, new_url: Callable[[], str]) -> None:
        super().__init__()
        self.new_url = new_url

    @initialize()
    def open(self) -> None:
        self.url = self.new_url()
        self.records = open_records(self.url)
        self.models: dict[str, Model] = {}
        self.lines = 0
        self.released: set[str] = set()

    @rule(target=names, name=st.sampled_from(["aaa", "bbb"]), state=st.sampled_from([State.ARRIVING, State.RECEIVED]))
    def create(self, name: str, state: State) -> str:
        self.records.create(name, "pt-1", {"1": "CT"}, state)
        self.models.setdefault(name, Model(state))
        return name

    @rule(name=names, route=st.sampled_from(ROUTES))
    def queue(self, name: str, route: str) -> None:
        model = self.models[name]
        try:
            attempt = self.records.queue(name, route, "reviewer")
        except WrongState:
            return
        assert State.QUEUED in ALLOWED[model.state]
        assert model.chosen or route != "prepare"
        assert model.whole or route != "release"
        assert attempt == model.attempt + 1
        model.state, model.attempt, model.route = State.QUEUED, attempt, route
        if route == "prepare":
            model.prepared_anew()

    @rule(name=names, behind=st.integers(0, 2), end=st.sampled_from(list(State)))
    def rest(self, name: str, behind: int, end: State) -> None:
        model = self.models[name]
        try:
            self.records.rest(name, model.attempt - behind, end, due_at=NOON + timedelta(days=9999))
        except WrongState:
            assert end not in ALLOWED[State.QUEUED] or (end is State.RELEASED and model.route != "release")
            return
        if model.state is State.QUEUED and behind == 0:
            model.state = end

    @rule(name=names, subject=st.sampled_from(["S-1", "S-2"]))
    def choose(self, name: str, subject: str) -> None:
        model = self.models[name]
        with contextlib.suppress(WrongState):
            self.records.choose(name, "DEMO-RT", "v1", PROTOCOL, subject, f"{subject}_{name}", "reviewer")
            model.chosen, model.word = True, ""
            model.prepared_anew()

    @rule(name=names, word=st.sampled_from(WORDS))
    def anonymise(self, name: str, word: str) -> None:
        self.records.keep_manifest(name, "anonymised", session(word))
        self.models[name].word = word

    @rule(name=names, word=st.sampled_from(WORDS), person=st.sampled_from(PEOPLE), role=st.sampled_from(ROLES))
    def sign(self, name: str, word: str, person: str, role: str) -> None:
        model = self.models[name]
        before = (model.state, model.word, model.chosen)
        allowed = role in set(TWO.roles) - set(model.signed) and person not in model.signed.values()
        try:
            missing = sign(self.records, name, signature(person, word, role), TWO)
        except (WrongState, NotFound, Refused):
            assert not (allowed and before == (State.AWAITING_SIGNOFF, word, True))
            return
        assert allowed
        assert before == (State.AWAITING_SIGNOFF, word, True)
        model.signed[role] = person
        assert (not missing) == model.whole
        if model.whole:
            model.state = State.SIGNED

    @rule(name=names)
    def withdraw(self, name: str) -> None:
        with contextlib.suppress(WrongState):
            self.records.withdraw(name, "reviewer", "consent withdrawn")
            self.models[name].state = State.WITHDRAWN

    @rule(name=names)
    def onward(self, name: str) -> None:
        """What comes next on the way to release, so that runs get there."""
        state = self.models[name].state
        if state is State.ARRIVING:
            self.queue(name, "receive")
        elif state is State.RECEIVED:
            self.choose(name, "S-1")
            self.queue(name, "prepare")
        elif state is State.QUEUED:
            self._end_well(name)
        elif state is State.AWAITING_SIGNOFF and self.models[name].word:
            for person, role in zip(PEOPLE, TWO.roles, strict=False):
                self.sign(name, self.models[name].word, person, role)
        elif state is State.SIGNED:
            self.queue(name, "release")

    def _end_well(self, name: str) -> None:
        route = self.models[name].route
        if route == "prepare":
            self.anonymise(name, "one")
        ends = {"receive": State.RECEIVED, "prepare": State.AWAITING_SIGNOFF, "release": State.RELEASED}
        self.rest(name, 0, ends[route])
        assert self.records.get(name).state is ends[route]

    @rule(late=st.booleans())
    def due(self, late: bool) -> None:
        queued = list(self.records.due(NOON + timedelta(days=10_000 if late else 0)))
        for model in self.models.values():
            if late and model.state is State.WAITING:
                model.state, model.attempt = State.QUEUED, model.attempt + 1
                if model.route == "prepare":
                    model.prepared_anew()
        expected = {(n, m.route, m.attempt) for n, m in self.models.items() if m.state is State.QUEUED}
        assert set(queued) == expected

    @rule()
    def restart(self) -> None:
        self.records.close()
        self.records = open_records(self.url)

    @invariant()
    def the_records_stand_where_we_believe(self) -> None:
        for name, model in self.models.items():
            about = self.records.get(name)
            assert (about.state, about.attempt, about.route) == (model.state, model.attempt, model.route)
            assert {each.role: each.person for each in self.records.signoffs(name)} == model.signed

    @invariant()
    def what_is_released_was_signed_and_stays_so(self) -> None:
        released = {name for name, model in self.models.items() if model.state is State.RELEASED}
        assert self.released <= released
        assert all(self.models[name].whole for name in released)
        self.released = released

    @invariant()
    def the_audit_is_whole_and_only_grows(self) -> None:
        report = verify(self.records.database)
        assert report.broken_at is None
        assert report.lines >= self.lines
        self.lines = report.lines

    @invariant()
    def the_audit_told_again_ends_where_the_records_stand(self) -> None:
        ends = {"queued": State.QUEUED, "withdrawn": State.WITHDRAWN}
        for name, model in self.models.items():
            told = [
                line
                for line in self.records.history(name)
                if {"state"} & line["facts"].keys() or line["action"] in ends
            ]
            last = told[-1]
            assert ends.get(last["action"], last["facts"].get("state")) == model.state

    def teardown(self) -> None:
        if hasattr(self, "records"):
            self.records.close()


def run_the_line(new_url: Callable[[], str], examples: int) -> None:
    about = settings(
        max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(lambda: Line(new_url), settings=about)


def test_the_records_follow_the_line_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> None:
    run_the_line(lambda: f"sqlite:///{tmp_path_factory.mktemp('line') / 'records.sqlite'}", 30)


def test_the_records_follow_the_line_on_postgresql(postgres: Postgres, template: str) -> None:
    run_the_line(lambda: postgres.url(postgres.new_database(template)), 10)

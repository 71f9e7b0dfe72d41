"""A validator of the site's own on the line, from the settings to the verdict that is kept."""

from __future__ import annotations

import pytest

from tests.homes import archives_of, arrive, bring_to_signature, carry, demo, new_home
from tests.sandbox.hostile import allow, demo_asks
from uploader.domain.finding import Outcome
from uploader.domain.submission import State
from uploader.gateway import build_review, open_home


@pytest.fixture
def gateway(tmp_path):
    """Of params: a running gateway whose demo trial asks for the hostile validator."""
    homes = []

    def running(params):
        home = new_home(tmp_path / "home")
        demo_asks(home, params)
        allow(home)
        homes.append(open_home(home))
        return homes[0]

    yield running
    homes[0].records.close()


def test_it_is_asked_before_and_after_anonymisation_and_a_note_stops_nothing(gateway, tmp_path):
    built = gateway({"does": "answer"})
    with archives_of(built):
        submission = bring_to_signature(built, demo(tmp_path / "session"))
    before, after = (built.records.verdict(submission, kind) for kind in ("protocol", "anonymised"))
    assert "hostile.contained" in {each.code for each in before.findings}
    assert [each.outcome for each in after.rulings if each.line == "/checks/0"] == [Outcome.PASSED]
    assert after.findings == ()  # what differs from before
    assert built.records.get(submission).state is State.AWAITING_SIGNOFF


def test_a_session_over_which_it_breaks_is_refused_and_no_word_of_it_is_kept(gateway, tmp_path):
    built = gateway({"does": "crash"})
    with archives_of(built):
        submission = arrive(built, demo(tmp_path / "session"))
        carry(built, submission)
        build_review(built).choose(submission, "DEMO-RT", "DEMO-001", "ada")
        carry(built, submission)
    verdict = built.records.verdict(submission, "protocol")
    assert built.records.get(submission).state is State.REFUSED
    assert [each.code for each in verdict.findings if each.severity.name == "REFUSAL"] == ["validator.broken"]
    assert "Mustermann" not in str(verdict)

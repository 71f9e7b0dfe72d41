"""One home with its archives for all tests of the desk; each test that changes a submission brings its own."""

from __future__ import annotations

import pytest

from tests.homes import arrive, bring_to_signature, carry, demo, gateway_at
from tests.web.desks import desk_of, log_in


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    with gateway_at(tmp_path_factory.mktemp("web") / "home") as built:
        yield built


@pytest.fixture(scope="session")
def session(tmp_path_factory):
    return demo(tmp_path_factory.mktemp("web") / "session")


@pytest.fixture(scope="session")
def desk(built):
    return desk_of(built)


@pytest.fixture
def ada(desk):
    """A browser in which ada is logged in."""
    return log_in(desk)


@pytest.fixture
def received(built, session):
    submission = arrive(built, session)
    assert carry(built, submission) == "received"
    return submission


@pytest.fixture
def signable(built, session):
    return bring_to_signature(built, session)


@pytest.fixture(scope="session")
def to_look_at(built, session):
    """A submission that awaits its signature and is only looked at."""
    return bring_to_signature(built, session)

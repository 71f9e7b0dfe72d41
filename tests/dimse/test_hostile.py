"""Strangers who reach the port, and what they cannot do to it."""

from __future__ import annotations

import random
import time
from contextlib import suppress

import pytest

from tests.dimse.senders import (
    ABORT,
    ASSOCIATE_RJ,
    CT,
    EXPLICIT,
    VERIFICATION,
    Stranger,
    associate,
    command,
    dcmtk,
    fragment,
    kept,
    pdu,
    receiving,
    sent,
)
from tests.patience import until
from uploader.dimse import door, message, wire


@pytest.fixture
def receiver(inbox):
    with receiving(inbox, most=12) as receiver:
        yield receiver


def forgotten(receiver, inbox):
    """Whether nothing is left of those who were here: no connection, no half object."""
    return not receiver._door._callers and not any((inbox / ".receiving").iterdir())


def test_who_says_nothing_keeps_nobody_waiting_and_is_let_go(inbox, session):
    with receiving(inbox, most=12) as receiver:
        idle = [Stranger(receiver.port, f"127.0.0.{n % 50 + 2}") for n in range(200)]
        sent(receiver.port, *session.iterdir())
        assert len(receiver._door._callers) <= 2 * 12
        assert len(kept(inbox)) == len(list(session.iterdir()))
        assert all(stranger.ends() for stranger in idle)


def test_one_address_cannot_have_all_the_places(inbox, session):
    with receiving(inbox, most_by_address=2) as receiver:
        for _ in range(2):
            Stranger(receiver.port, "127.0.0.9").associated()
        assert Stranger(receiver.port, "127.0.0.9").ends()
        sent(receiver.port, *session.iterdir())


@pytest.mark.parametrize("kind", [1, 4, 7])
def test_a_length_that_is_a_lie_is_believed_by_nobody(receiver, inbox, kind):
    stranger = Stranger(receiver.port).write(pdu(kind, b"", 0xFFFFFFFF))
    assert stranger.ends()
    stranger = Stranger(receiver.port).associated().write(pdu(kind, b"", wire.PDU_BYTES + 1))
    assert stranger.ends()
    until(lambda: forgotten(receiver, inbox))


def test_a_pdu_that_drips_is_not_waited_for(inbox, monkeypatch):
    with receiving(inbox) as receiver:
        known = Stranger(receiver.port).associated()
        monkeypatch.setattr(door, "ASSOCIATE_SECONDS", 1)
        monkeypatch.setattr(wire, "PDU_SECONDS", 1)
        for begun in (Stranger(receiver.port), known):
            begun.write(associate((CT, EXPLICIT))[:20])
            assert begun.ends()
        until(lambda: forgotten(receiver, inbox))


def test_an_association_on_which_nothing_comes_is_ended(inbox):
    with receiving(inbox, idle_seconds=0.5) as receiver:
        assert Stranger(receiver.port).associated().ends()
        until(lambda: forgotten(receiver, inbox))


def test_an_object_that_trickles_in_is_not_waited_for(receiver, inbox, monkeypatch):
    monkeypatch.setattr(message, "SLOW_SECONDS", 0.2)
    stranger = Stranger(receiver.port).associated().write(fragment(3, command(1)))
    with suppress(OSError):
        for _ in range(100):
            stranger.write(fragment(0, b"\0"))
            time.sleep(0.05)
    assert stranger.answer()[0] in {ABORT, 0}
    until(lambda: not any((inbox / ".receiving").iterdir()))


WRONG = {
    "a command without end": fragment(1, b"\0" * 16000) + fragment(1, b"\0" * 16000),
    "a command that is none": fragment(3, b"\xff" * 200),
    "data without a command": fragment(0, b"\0" * 100),
    "data for another context": fragment(3, command(1)) + fragment(0, b"\0" * 100, context=3),
    "a command inside an object": fragment(3, command(1)) + fragment(3, command(1)),
    "a context nobody agreed to": fragment(3, command(1), context=77),
    "an object without data": fragment(3, command(1, data=False)),
    "an echo with data": fragment(3, command(0x30, VERIFICATION), context=3),
    "an object without a name": fragment(3, command(1, instance="")) + fragment(2, b"\0" * 100),
    "an object of no class": fragment(3, command(1)[:12] + command(1)[46:]) + fragment(2, b"\0" * 100),
    "a query": fragment(3, command(0x20)),
    "a report": fragment(3, command(0x100, data=False)),
    "a fragment without its header": pdu(4, b"\0\0\0\1\1"),
    "a PDU without a fragment, then one of no length": pdu(4, b"") + pdu(4, b"\0\0\0\0\1\0"),
    "an answer": fragment(3, command(0x8001)),
    "a second request for an association": associate((CT, EXPLICIT)),
    "a type that does not exist": pdu(99, b"\0\0\0\0"),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG.keys())
def test_who_does_not_speak_dicom_is_shown_the_door(receiver, inbox, data):
    stranger = Stranger(receiver.port).associated().write(data)
    assert stranger.answer()[0] in {ABORT, 0}
    stranger.close()
    until(lambda: forgotten(receiver, inbox))
    assert not kept(inbox)
    assert dcmtk("echoscu", receiver.port).returncode == 0


def test_objects_are_not_taken_faster_than_they_are_kept(receiver, inbox):
    one = fragment(3, command(1)) + fragment(2, b"\xff" * 100)
    stranger = Stranger(receiver.port).associated()
    with suppress(OSError):  # it is told to go before it has said all
        stranger.write(one * 500)
    while (kind := stranger.answer()[0]) == 4:
        pass
    assert kind in {ABORT, 0}
    stranger.close()
    until(lambda: forgotten(receiver, inbox))


def test_noise_of_any_kind_harms_nobody(receiver, inbox):
    rng = random.Random(7)
    good = [associate((CT, EXPLICIT)), fragment(3, command(1)), fragment(2, b"\0" * 50), pdu(5, bytes(4))]
    for number in range(60):
        noise = bytearray(b"".join(rng.choices(good, k=3)))
        for _ in range(rng.randrange(1, 8)):
            noise[rng.randrange(len(noise))] = rng.randrange(256)
        stranger = Stranger(receiver.port, f"127.0.1.{number + 1}")
        if number % 2:
            stranger.associated()
        stranger.write(bytes(noise))
        stranger.close()
    until(lambda: forgotten(receiver, inbox))
    assert dcmtk("echoscu", receiver.port).returncode == 0


def test_an_unknown_title_is_turned_down_in_dicom(receiver):
    stranger = Stranger(receiver.port).write(associate((CT, EXPLICIT), called="ANOTHER"))
    assert stranger.answer()[0] == ASSOCIATE_RJ

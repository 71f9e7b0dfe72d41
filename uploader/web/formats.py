"""How values look in the templates."""

from __future__ import annotations

from datetime import datetime

from flask import Flask

from uploader.domain.private import Private
from uploader.domain.submission import State

WORDS = {
    State.ARRIVING: "Arriving",
    State.RECEIVED: "Choose the trial",
    State.QUEUED: "Under way",
    State.AWAITING_SIGNOFF: "Awaits sign-off",
    State.SIGNED: "Signed",
    State.RELEASED: "Released",
    State.REFUSED: "Refused by the protocol",
    State.WAITING: "Waiting, tried again",
    State.HELD: "Held: somebody must look",
    State.WITHDRAWN: "Withdrawn",
}
"""What each state means to the person in front of the screen."""


def register(app: Flask) -> None:
    for filter_ in (words, moment, size, shown):
        app.add_template_filter(filter_)


def words(state: State) -> str:
    return WORDS[state]


def moment(at: datetime | str) -> str:
    """Local time to the minute."""
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return when.astimezone().strftime("%d %b %Y, %H:%M")


def size(count: int) -> str:
    """Bytes for people."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def shown(value: Private[str]) -> str:
    """A private value, on the screen of the person who asked for it and whose asking was audited."""
    return value.reveal()

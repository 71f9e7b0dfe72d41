"""What states and actions are called in front of people."""

from __future__ import annotations

from flask import Flask

from uploader.domain.submission import RECALL_ASKED, State, Submission
from uploader.recall import unsettled

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
    State.RECALLED: "Recalled",
}
"""What each state means to the person in front of the screen."""
NEXT = {
    State.RECEIVED: "Choose trial and subject",
    State.AWAITING_SIGNOFF: "Look and sign",
    State.REFUSED: "Refused: read the findings",
    State.HELD: "Held: read what stopped it",
    State.SIGNED: "Release",
    State.RELEASED: "Not recalled: read why",
    State.RECALLED: "Recalled: read what is left to do",
}
"""What the person may do about a state that waits for one."""
ACTIONS = {
    "created": "arrived",
    "queued": "asked to go on",
    "rested": "came to rest",
    "manifest-kept": "every file measured",
    "receipt-kept": "read back and complete",
    "verdict-kept": "judged",
    "provenance-kept": "noted what was done to it",
    "acquisition-kept": "noted how it was acquired",
    "chosen": "trial and subject chosen",
    "looked-at-identifiable": "looked at identifiable data",
    "link-forgotten": "subject ID given free",
    "finding-overruled": "false alarm overruled",
    "recall-asked": "asked to recall it",
    "recall-failed": "could not be recalled",
}
"""What the less telling actions of the audit are; the others speak for themselves."""


def register(app: Flask) -> None:
    for filter_ in (standing, tone, next_, done):
        app.add_template_filter(filter_)


def standing(about: Submission) -> str:
    return "Being recalled" if about.why == RECALL_ASKED else WORDS[about.state]


def tone(about: Submission) -> str:
    """The state by whose colour the standing is shown."""
    if about.why == RECALL_ASKED:
        return str(State.QUEUED)
    return str(State.HELD) if unsettled(about) else str(about.state)


def done(action: str) -> str:
    """What an audit line tells, in words."""
    return ACTIONS.get(action, action.replace("-", " "))


def next_(state: State) -> str:
    return NEXT[state]

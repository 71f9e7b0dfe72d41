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
    "rested": "came as far as:",
    "manifest-kept": "every file measured",
    "receipt-kept": "read back and complete",
    "verdict-kept": "judged",
    "provenance-kept": "wrote down what was done to the files",
    "acquisition-kept": "wrote down how it was acquired",
    "chosen": "trial and subject chosen",
    "looked-at-identifiable": "looked at identifiable data",
    "link-forgotten": "subject ID given free",
    "finding-overruled": "false alarm overruled",
    "recall-asked": "asked to recall it",
    "recall-failed": "could not be recalled",
}
"""What the less telling actions of the audit are; the others speak for themselves."""

ROUTES = {"receive": "on its way in", "prepare": "to be judged and anonymised", "release": "to go to the centre"}
"""What each route is about."""
LEFT = {
    "recalled": "no longer shown in the trial",
    "still-shared": "the central team must end its share",
    "ends-at-centre": "the centre ends its share",
}
"""What is left to do of a recall."""
PLACES = {place: f"{place} archive" for place in ("identifiable", "anonymised", "central")}
KINDS = {"protocol": "by the protocol", "anonymised": "anonymised, by the protocol", "verification": "by the verifier"}
FACTS = {
    "route": ROUTES,
    "place": PLACES,
    "kind": KINDS,
    "state": {str(state): words for state, words in WORDS.items()},
    "why": LEFT,
}
"""Name of a fact in the audit -> its values in words."""


def register(app: Flask) -> None:
    for filter_ in (standing, tone, next_, done, who):
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


def who(actor: str) -> str:
    """Who did what an audit line tells: a login, or the program by itself."""
    return "this program" if actor == "line" else actor


def fact(name: str, value: object) -> str:
    """One fact of an audit line, in words."""
    if name == "files":
        return f"{value} file{'' if value == 1 else 's'}"
    return FACTS.get(name, {}).get(str(value), f"{name} {value}")


def next_(state: State) -> str:
    return NEXT[state]

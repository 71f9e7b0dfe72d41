"""A privacy policy in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from uploader.domain.policy import Action, Option
from uploader.passes import tables
from uploader.passes.attributes import spoken

if TYPE_CHECKING:
    from uploader.passes.policy import Policy

_OPTIONS = {
    Option.CLEAN_PIXEL_DATA: "What devices draw into images is blanked by the rules of the site.",
    Option.CLEAN_RECOGNIZABLE_VISUAL_FEATURES: "Faces are made unrecognisable where that is carried out.",
    Option.CLEAN_GRAPHICS: "Lines drawn over images stay; a person is asked about those that may be writing.",
    Option.CLEAN_STRUCTURED_CONTENT: "Structured reports keep codes and measurements; their text is cleaned.",
    Option.CLEAN_DESCRIPTORS: "Descriptions, labels and comments are kept, cleaned of what identifies.",
    Option.RETAIN_FULL_DATES: "Dates and times stay as they are.",
    Option.RETAIN_MODIFIED_DATES: "Dates move by a secret offset, the same for all of a subject; intervals stay.",
    Option.RETAIN_PATIENT_CHARACTERISTICS: "Sex, age up to 89 years, size, weight and the like stay.",
    Option.RETAIN_DEVICE_IDENTITY: "Station names, serial numbers and IDs of machines stay.",
    Option.RETAIN_INSTITUTION_IDENTITY: "Name, department and address of the institution stay.",
    Option.RETAIN_UIDS: "UIDs stay as they are.",
    Option.RETAIN_SAFE_PRIVATE: "Private elements on a list of safe ones stay; all others are removed.",
}
_WITHOUT = {
    Option.CLEAN_GRAPHICS: "Lines drawn over images are removed, or shrunk to a point where they are required.",
    Option.CLEAN_DESCRIPTORS: "Descriptions, labels and comments are removed, or replaced where one is required.",
    Option.CLEAN_STRUCTURED_CONTENT: "Structured reports keep their outline and references, but no text or number.",
    Option.RETAIN_PATIENT_CHARACTERISTICS: "Sex, age, size and weight are removed.",
    Option.RETAIN_UIDS: "UIDs are replaced, the same one wherever it stands in the trial.",
    Option.RETAIN_SAFE_PRIVATE: "All private elements are removed.",
    Option.RETAIN_DEVICE_IDENTITY: "What names a single machine is removed; maker, model and software stay.",
    Option.RETAIN_INSTITUTION_IDENTITY: "What names the institution is removed.",
}
_DONE = {
    Action.KEEP: "stays as it is",
    Action.REMOVE: "is removed",
    Action.EMPTY: "is emptied",
    Action.DUMMY: "gets a value that says nothing",
    Action.UID: "gets another UID",
    Action.SHIFT: "moves with the dates",
    Action.CLEAN: "is cleaned",
}


def describe(policy: Policy) -> list[str]:
    """A sentence a line: the table, what the options do, and every departure with its reason."""
    table = tables.source("annex_e")
    return [
        f"Policy {policy.name}: {policy.title}.",
        f"Every attribute is treated by table {table['table']} of {table['standard']}; one that it does not list stays "
        "only if the definition of the kind of object names it, and its text is not trusted.",
        *_of_options(policy),
        "Curves, overlays and digital signatures are removed.",
        *(
            f"{spoken([tag])} {_DONE[action]}: {reason.rstrip('.')}."
            for tag, (action, reason) in sorted(policy.overrides.items())
        ),
        *(
            f"Private {creator} ({group:04X},xx{element:02X}) is safe: {reason.rstrip('.')}."
            for (creator, group, element), reason in sorted(policy.private_reasons.items())
        ),
        *(
            f"Objects of class {uid} are let through: {why.rstrip('.')}."
            for uid, why in sorted(policy.accepted.items())
        ),
        *(f"Objects of class {uid} are held: {why.rstrip('.')}." for uid, why in sorted(policy.refused.items())),
    ]


def _of_options(policy: Policy) -> Iterator[str]:
    for option in Option:
        if option in policy.options:
            yield _OPTIONS[option]
        elif option in _WITHOUT:
            yield _WITHOUT[option]
    if not policy.options & {Option.RETAIN_FULL_DATES, Option.RETAIN_MODIFIED_DATES}:
        yield "Dates and times are removed, or replaced where one is required."

"""Content items of structured reports, which PS3.15 table E.3.4-1 judges by what they are about."""

from __future__ import annotations

from uploader.domain.policy import Action
from uploader.elements import Element, Form, items, level, value_of
from uploader.passes.attributes import tags_of
from uploader.passes.policy import Policy

[CONTENT] = tags_of("ContentSequence")
VALUES = tags_of(
    "ConceptCodeSequence", "Date", "DateTime", "MeasuredValueSequence", "PersonName", "TextValue", "Time", "UID"
)
"""Elements that hold the value of an item (PS3.3 C.17.3)."""

[_CONCEPT_NAME] = tags_of("ConceptNameCodeSequence")
[_CODE_VALUE] = tags_of("CodeValue")
[_SCHEME] = tags_of("CodingSchemeDesignator")
[_VALUE_TYPE] = tags_of("ValueType")


def item(policy: Policy, data: bytes, elements: list[Element], form: Form) -> Action:
    """What becomes of an item of a Content Sequence (0040,A730) whose elements lie in `data`.

    KEEP: treat it element by element. REMOVE: the item goes, with what it contains. DUMMY: those of its elements that
    are among `VALUES` say nothing. Raises Irregular, Short.
    """
    for tag, _, _, begin, end in elements:
        if tag == _CONCEPT_NAME:
            for at, stop in items(data, begin, end, form):
                code = level(data, at, stop, form)
                scheme, value = _text(data, code, _SCHEME), _text(data, code, _CODE_VALUE)
                return policy.content(scheme, value, _text(data, elements, _VALUE_TYPE))
    return Action.KEEP


def _text(data: bytes, elements: list[Element], tag: int) -> str:
    return value_of(data, elements, tag).decode("latin-1")

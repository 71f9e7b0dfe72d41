"""How a sentence names several."""

from __future__ import annotations

import pytest

from uploader.domain.enumeration import both, either


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), ""),
        (("physicist",), "physicist"),
        (("physicist", "clinician"), "physicist and clinician"),
        (("physicist", "clinician", "radiographer"), "physicist, clinician and radiographer"),
    ],
)
def test_words_are_joined_as_people_join_them(words, said):
    assert both(iter(words)) == said
    assert either(words) == said.replace(" and ", " or ")

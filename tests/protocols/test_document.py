"""A place in a protocol is found in the text that people see."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.protocols.document import lines, pointer, read

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def places(value, path=()):
    yield pointer(path)
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield from places(inner, (*path, name))


@given(DOCUMENTS, st.sampled_from([None, 1]))
def test_every_place_of_a_document_has_a_line(document, indent):
    text = json.dumps(document, indent=indent)
    found = lines(text)
    assert set(found) == set(places(document))
    assert set(found.values()) <= set(range(1, text.count("\n") + 2))


def test_the_line_is_that_on_which_the_value_begins():
    text = '{\n "a": [\n  1,\n  {"b": "}]"}],\n\n "c/d": 2}'
    assert lines(text) == {"": 1, "/a": 2, "/a/0": 3, "/a/1": 4, "/a/1/b": 4, "/c~1d": 6}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"a": 1,\n "b": }', "line 2: is not JSON"),
        (b'{"a": 1, "a": 2}', "'a' occurs twice"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": 1e999}', "1e999 is not a number"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_not_json_is_told_in_words(raw, words):
    with pytest.raises(ValueError, match=words):
        read(raw)


def test_a_byte_order_mark_is_overlooked():
    assert read(b"\xef\xbb\xbf{}") == {}

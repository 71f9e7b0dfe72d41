"""Documents are held against their schemas as `jsonschema` does it, mostly without loading it."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from uploader.schema import fault

ROOT = Path(__file__).parent.parent
PAIRS = [
    (path, folder / "schema.json")
    for folder in (ROOT / "trial_protocols", ROOT / "privacy_policies", ROOT / "blanking_rules")
    for path in sorted(folder.rglob("*.json"))
    if path.name != "schema.json" and "examples" not in path.parts
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 12) | st.just(1.0) | st.just(0.5) | st.sampled_from(["", "keep", "v1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "min"]), inner, max_size=2),
    max_leaves=4,
)


def read(path: Path):
    return json.loads(path.read_text())


def places(value, path=()):
    """Where anything stands in a document."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield from places(inner, (*path, name))


def agrees(document, schema) -> bool:
    return (fault(document, schema) is None) == Draft202012Validator(schema).is_valid(document)


@pytest.mark.parametrize(("path", "schema"), PAIRS, ids=lambda path: f"{path.parent.name}/{path.stem}")
@settings(max_examples=50)
@given(data=st.data())
def test_a_document_with_a_slip_in_it_is_judged_as_jsonschema_judges_it(path, schema, data):
    document = copy.deepcopy(read(path))
    *outer, last = data.draw(st.sampled_from([place for place in places(document) if place]))
    holder = document
    for name in outer:
        holder = holder[name]
    match data.draw(st.sampled_from(["replaced", "removed", "doubled"])):
        case "replaced":
            holder[last] = data.draw(ANYTHING)
        case "removed":
            del holder[last]
        case "doubled" if isinstance(holder, list):
            holder.append(holder[last])
        case _:
            holder[f"{last}_2"] = holder[last]
    assert agrees(document, read(schema))


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {"type": "string"}},
        {"patternProperties": {"^n": {"type": "integer"}}, "additionalProperties": False},
        {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
        {"if": {"type": "integer"}, "else": {"maxLength": 2}},
        {"items": {"$ref": "#/$defs/here"}, "$defs": {"here": {"enum": [1, "keep", None]}}},
        {"const": 1},
        {"uniqueItems": True},
        {"type": "null"},
        {"multipleOf": 2},
        {"oneOf": [{"type": "integer"}, {"type": "number"}]},
        True,
        False,
    ],
    ids=str,
)
@settings(max_examples=50)
@given(document=ANYTHING)
def test_a_word_that_is_rare_is_understood_as_jsonschema_understands_it(schema, document):
    assert agrees(document, schema)


def test_what_comes_with_the_program_is_let_through_without_loading_jsonschema():
    program = (
        "import json, sys; from uploader.schema import fault\n"
        "pairs = [[json.load(open(path)) for path in pair] for pair in json.loads(sys.argv[1])]\n"
        "print(len(pairs), [fault(*pair) for pair in pairs if fault(*pair)], 'jsonschema' in sys.modules)"
    )
    pairs = json.dumps([[str(path), str(schema)] for path, schema in PAIRS])
    run = subprocess.run([sys.executable, "-c", program, pairs], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [str(len(PAIRS)), "[]", "False"]

"""A script in which nothing is wrong is read by a table that was made before: to the same statements as by Lark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tools.grammar import written
from uploader.dicomedit import quick, thorough
from uploader.dicomedit.includes import expanded
from uploader.dicomedit.source import Flaw, Source

SCRIPTS = Path(__file__).parent.parent.parent / "dicomedit_scripts"
SHIPPED = sorted(path.relative_to(SCRIPTS).as_posix() for path in SCRIPTS.rglob("*.das"))
WORDS = st.sampled_from(
    [
        *('version "6.6"', "\n", "\n", " ", "-", "(0010,0010)", "(0008,{A B}10)", "/", "*", "+", ".", "[", "]", "[0]"),
        *(":=", "?=", "?", ":", "=", "!~", '"a"', '"a\\\\b"', "12", "-3", "1.5", "if", "elseif", "else", "(", ")", "{"),
        *("}", ",", "name", "echo", "describe", "hidden", "export", "set", "removeAllPrivateTags", "%", "~", "§"),
    ]
)
STATEMENTS = st.sampled_from(
    [
        "-(0010,XXXX)",
        "(0010,0010) := name",
        "(0008,{A B}10)[0]/(0008,0008) ?= set[1, {2, 1.5}]",
        "x := (0010,0020)",
        'if (a = "b") { -(0010,0010) } elseif (set[]) {\n\n} \n else { echo "a" }',
        'a ~ "b" ? -(0010,0010) : echo c',
        'describe a "b"',
        "describe a hidden",
        'export a "b"',
        "removeAllPrivateTags",
        'version "6.6"',
        "set[{ \n }]",
        "+/(0010,0010) ?= 1",
        "(0010,0010)[%] := 1",
        "(0010,0010)[-1] := 1",
        "-*/(0008,1140)/.",
        "name :=",
    ]
)


def thoroughly(prepared: str):
    try:
        return thorough.statements(prepared, False)
    except Flaw:
        return None


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_script_means_the_same_read_quickly_and_thoroughly(name):
    source = expanded(name, (SCRIPTS / name).read_text(), lambda each: (SCRIPTS / each).read_text())
    found = quick.statements(source.prepared)
    assert found
    assert found == thorough.statements(source.prepared, False)


@given(st.lists(WORDS, max_size=12).map("".join) | st.lists(STATEMENTS, max_size=4).map("\n".join))
@example("")
@example("\n")
def test_what_is_read_quickly_is_what_lark_reads_and_nothing_else_is_read(text):
    prepared = Source("script", text).prepared
    assert quick.statements(prepared) == thoroughly(prepared)


def test_the_table_is_that_of_the_grammar():
    assert quick.TABLE.read_text() == written(), "after a change of the grammar: python -m tools.grammar"


def test_a_right_script_is_read_without_loading_lark():
    program = "import sys; from uploader.dicomedit import parse\nparse(sys.argv[1]); print('lark' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program, 'version "6.6"\n-(0010,0010)'], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["False"]

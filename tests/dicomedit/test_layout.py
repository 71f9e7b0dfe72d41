"""How the text of a script is read: lines, blanks, comments, strings, numbers, and where each statement may stand."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from tests.dicomedit.headers import changes
from uploader.dicomedit import apply, parse
from uploader.domain.errors import BadScript

PATIENT = {"PatientName": "Rivera^Ana", "PatientID": "MRN-77", "PatientSex": "F"}
ONE = {"PatientID": "one"}


@pytest.mark.parametrize(
    "text",
    [
        '(0010,0020) := "one"\n',
        '\r\n\r\n(0010,0020) := "one"\r\n',
        '\t(0010,0020)\t:=\t"one"\t',
        '(0010,0020):="one"',
        '(0010 , 0020) := "one"',
        '(0010,\t0020) := "one"',
        'a := "one" (0010,0020) := a',
        '(0010,0020) := \\\n"one"',
        '(0010,0020) := \\\r\n"one"',
        '(0010,\\\n0020) := "one"',
        '(0010,0020) := "o\\\nne"',
        '(0010,0020) := "o\\\n\\\nne"',
        '(0010,0020) \\\n:= \\\n"one"',
        '(0010,0020) := "one"\\',
        '(0010,0020) := "one" // \\',
        '(0010,0020) := concatenate \\\n[ "o" \\\n, "ne" ]',
        'removeTags[ ] (0010,0020) := "one"',
        '(0010,0020) := "one" -(0010,0024)',
        '-(0010,0024)(0010,0020) := "one"',
        'version "6.2"(0010,0020) := "one"',
        '(0010,0020) := "one"\n\n   \n\t\n',
    ],
)
def test_blanks_lines_and_joined_lines_change_nothing(text: str) -> None:
    assert changes(text, PATIENT) == ONE


@pytest.mark.parametrize(
    "text",
    [
        '//(0010,0010) := "x"\n(0010,0020) := "one"',
        '   // -(0010,0010)\n(0010,0020) := "one"',
        '(0010,0020) := "one"// -(0010,0010)',
        '(0010,0020) := "one" /// -(0010,0010)',
        '(0010,0020) := "one" // "quoted" -(0010,0010)',
        '(0010,0020) := "one" // -(0010,0010) \\\n-(0010,0010)',
        '(0010,0020) := "one" // a " alone',
        '(0010,0020) := "one" // the patient\'s',
        '(0010,0020) := "one" // Größe',
        'if (true[]) // -(0010,0010)\n{ // -(0010,0010)\n(0010,0020) := "one"\n} // -(0010,0010)',
        'if (false[]) { }\n// between\nelse { (0010,0020) := "one" }',
        'l := {"one" // first\n, "two"}\n(0010,0020) := format["{0}", l]',
    ],
)
def test_a_comment_goes_to_the_end_of_its_line(text: str) -> None:
    assert changes(text, PATIENT) == ONE


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ('"a // b"', "a // b"),
        ('"http://x"', "http://x"),
        ('""', ""),
        ('"   "', ""),
        (r'"a\\b"', "a\\b"),
        (r'"a\\\\b"', "a\\\\b"),
        (r'"a\nb"', "a\\nb"),
        (r'"a\tb"', "a\\tb"),
        (r'"\101"', "\\101"),
        (r'"\(x\)"', "\\(x\\)"),
        ('"(0010,0010)"', "(0010,0010)"),
        ('"if (x) { } else"', "if (x) { } else"),
        ('"it\'s"', "it's"),
        ('"; # $ & | ^"', "; # $ & | ^"),
        ("0", "0"),
        ("-7", "-7"),
        ("12.0", "12.0"),
        ("0.50", "0.50"),
        ("-0.0", "-0.0"),
        ("100000000000000000000", "100000000000000000000"),
    ],
)
def test_a_text_or_a_number_is_stored_as_it_is_written(written: str, stored: str) -> None:
    assert changes(f"(0010,4000) := {written}", PATIENT) == {"PatientComments": stored}


@pytest.mark.parametrize(
    "statement",
    [
        "(0010,0020) := 007",
        "(0010,0020) := .5",
        "(0010,0020) := 5.",
        "(0010,0020) := +5",
        "(0010,0020) := -0",
        "(0010,0020) := 1e5",
        "(0010,0020) := 0x10",
        "(0010,0020) := - 5",
        '(0010,0020) := "a"b"',
        '(0010,0020) := "a\nb"',
        '(0010,0020) := "one',
        '(0010,0020) := one"',
        r'(0010,0020) := "a\"b"',
        r'(0010,0020) := "a\x"',
        r'(0010,0020) := "a\08"',
        r'(0010,0020) := "a\"',
        '(0010,0020) :=\n"one"',
        '(0010,0020)\n:= "one"',
        '(0010,0020) := \\ \n"one"',
        '(0010,0020) : = "one"',
        "(0010,0020) := /* no */ 1",
        'lowercase["A"\n]',
        "-\n(0010,0010)",
    ],
)
def test_what_is_no_text_no_number_or_broken_over_lines_is_refused(statement: str) -> None:
    with pytest.raises(BadScript):
        parse(f'version "6.6"\n{statement}\n-(0010,0010)')


@pytest.mark.parametrize(
    "statement",
    [
        *[
            "-(0010,0010)",
            "removeAllPrivateTags",
            'echo "x"',
            "echo 5",
            "echo (0010,0024)",
            'describe name "Name of it"',
        ],
        *['export name "field"', 'lowercase["A"]', 'v := "a"', "v := {}", 'version "6.0"'],
    ],
)
def test_every_statement_may_stand_in_a_block(statement: str) -> None:
    parse(f'version "6.6"\nif (true[]) {{ {statement} }} elseif (false[]) {{\n{statement}\n}} else {{{statement}}}')


@pytest.mark.parametrize("word", ["if", "elseif", "else", "describe", "hidden", "const", "immutable", "export", "echo"])
def test_a_word_of_the_language_is_no_name(word: str) -> None:
    with pytest.raises(BadScript):
        parse(f'version "6.6"\n{word} := "1"')


@pytest.mark.parametrize(
    "name", ["iffy", "elsewhere", "elseifs", "versions", "hidden1", "echo_", "_x", "a1", "If", "x"]
)
def test_a_name_may_begin_like_a_word_of_the_language(name: str) -> None:
    assert changes(f'{name} := "one"\n(0010,0020) := {name}', PATIENT) == ONE


@pytest.mark.parametrize("text", [" ", "\n\n", "// nothing", "\t// nothing\n\n   ", "// a\\\nb"])
def test_a_script_of_blanks_and_comments_does_nothing(text: str) -> None:
    assert parse(text).describe() == []


def test_a_script_without_any_character_is_refused() -> None:
    with pytest.raises(BadScript, match="empty"):
        parse("")


def test_the_mark_that_some_editors_put_at_the_beginning_is_no_part_of_the_script() -> None:
    parse('\ufeffversion "6.6"\n-(0010,0010)')


@pytest.mark.parametrize("version", ["6.0", "6.1", "6.2", "6.3", "6.4", "6.5", "6.6", "6.7"])
def test_every_version_runs_everything(version: str) -> None:
    script = f'version "{version}"\nif (true[]) {{ (0010,0020) := format["{{0}}", {{"one"}}] }}'
    assert apply(script, Dataset()).PatientID == "one"


@pytest.mark.parametrize(
    "text", ['-(0010,0024)\nversion "6.6"', 'version "6.1"\nversion "6.5"', '// first\n\n  version  "6.6"  // last']
)
def test_the_version_may_stand_anywhere_and_twice(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *["version 6.6", 'version "6.8"', 'version ""', 'version " 6.6"', 'version "6.06"', "version x"],
        *['VERSION "6.6"', 'version "6.6" "6.5"', 'version "6.6"\nversion "9"', 'version := "6.6"', "version"],
    ],
)
def test_a_version_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(BadScript):
        parse(f"{text}\n-(0010,0010)")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("-(0029,1010)", "group 0029 is private"),
        ("-(0028,{ACME}10)", "group 0028 is not private"),
        ("-(0029,{1A}10)", "a creator begins with a letter"),
        ("-( 0010,0010)", "blanks may stand around the comma only"),
        ("-(0010,0010 )", "blanks may stand around the comma only"),
        ("-(0029,{ACME} 10)", "blanks may stand around the comma only"),
        ("-(001X,0010)", "the last digit of a group"),
        ("-(0010,00100)", "in hex digits"),
        ("-(0010,00G0)", "in hex digits"),
        ("-PatientName", r"PatientName is written \(0010,0010\)"),
        ('lowercase("a")', "square brackets"),
        ("if (true[]) { } else if (false[]) { }", "elseif"),
        ('if ((0010,0010) = "a" and (0010,0020) = "b") { }', r"joined by and\["),
        ('(0010,0010) == "x" ? -(0010,0010)', "one ="),
        ("(0010,0010) := 'x'", "straight double quotes"),
        ("(0010,0010) := “x”", "straight double quotes"),
        ("-(0010,0010);", "end with their line"),
        ("# remark", "begin with //"),
        ("a[] && b[] ? -(0010,0010)", r"joined by and\["),
        ("version 6.6", "in quotes"),
    ],
)
def test_a_common_slip_is_answered_with_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(BadScript, match=meant):
        parse(f'version "6.6"\n{text}')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(0010,0010) :=", "expected a value\n"),
        ("-", "expected a tag path\n"),
        ("(0010,0010)", "expected :=, ?= or one of = != ~ !~\n"),
        ("describe a", 'expected a text in "quotes", const, hidden or immutable\n'),
        ("}", "expected a statement, the end of the line or the end of the script\n"),
        ('(0010,0010) = "a" ? "b"', "expected a tag path, -, a name or echo\n"),
    ],
)
def test_what_was_expected_is_said_in_few_words(text: str, expected: str) -> None:
    with pytest.raises(BadScript) as caught:
        parse(f'version "6.6"\n{text}')
    assert expected in str(caught.value)

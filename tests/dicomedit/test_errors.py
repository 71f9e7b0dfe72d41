"""A script that is not understood is refused before a patient is touched, and the message leads to the place."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from uploader.dicomedit import parse
from uploader.domain.errors import BadScript, ScriptFailed, ScriptRejected


def complaint(text: str) -> str:
    with pytest.raises(BadScript) as caught:
        parse(text, "site.das")
    return str(caught.value)


def patient() -> Dataset:
    dataset = Dataset()
    dataset.PatientName = "Rivera^Ana"
    dataset.PatientID = "MRN-77"
    return dataset


def test_the_message_names_script_line_and_column() -> None:
    assert complaint('version "6.6"\n\n(0010,0010) := := "x"').startswith("site.das, line 3, column 16: expected ")


def test_the_message_shows_the_line_with_a_caret_under_the_place() -> None:
    said = complaint('version "6.6"\n(0010,0010) = "x"').split("\n")
    assert said[1] == '    (0010,0010) = "x"'
    assert said[2] == "    " + " " * 17 + "^"


def test_the_message_says_what_was_expected() -> None:
    assert "expected ?" in complaint('version "6.6"\n(0010,0010) = "x"')


def test_places_are_those_of_the_text_as_written_in_spite_of_joined_lines_and_comments() -> None:
    text = 'version "6.6" // one\n(0010,0010) := \\\n"a"\n-(0010,0020) ; // two'
    assert complaint(text).startswith("site.das, line 4, column 14: ")


@pytest.mark.parametrize(
    "line",
    [
        "-(0010,0010)",
        " version 6.6\n-(0010,0010)",
        'Version "6.6"',
        'version := "6.6"',
        '// version "6.6"\n-(0010,0010)',
        'if (true[]) { version "6.6" }',
        "",
    ],
)
def test_a_script_without_a_well_formed_version_line_is_refused(line: str) -> None:
    complaint(line)


@pytest.mark.parametrize("version", ["", "6", "6.8", "6.99", "6.6.0", "4.0"])
def test_an_unknown_version_is_refused(version: str) -> None:
    assert "version" in complaint(f'version "{version}"\n-(0010,0010)')


@pytest.mark.parametrize(
    "statement",
    [
        'nosuchfunction["a"]',
        'if (false[]) { nosuchfunction["a"] }',
        '(0010,0010) := concatenate["a", trim[" b "]]',
        'alterPixels["ellipse", "l=1,t=1,r=3,b=3", "solid", "v=100"]',
        'alterPixels["rectangle", "l=1,t=1,r=3", "solid", "v=100"]',
        'alterPixels["rectangle", "l=1,t=1,r=3,b=3", "blur", "v=100"]',
        'alterPixels["rectangle", "l=1,t=1,r=3,b=3", "solid", "v=300"]',
        'alterPixels["rectangle", "l=1,t=1,r=3,b=3", "solid"]',
        '(0010,0010) := getURL["http://127.0.0.1/"]',
        '(0010,0010) := lowercase["a", "b"]',
        '(0010,0010) := substring["abc", 1]',
        '(0010,0010) := set["(0010,0020)", "x"]',
        '(0010,0010) ~ "[a" ? -(0010,0010)',
        '(0010,0010) ~ "[a-z&&[^b]]" ? -(0010,0010)',
        'removeTags["nonsense"]',
        'removeTags["(0010,0010)", "(001X,0010)"]',
        'delete["(0008,1140)/(0008,1155)"]',
        '(0010,00XX) := "x"',
        "(0010,0020) := */(0010,0010)",
        "-(0040,0275)/+",
        "-(0029,1008)",
        "removeallprivatetags",
        "echo",
        '(0010,0010) := "x";',
        "(0010,0010) := 'x'",
        '(0010,0010) := "x\\d"',
        "else { -(0010,0010) }",
        "# remark",
        "(0010,0010) := " + "{" * 5000,
    ],
)
def test_what_is_not_understood_is_never_skipped(statement: str) -> None:
    assert "line 2" in complaint(f'version "6.6"\n{statement}\n-(0010,0020)')


def test_a_missing_variable_stops_the_script_before_it_changes_anything() -> None:
    dataset = patient()
    with pytest.raises(BadScript, match="subject"):
        parse('version "6.6"\n-(0010,0010)\n(0010,0020) := subject').apply(dataset)
    assert dataset.PatientName == "Rivera^Ana"


def test_a_failure_on_an_instance_names_the_line_and_no_value() -> None:
    script = parse('version "6.6"\n(0028,0010) := (0010,0010)', "site.das")
    with pytest.raises(ScriptFailed, match=r"site\.das, line 2: ") as caught:
        script.apply(patient())
    assert "Rivera" not in str(caught.value)


def test_a_failure_inside_a_block_names_the_line_of_the_block_s_statement() -> None:
    script = parse('version "6.6"\nif (true[]) {\n  (0028,0010) := "tall"\n}', "site.das")
    with pytest.raises(ScriptFailed, match=r"site\.das, line 3: "):
        script.apply(patient())


def test_reject_refuses_the_instance() -> None:
    with pytest.raises(ScriptRejected):
        parse('version "6.6"\n(0010,0020) ~ "MRN.*" ? reject[]').apply(patient())


def test_a_value_that_is_no_regular_expression_is_not_quoted() -> None:
    dataset = patient()
    dataset.PatientName = "(?P<Rivera Ana>x)"
    with pytest.raises(ScriptFailed) as caught:
        parse('version "6.6"\n"a" ~ (0010,0010) ? -(0010,0010)').apply(dataset)
    assert "Rivera" not in str(caught.value)

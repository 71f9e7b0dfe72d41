"""Conditions, branches and variables."""

from __future__ import annotations

import pytest

from tests.dicomedit.headers import changes, edited
from uploader.dicomedit import parse
from uploader.domain.errors import BadScript, ScriptFailed

HEADER = {
    "ImageType": ["ORIGINAL", "PRIMARY"],
    "StudyDate": "20240115",
    "Modality": "CT",
    "PatientName": "Meyer^Jan",
    "PatientID": " K-12 ",
    "PatientBirthDate": "",
    "Rows": 512,
    "SliceThickness": "2.50",
    "RequestAttributesSequence": [{"StudyID": "7"}, {"StudyID": ""}],
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('(0008,0060) = "CT"', True),
        ('(0008,0060) = "ct"', False),
        ('(0008,0060) != "MR"', True),
        ('(0008,0060) != "CT"', False),
        ('"CT" = (0008,0060)', True),
        ("(0008,0060) = (0008,0060)", True),
        ('(0010,0020) = "K-12"', True),
        ("(0028,0010) = 512", True),
        ("(0028,0010) = 512.0", False),
        ("(0018,0050) = 2.5", False),
        ("(0018,0050) = 2.50", True),
        ('(0008,0020) = "20240115"', True),
        ("(0008,0020) = 20240115 ", True),
        (r'(0008,0008) = "ORIGINAL\\PRIMARY"', True),
        ('(0008,0008) = "ORIGINAL"', False),
        ("5 = 5", True),
        ('5 = "5"', True),
        ("5 = 5.0", False),
        ("-1 = -1", True),
        ('(0010,0030) = ""', True),
        ('(0010,0030) != ""', False),
        ('(0010,0030) = " "', False),
        ('(0010,1010) = ""', False),
        ('(0010,1010) != ""', True),
        ("(0010,1010) = (0010,0040)", False),
        ("(0010,1010) != (0010,0040)", True),
        ('"x" = (0010,1010)', False),
        ('"x" != (0010,1010)', True),
        ("(0010,1010) = (0010,0030)", False),
        ('(0008,0060) ~ "C."', True),
        ('(0008,0060) ~ "C"', False),
        ('(0008,0060) ~ "(?i)ct"', True),
        ('(0008,0060) ~ "c."', False),
        ('(0008,0060) !~ "C"', True),
        ('(0008,0060) !~ "C."', False),
        (r'(0008,0020) ~ "\\d{8}"', True),
        (r'(0008,0020) ~ "\\d{4}"', False),
        (r'(0008,0008) ~ "ORIGINAL\\\\.*"', True),
        ('(0010,0030) ~ ".*"', True),
        ('(0010,0030) ~ ".+"', False),
        ('(0010,0030) !~ ".+"', True),
        ('(0010,1010) ~ ".*"', False),
        ('(0010,1010) !~ ".*"', True),
        ('"CT" ~ (0008,0060)', True),
        ('"abc" ~ "a|abc"', True),
        ('"a.c" ~ "a\\\\.c"', True),
        ('(0040,0275)[0]/(0020,0010) = "7"', True),
        ('(0040,0275)[1]/(0020,0010) = ""', True),
        ('(0040,0275)[2]/(0020,0010) = ""', False),
        ('(0040,0555)[0]/(0020,0010) != "7"', True),
        ('uppercase["ct"] = (0008,0060)', True),
        ('concatenate[(0008,0060), "1"] = "CT1"', True),
        ('{"a", "b"} = "[a, b]"', True),
        ('(0002,0010) = "1.2.840.10008.1.2.1"', True),
        ("true[]", True),
        ("false[]", False),
        ('lowercase["TRUE"]', True),
        ('uppercase["true"]', True),
        ('concatenate["tr", "ue"]', True),
        ('concatenate["yes"]', False),
        ('concatenate[""]', False),
        ("isPresent[(0010,0030)]", True),
        ("isPresent[(0010,1010)]", False),
        ('ismatch[(0008,0060), "C."]', True),
        ("equals[1, 1]", True),
        ('and[true[], ismatch["a", "a"]]', True),
        ('or[false[], "TRUE"]', True),
        ("collectValues[(0010,1010)]", False),
    ],
)
@pytest.mark.parametrize("form", ["{0} ? a := 1 : a := 2", "if ({0}) {{ a := 1 }} else {{ a := 2 }}"])
def test_a_condition_holds_or_not(condition: str, holds: bool, form: str) -> None:
    after = edited(f"{form.format(condition)}\n(0010,4000) := a", HEADER)
    assert after.PatientComments == ("1" if holds else "2")


@pytest.mark.parametrize(
    "condition",
    [
        '(0010,1010) ~ "["',
        '"a" ~ (0010,1010)',
        "(0010,1010) ~ (0010,0040)",
        'lookup["a", "b"]',
        'match[(0008,0060), "Z", 0]',
        "valueAt[(0010,1010)]",
        '(0040,0275) = "x"',
        '(0040,0275)[0] = "x"',
        '(0040,0275)/(0020,0010) = "7"',
        '(0040,0275)[%]/(0020,0010) = "7"',
        '*/(0020,0010) = "7"',
        '(0010,00XX) = "7"',
        '"7" = (0010,001@)',
        'substring["a", 0, 2] = "a"',
        "unset = 1",
    ],
)
def test_a_condition_that_cannot_be_judged_fails_the_script(condition: str) -> None:
    with pytest.raises((BadScript, ScriptFailed)):
        edited(f"{condition} ? -(0010,0010)", HEADER)


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ('(0008,0060) = "CT" ? -(0010,0010)', {"PatientName": None}),
        ('(0008,0060) = "MR" ? -(0010,0010)', {}),
        ('(0008,0060) = "CT"?-(0010,0010):-(0010,0020)', {"PatientName": None}),
        ('(0008,0060) = "MR"?-(0010,0010):-(0010,0020)', {"PatientID": None}),
        ('true[] ? (0010,0020) := "n" : (0010,0020) := "m"', {"PatientID": "n"}),
        ('false[] ? (0010,0020) := "n" : (0010,0020) ?= "m"', {"PatientID": "m"}),
        ('true[] ? removeTags[(0010,0010)] : echo "no"', {"PatientName": None}),
        ('true[] ? l := {"a"}\nl := format["{0}", l]\n(0010,0020) := l', {"PatientID": "a"}),
        ("true[] ? echo (0010,0010)", {}),
        ("true[] ? -(0010,0010)\nfalse[] ? -(0010,0020)", {"PatientName": None}),
        ("true[] ? -(0010,0010) \\\n : -(0010,0020)", {"PatientName": None}),
        ("if (false[]) { -(0010,0010) }", {}),
        ("if(true[]){-(0010,0010)}-(0010,0020)", {"PatientName": None, "PatientID": None}),
        ("if (false[]) { } elseif (true[]) { -(0010,0010) } else { -(0010,0020) }", {"PatientName": None}),
        ("if (false[]) { } elseif (false[]) { -(0010,0010) } else { -(0010,0020) }", {"PatientID": None}),
        ("if (false[]) { }\nelseif (false[]) { }\n\n\nelseif (true[])\n\n{\n-(0010,0010)\n}", {"PatientName": None}),
        ("if (true[]) { } else { -(0010,0010) }", {}),
        ("if (true[]) { if (false[]) { } else { -(0010,0010) } }", {"PatientName": None}),
        ("if (true[]) { true[] ? -(0010,0010) : -(0010,0020) }", {"PatientName": None}),
        ("if (true[]) { -(0010,0010) } elseif (true[]) { -(0010,0020) }", {"PatientName": None}),
        ("if (true[]) { removeAllPrivateTags\n-(0010,0010) -(0010,0020) }", {"PatientName": None, "PatientID": None}),
        ('(0008,0060) := "MR"\nif ((0008,0060) = "CT") { -(0010,0010) }', {"Modality": "MR"}),
        ('-(0008,0060)\n(0008,0060) != "CT" ? -(0010,0010)', {"Modality": None, "PatientName": None}),
        ('if (true[]) { (0008,0060) := "MR" } elseif ((0008,0060) = "MR") { -(0010,0010) }', {"Modality": "MR"}),
    ],
)
def test_only_the_first_branch_that_holds_is_taken(statement: str, changed: dict[str, str | None]) -> None:
    assert changes(statement, HEADER) == changed


@pytest.mark.parametrize(
    "statement",
    [
        "if (true[]) -(0010,0010)",
        "if true[] { -(0010,0010) }",
        "if ((true[])) { -(0010,0010) }",
        "if (not true[]) { -(0010,0010) }",
        "if (true[]) { -(0010,0010)",
        "if (true[]) { } else { } else { }",
        "if (true[]) { } else { } elseif (true[]) { }",
        "elseif (true[]) { }",
        "else { }",
        "if ((0010,0010)) { }",
        'if ("true") { }',
        "if (a) { }",
        "if () { }",
        "if (\ntrue[]) { }",
        "if\n(true[]) { }",
        "true[] ? true[] ? -(0010,0010)",
        "true[] ? -(0010,0010) : false[] ? -(0010,0020)",
        "true[] ? if (true[]) { }",
        "true[] ? removeAllPrivateTags",
        'true[] ? version "6.6"',
        "true[] ? { -(0010,0010) }",
        "true[] ?\n-(0010,0010)",
        "true[] ? -(0010,0010) :",
        '(0008,0060) = "CT" = "CT" ? -(0010,0010)',
        '(0008,0060) < "CT" ? -(0010,0010)',
        '(0008,0060) =~ "CT" ? -(0010,0010)',
        '(0008,0060) = "CT"',
        'Echo "x"',
        "IF (true[]) { }",
    ],
)
def test_a_branch_that_is_not_well_formed_is_refused(statement: str) -> None:
    with pytest.raises(BadScript):
        parse(f'version "6.6"\n{statement}\n-(0010,0020)')


@pytest.mark.parametrize(
    ("statements", "changed"),
    [
        ('a := "x"\n(0010,0020) := a', {"PatientID": "x"}),
        ("a := 5\n(0010,0020) := a", {"PatientID": "5"}),
        ('a := (0010,0010)\n(0010,0010) := "y"\n(0010,0020) := a', {"PatientName": "y", "PatientID": "Meyer^Jan"}),
        ('a := "1"\nb := concatenate[a, a]\na := b\n(0010,0020) := a', {"PatientID": "11"}),
        ("a := (0010,1010)\n(0010,0020) := a", {}),
        ("a := (0010,1010)\n(0010,0020) ?= a", {"PatientID": ""}),
        ("a := (0010,0030)\n(0010,0020) := a", {"PatientID": ""}),
        ('a := (0010,1010)\na != "" ? -(0010,0010)', {"PatientName": None}),
        ('a := "x"\nA := "y"\n(0010,0020) := a', {"PatientID": "x"}),
        ('if (true[]) { a := "x" } else { a := "y" }\n(0010,0020) := a', {"PatientID": "x"}),
        ('a := "x"\nif (true[]) { a := "y" }\n(0010,0020) := a', {"PatientID": "y"}),
        ('describe a "Title"\na := "x"\n(0010,0020) := a', {"PatientID": "x"}),
        ('a := "x"\ndescribe a hidden\n(0010,0020) := a', {"PatientID": "x"}),
        ('export a "field"\na := "x"\n(0010,0020) := a', {"PatientID": "x"}),
        ('a := {"x", {"y"}}\n(0010,0020) := format["{0}{1}", a]', {"PatientID": "xy"}),
        ('p := "(0010,0010)"\ndelete[p]', {"PatientName": None}),
        ('p := "(0010,0010)"\nremoveTags[{p}]', {"PatientName": None}),
        ('b := "1"\na := {b}\nb := "2"\n(0010,0020) := format["{0}", a]', {"PatientID": "1"}),
    ],
)
def test_a_variable_holds_what_it_was_given(statements: str, changed: dict[str, str | None]) -> None:
    assert changes(statements, HEADER) == changed


@pytest.mark.parametrize(
    ("statements", "wanted"),
    [
        ("(0010,0020) := subject", ("subject",)),
        ("(0010,0020) ?= subject", ("subject",)),
        ("a := subject", ("subject",)),
        ("echo subject", ("subject",)),
        ('subject = "x" ? -(0010,0010)', ("subject",)),
        ('"x" ~ subject ? -(0010,0010)', ("subject",)),
        ("if (isPresent[(0010,0010)]) { (0010,0020) := subject }", ("subject",)),
        ("lowercase[subject]", ("subject",)),
        ("blankValues[{subject, {project}}]", ("subject", "project")),
        ("subject := subject", ("subject",)),
        ('subject := "s"\n(0010,0020) := subject', ()),
        ('(0010,0020) := subject\nsubject := "s"', ("subject",)),
        ("describe subject hidden", ("subject",)),
        ("describe subject const", ("subject",)),
        ("describe subject immutable", ("subject",)),
        ('describe subject "Subject"', ()),
        ('export subject "field"', ()),
        ('subject := "s"\ndescribe subject hidden', ()),
        ("describe subject hidden\n(0010,0020) := subject", ("subject",)),
        ('if (false[]) { s := "x" }\n(0010,0020) := s', ()),
        ('if (false[]) { (0010,0020) := s } else { s := "x" }', ("s",)),
        ("(0010,0020) := Subject\n(0010,0010) := subject", ("Subject", "subject")),
    ],
)
def test_the_host_is_asked_for_names_that_are_read_before_they_are_given(
    statements: str, wanted: tuple[str, ...]
) -> None:
    assert parse(f'version "6.6"\n{statements}').variables == wanted


@pytest.mark.parametrize(
    ("statements", "changed"),
    [
        ("(0010,0020) := subject", {"PatientID": "S-1"}),
        ("(0010,0020) := SUBJECT", {"PatientID": "S-1"}),
        ('describe subject const\nsubject := "own"\n(0010,0020) := subject', {"PatientID": "own"}),
        (
            '(0010,0010) := subject\nsubject := "own"\n(0010,0020) := subject',
            {"PatientName": "S-1", "PatientID": "own"},
        ),
        ('(0010,0020) := format["{1}.{0}", subject, project]', {"PatientID": "T.S-1"}),
        ('subject = "S-1" ? -(0010,0010)', {"PatientName": None}),
    ],
)
def test_what_the_host_gives_is_used_until_the_script_says_otherwise(
    statements: str, changed: dict[str, str | None]
) -> None:
    assert changes(statements, HEADER, variables={"Subject": "S-1", "project": "T"}) == changed


@pytest.mark.parametrize("statement", ["(0010,0020) := subject", "describe subject hidden", "removeTags[{subject}]"])
def test_a_name_that_the_host_does_not_know_stops_the_script(statement: str) -> None:
    with pytest.raises(BadScript, match="subject"):
        edited(f"-(0010,0010)\n{statement}", HEADER, variables={"project": "T"})


def test_a_variable_given_only_in_a_branch_that_was_not_taken_fails_the_script() -> None:
    with pytest.raises(ScriptFailed, match="has no value"):
        edited('if (false[]) { t := "in" }\n(0010,0020) := t', HEADER)

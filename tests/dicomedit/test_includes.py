"""A script may include others; every message leads to the line in the file where it stands."""

from __future__ import annotations

import pickle
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from uploader.dicomedit import Script, parse
from uploader.dicomedit.includes import expanded
from uploader.domain.errors import BadScript, ScriptFailed

HEAD = 'version "6.6"\n'


def script(text: str, others: Mapping[str, str]) -> Script:
    return parse(text, "site.das", read=lambda name: _text(others, name))


def _text(others: Mapping[str, str], name: str) -> str:
    if name not in others:
        raise FileNotFoundError(name)
    return others[name]


def complaint(text: str, others: Mapping[str, str]) -> str:
    with pytest.raises(BadScript) as caught:
        script(text, others)
    return str(caught.value)


def patient() -> Dataset:
    dataset = Dataset()
    dataset.PatientName, dataset.PatientID = "Rivera^Ana", "MRN-77"
    return dataset


def test_what_is_included_is_carried_out_in_its_place() -> None:
    text = (
        'version "6.6"\n(0010,0020) := "1"\n  include "base/a.das"  // the base\nid := (0010,0020)\n(0010,4000) := id'
    )
    after = script(text, {"base/a.das": HEAD + '(0010,0020) := "2"\n-(0010,0010)\n'}).apply(patient())
    assert (after.PatientID, after.PatientComments) == ("2", "2")
    assert "PatientName" not in after


def test_it_may_stand_in_a_block() -> None:
    text = HEAD + 'if (true[]) {\ninclude "a.das"\n}'
    assert "PatientName" not in script(text, {"a.das": "-(0010,0010)"}).apply(patient())


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('include "a.das"\n-(0010,0010) ;', "site.das, line 2, column 14: "),
        ('\ninclude "b.das"\n', "b.das, line 3, column 1: "),
        ('include "a.das"\r\ninclude "b.das"', "b.das, line 3, column 1: "),
        ('include "a.das"\ninclude "a.das"\n\n;', "site.das, line 4, column 1: "),
    ],
)
def test_an_error_names_the_file_and_the_line_in_it(text: str, place: str) -> None:
    others = {"a.das": HEAD + "-(0010,0010)\n-(0010,0020)", "b.das": HEAD + "\n;"}
    assert complaint(text, others).startswith(place)


def test_a_failure_on_an_instance_names_them_too() -> None:
    with pytest.raises(ScriptFailed, match=r"^a\.das, line 2: "):
        script('include "a.das"', {"a.das": HEAD + '(0028,0010) := "tall"'}).apply(patient())


def test_the_description_says_which_lines_were_included() -> None:
    described = script(HEAD + 'include "a.das"\n-(0010,0020)', {"a.das": "-(0010,0010)"}).describe()
    assert described == ["a.das, line 1: remove Patient's Name (0010,0010)", "line 3: remove Patient ID (0010,0020)"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../secret", "below the folder"),
        ("/etc/passwd", "below the folder"),
        ("a/../b.das", "below the folder"),
        ("nowhere.das", "nowhere.das is not a script"),
        ("site.das", "a circle: site.das includes site.das"),
        ("round.das", "a circle: round.das includes again.das includes round.das"),
        ("open.das", "ends in a backslash"),
    ],
)
def test_what_cannot_be_included_is_refused(name: str, says: str) -> None:
    others = {"round.das": 'include "again.das"', "again.das": 'include "round.das"', "open.das": "-(0010,0010)\\\n"}
    assert says in complaint(f'{HEAD}include "{name}"', others)


def test_the_caret_stands_under_the_name() -> None:
    said = complaint(f'{HEAD}include "nowhere.das"', {}).split("\n")
    assert said[2] == "    " + " " * 9 + "^"


def test_nothing_is_included_without_a_folder_of_scripts() -> None:
    with pytest.raises(BadScript, match="nothing can be included here"):
        parse(f'{HEAD}include "a.das"')


def test_nothing_is_included_where_the_reference_is_to_be_matched() -> None:
    with pytest.raises(BadScript, match="nothing can be included here"):
        parse(f'{HEAD}include "a.das"', compatible=True, read=lambda name: "")


def test_a_line_that_is_joined_to_the_one_before_is_no_include() -> None:
    text = HEAD + '(0010,0020) := "a" // \\\ninclude "nowhere.das"'
    assert script(text, {}).apply(patient()).PatientID == "a"


def test_a_script_travels_to_another_process_with_what_it_includes() -> None:
    sent = pickle.loads(pickle.dumps(script(HEAD + 'include "a.das"', {"a.das": "-(0010,0010)"})))
    assert "PatientName" not in sent.apply(patient())
    assert sent.describe() == ["a.das, line 1: remove Patient's Name (0010,0010)"]


@given(
    st.lists(
        st.sampled_from(["", "x", "\\", 'include "a"', '  include "b" // c', "// note"]), min_size=1, max_size=8
    ).filter(any)
)
def test_every_line_but_the_includes_stands_where_it_stood(lines: list[str]) -> None:
    source = expanded("site", "\n".join(lines), lambda name: f"of {name}\n")
    own = [
        (p.first_line + i, line) for p in source.parts if p.name == "site" for i, line in enumerate(p.text.split("\n"))
    ]
    assert all(lines[number - 1] == line for number, line in own)

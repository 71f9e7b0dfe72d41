"""Every function of the language: what it gives, what it changes, and when it fails."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dicomedit.headers import changes, edited
from uploader.dicomedit import apply, parse
from uploader.dicomedit.functions.uids import hashed_uid
from uploader.domain.errors import BadScript, ScriptFailed, ScriptRejected

HEADER: dict[str, Any] = {
    "SpecificCharacterSet": "ISO_IR 192",
    "ImageType": ["A", "B"],
    "SOPInstanceUID": "1.3.12.9.4",
    "RelatedGeneralSOPClassUID": ["1.3.12.2.11", "1.3.12.2.11.4"],
    "StudyDate": "20240115",
    "PatientName": "Peña^Zoë",
    "PatientID": "MRN-77",
    "PatientSex": "F",
    "PatientBirthDate": "",
    "StudyInstanceUID": "1.3.6.1.4.1.9590.100.7",
    "Rows": 512,
    "RequestAttributesSequence": [{"PatientID": "MRN-77", "StudyInstanceUID": "1.2"}, {"PatientID": "other"}],
}
ITEM = "RequestAttributesSequence[{}]/{}"
MISSING, EMPTY, MANY = "(0010,1010)", "(0010,0030)", "(0010,00XX)"


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ('substring["abcdef", 0, 3]', "abc"),
        ('substring["abcdef", 3, 6]', "def"),
        ('substring["abcdef", "2", "2"]', ""),
        ('substring["abcdef", "+1", 2]', "b"),
        ('substring["", 0, 0]', ""),
        ("substring[12345, 1, 3]", "23"),
        ("substring[(0010,0010), 0, 4]", "Peña"),
        ("substring[(0008,0008), 0, 3]", "A\\B"),
        ('substring[concatenate["ab", "cd"], 1, substring["3x", 0, 1]]', "bc"),
        ('substring["abc", 0, 1, "more"]', "a"),
        ('concatenate["a"]', "a"),
        ("concatenate[]", ""),
        ('concatenate["a", 5, -1.50, (0010,0020), "b"]', "a5-1.50MRN-77b"),
        (f'concatenate["<", {EMPTY}, ">"]', "<>"),
        ('concatenate[{"a", "b"}, "c"]', "[a, b]c"),
        ('format["plain"]', "plain"),
        ('format["", "a"]', ""),
        ('format["{0}"]', "{0}"),
        ('format["{1}{0}{1}", "a", "b"]', "bab"),
        ('format["{0}{2}", "a", "b"]', "a{2}"),
        ('format["{0} of {1}", (0010,0020), (0028,0010)]', "MRN-77 of 512"),
        (f'format["<{{0}}{{1}}>", {MISSING}, {EMPTY}]', "<null>"),
        ("format[\"it''s {0}\", 1]", "it's 1"),
        ("format[\"'{0}' {0}\", 1]", "{0} 1"),
        ("format[\"'{'{0}'}'\", 1]", "{1}"),
        ('format["it\'s {0}", 1]', "its {0}"),
        ("format[\"'a''b'{0}\", 1]", "a'b1"),
        ('format["{0}}", 1]', "1}"),
        ('format["}{0}", 1]', "}1"),
        ('format["{0}{1}{2}", {"a", {"b"}}, "c"]', "abc"),
        ('format["{0}", {(0010,0020)}]', "MRN-77"),
        ('format["{00}{10}", "a"]', "a{10}"),
        ('format[(0010,0020), "a"]', "MRN-77"),
        ('lowercase["ÄB1"]', "äb1"),
        ("lowercase[(0010,0020)]", "mrn-77"),
        (f"lowercase[{EMPTY}]", ""),
        ("lowercase[5]", "5"),
        ('uppercase["straße é"]', "STRASSE É"),
        ('uppercase["a", "ignored"]', "A"),
        ('replace["a.b.c", ".", "-"]', "a-b-c"),
        ('replace["aaa", "aa", "b"]', "ba"),
        ('replace["abc", "x", "y"]', "abc"),
        ('replace["abc", "", "-"]', "-a-b-c-"),
        ('replace["", "", "-"]', "-"),
        ('replace["abc", "b", ""]', "ac"),
        (r'replace["a$1b", "$1", "\\"]', "a\\b"),
        ("replace[(0010,0020), (0010,0020), (0010,0040)]", "F"),
        ('match["run12b", "[0-9]+", 0]', "12"),
        ('match["run12b", "([a-z]+)([0-9]+)", "2"]', "12"),
        ('match["a1b2", "[a-z][0-9]", 0]', "a1"),
        (r'match[(0010,0020), "(?<n>\\d)\\d", 1]', "7"),
        ('match["abc", "", 0]', ""),
        ('ismatch["abc", "a.c"]', "true"),
        ('ismatch["abcd", "a.c"]', "false"),
        ('ismatch[(0010,0020), "MRN.*"]', "true"),
        (f'ismatch[{EMPTY}, ""]', "true"),
        ('ismatch[12, "1."]', "true"),
        ('normalizeString["plain"]', "plain"),
        ("normalizeString[(0010,0010)]", "Pe_a^Zo_"),
        ('normalizeString[(0010,0010), ""]', "Pea^Zo"),
        ('normalizeString[(0010,0010), "??"]', "Pe??a^Zo??"),
        ('normalizeString[(0010,0010), "<$0>"]', "Pe<ñ>a^Zo<ë>"),
        (r'normalizeString["é", "\\$1\\\\"]', "$1\\"),
        ('normalizeString["plain", "$1"]', "plain"),
        ('normalizeString["😀x"]', "_x"),
        ('hashUID["a"]', "2.25.179403677583746540980416086164846078698"),
        ('hashUID[""]', "2.25.290070988920337595058960832122557831312"),
        ('hashUID["1.2.3"]', "2.25.148370922854076938159295778886134140470"),
        ("hashUID[(0010,0010)]", "2.25.114865837339159468451708170805879347649"),
        ("hashUID[(0020,000D)]", "2.25.307685385581558842085071044866490915669"),
        ("hashUID[(0010,0020)]", "2.25.229495824997955551034490210873021731417"),
        (f"hashUID[{EMPTY}]", "2.25.290070988920337595058960832122557831312"),
        ("hashUID[(0008,001A)]", hashed_uid("1.3.12.2.11\\1.3.12.2.11.4")),
        ('hashUID["a", "MD5"]', "2.25.179403677583746540980416086164846078698"),
        ("true[]", "true"),
        ("false[1, 2]", "false"),
        ("and[]", "true"),
        ("or[]", "false"),
        ('and["TRUE", true[], "True"]', "true"),
        ('and[true[], "yes"]', "false"),
        ('or["no", {"x", {"true"}}]', "true"),
        ("or[false[], (0010,0020)]", "false"),
        ("and[{}]", "true"),
        ("equals[]", "false"),
        ('equals["a"]', "false"),
        ('equals["a", "a", "a"]', "true"),
        ('equals["a", "A"]', "false"),
        ("equals[1, 1.0]", "false"),
        ('equals[1, "1"]', "true"),
        ('equals[(0010,0020), "MRN-77"]', "false"),
        ("equals[(0010,0020), (0010,0020)]", "true"),
        ('equals[valueAt[(0010,0020)], "MRN-77"]', "true"),
        ("valueAt[(0010,0020)]", "MRN-77"),
        ('valueAt["(0010,0020)"]', "MRN-77"),
        ("valueAt[(0040,0275)[1]/(0010,0020)]", "other"),
        (f"valueAt[{EMPTY}]", ""),
        ("isPresent[]", "true"),
        ("isPresent[(0010,0020)]", "true"),
        (f"isPresent[{EMPTY}]", "true"),
        (f"isPresent[(0010,0020), {MISSING}]", "false"),
        ("isPresent[(0040,0275)]", "true"),
        ("isPresent[(0040,0275)[1]]", "true"),
        ("isPresent[(0040,0275)[2]]", "false"),
        ("isPresent[(0040,0275)[1]/(0010,0020)]", "true"),
        ("isPresent[(0040,0275)[1]/(0020,000D)]", "false"),
        ("isPresent[(0040,0555)[0]/(0010,0020)]", "false"),
        ("isPresent[(0010,0020)[0]]", "false"),
        ("isPresent[(0002,0010)]", "true"),
        ("collectValues[]", "[]"),
        ("collectValues[*/(0010,0020)]", "[MRN-77, MRN-77, other]"),
        (f'collectValues[{MISSING}, "x", 5, {{"y"}}]', "[x, 5, y]"),
        ("collectValues[(0008,0008)]", "[A\\B]"),
    ],
)
def test_a_function_gives_this_text(call: str, text: str) -> None:
    assert edited(f"(4000,4000) := {call}", HEADER).TextComments == text


@pytest.mark.parametrize(
    "call",
    [
        'match["abc", "z", 0]', 'match["ac", "(a)|(b)", 2]', f"valueAt[{MISSING}]", f"hashUID[{MISSING}]",
        f"normalizeString[{MISSING}]", f'lookup["id", {MISSING}]', 'lookup["id", "unknown"]',
        "valueAt[(0040,0275)[7]/(0010,0020)]", "valueAt[(0029,{NOBODY}10)]",
    ],
)  # fmt: skip
def test_a_function_gives_nothing_and_nothing_is_assigned(call: str) -> None:
    assert changes(f"(4000,4000) := {call}", HEADER) == {}


@pytest.mark.parametrize(
    "call",
    [
        'substring["abc", 0, 4]', 'substring["abc", 2, 1]', 'substring["abc", -1, 2]', 'substring["abc", 4, 4]',
        'substring["abc", "a", 2]', 'substring["abc", " 1", 2]', 'substring["abc", 1.0, 2]', 'substring["abc", "", 2]',
        'substring["abc", 1]', 'substring["abc"]', "substring[]", f"substring[{MISSING}, 0, 0]",
        f'substring["abc", {MISSING}, 1]', 'substring["abc", 0, 3000000000]',
        f'concatenate["a", {MISSING}]', "concatenate[unset]", "concatenate[(0040,0275)]",
        "format[]", 'format["{0", 1]', 'format["{}", 1]', 'format["{x}", 1]', 'format["{ 0}", 1]', 'format["{-1}", 1]',
        'format["{0,number}", 1]', 'format["{0}{", 1]', f"format[{MISSING}, 1]",
        "lowercase[]", 'lowercase["a", "b"]', f"lowercase[{MISSING}]", "uppercase[]", f"uppercase[{MISSING}]",
        'Lowercase["a"]', 'upperCase["a"]', "lowercase[(0040,0275)]",
        'replace["abc", "b"]', 'replace["abc"]', f'replace[{MISSING}, "a", "b"]', f'replace["a", {MISSING}, "b"]',
        'match["a", "a"]', 'match["a"]', 'match["a", "a", 1]', 'match["a", "a", -1]', 'match["a", "[", 0]',
        'match["a", "a", "x"]', f'match[{MISSING}, "a", 0]', f'match["a", {MISSING}, 0]',
        'ismatch["a"]', "ismatch[]", f'ismatch[{MISSING}, "a"]', 'ismatch["a", "("]', f'ismatch["a", {MISSING}]',
        "normalizeString[]", 'normalizeString["é", "$1"]', 'normalizeString["é", "$"]', r'normalizeString["é", "\\"]',
        "hashUID[]", "hashUID[(0040,0275)]",
        "valueAt[]", "valueAt[(0010,0020), (0010,0010)]", 'valueAt["nonsense"]', f"valueAt[{MANY}]", "valueAt[5]",
        "valueAt[(0040,0275)]", "valueAt[(0040,0275)[0]]", 'valueAt["*/(0010,0020)"]',
        'isPresent["(0010,0020)"]', f"isPresent[{MANY}]", "isPresent[(0040,0275)/(0010,0020)]", "isPresent[5]",
        "isPresent[{(0010,0020)}]", "isPresent[*/(0010,0020)]", "isPresent[(0040,0275)[%]]",
        f"and[true[], {MISSING}]", f"or[{MISSING}]", "and[(0040,0275)]",
        'lookup["id"]', "lookup[]", f'lookup[{MISSING}, "a"]',
        'mapUID["1.2"]', "mapUID[]", 'mapUID["1.2", "9.8."]', 'mapUID["1.2", ".9"]', 'mapUID["1.2", "9..8"]',
        'mapUID["1.2", "9.08"]', 'mapUID["1.2", "a.b"]', 'mapUID["1.2", ""]',
        'mapUID["1.2", "1234567890.123456789.12345"]',
        'getURL["http://127.0.0.1:9/"]', "getURL[]", 'trim[" a "]', 'urlEncode["a"]', 'hash["a"]', 'default["a", "b"]',
        "makeSessionLabel[]", 'site_function["a"]', "concatenate", 'concatenate("a")', 'concatenate["a",]',
        "concatenate[,]",
        'set["(0010,0020)", "a"]', 'delete["(0010,0020)"]', "hashUIDList[(0010,0020)]", "retainPrivateTags[]",
        'mapReferencedUIDs["1.2", "(0010,0020)"]', 'shiftDateTimeSequenceByIncrement[1, "(0010,0020)"]',
        'alterPixels["rectangle", "l=0,t=0,r=1,b=1", "solid", ""]', "removeTags[(0010,0020)]", 'blankValues["a"]',
        "removeAllPrivateTags",
    ],
)  # fmt: skip
def test_a_function_that_cannot_answer_fails_the_script(call: str) -> None:
    with pytest.raises((BadScript, ScriptFailed)):
        edited(f"(4000,4000) := {call}", HEADER)


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("hashUIDList[(0020,000D)]", {"StudyInstanceUID": hashed_uid("1.3.6.1.4.1.9590.100.7")}),
        ('hashUIDList["(0020,000D)"]', {"StudyInstanceUID": hashed_uid("1.3.6.1.4.1.9590.100.7")}),
        ("l := {(0020,000D)}\nhashUIDList[l]", {"StudyInstanceUID": hashed_uid("1.3.6.1.4.1.9590.100.7")}),
        (
            "hashUIDList[*/(0020,000D)]",
            {
                "StudyInstanceUID": hashed_uid("1.3.6.1.4.1.9590.100.7"),
                ITEM.format(0, "StudyInstanceUID"): hashed_uid("1.2"),
            },
        ),
        ("hashUIDList[(0040,0275)[0]/(0020,000D)]", {ITEM.format(0, "StudyInstanceUID"): hashed_uid("1.2")}),
        (
            "hashUIDList[(0008,001A)]",
            {"RelatedGeneralSOPClassUID": f"{hashed_uid('1.3.12.2.11')}\\{hashed_uid('1.3.12.2.11.4')}"},
        ),
        ("hashUIDList[(0010,0020)]", {"PatientID": hashed_uid("MRN-77")}),
        (f"hashUIDList[{EMPTY}, {MISSING}, (0040,0275), (0040,0275)[0]]", {}),
        ("hashUIDList[]", {}),
        ('set["(0010,0020)", "z"]', {"PatientID": "z"}),
        ('set["(0010,1010)", "z"]', {"PatientAge": "z"}),
        ('set["(0010,0020)", ""]', {"PatientID": ""}),
        ('set["(0010,0020)", 5]', {"PatientID": "5"}),
        ('set["(0010,0020)", (0010,0040)]', {"PatientID": "F"}),
        ('set["(0010,0020)", uppercase["z"]]', {"PatientID": "Z"}),
        ('set["( 0010 , 0020 )", "z"]', {"PatientID": "z"}),
        ('set["(0040,0275)[1]/(0010,0020)", "z"]', {ITEM.format(1, "PatientID"): "z"}),
        (
            'set["(0040,0275)[2]/(0010,0020)", "z"]',
            {"RequestAttributesSequence": "3 items", ITEM.format(2, "PatientID"): "z"},
        ),
        ('p := "(0010,0020)"\nset[p, "z"]', {"PatientID": "z"}),
        ('delete["(0010,0020)"]', {"PatientID": None}),
        ('delete["(0010,0020)", "(0010,0010)"]', {"PatientID": None}),
        ('delete["(0010,1010)"]', {}),
        ('delete["(0040,0275)[0]/(0020,000D)"]', {ITEM.format(0, "StudyInstanceUID"): None}),
        ('delete["(0040,0275)[9]/(0020,000D)"]', {}),
        ('delete["(0040,0555)[0]/(0020,000D)"]', {}),
        ('delete["(0010,0020)[0]/(0020,000D)"]', {}),
        (
            'delete["(0040,0275)"]',
            {
                "RequestAttributesSequence": None,
                ITEM.format(0, "PatientID"): None,
                ITEM.format(0, "StudyInstanceUID"): None,
                ITEM.format(1, "PatientID"): None,
            },
        ),
        ("removeTags[]", {}),
        ('removeTags[(0010,0020), {"(0010,0040)"}]', {"PatientID": None, "PatientSex": None}),
        ("removeTags[{}]", {}),
        ("removeTags[(0029,{NOBODY}XX)]", {}),
        ('blankValues["MRN-77"]', {"PatientID": "", ITEM.format(0, "PatientID"): ""}),
        ("blankValues[(0010,0020)]", {"PatientID": "", ITEM.format(0, "PatientID"): ""}),
        ("blankValues[{(0010,0020)}]", {"PatientID": "", ITEM.format(0, "PatientID"): ""}),
        ("blankValues[*/(0010,0020)]", {"PatientID": "", **{ITEM.format(n, "PatientID"): "" for n in (0, 1)}}),
        ("blankValues[512]", {"Rows": ""}),
        ('blankValues["MRN", "mrn-77", "77", "A", ""]', {}),
        (r'blankValues["A\\B"]', {"ImageType": ""}),
        ("blankValues[]", {}),
        (f"blankValues[{MISSING}, {EMPTY}]", {}),
        (
            'v := collectValues[(0010,0020)]\n(0010,0020) := "z"\nblankValues[v]',
            {"PatientID": "z", ITEM.format(0, "PatientID"): ""},
        ),
        ('lowercase["A"]', {}),
        ("newUID[]", {}),
        ("false[]", {}),
        ('reject["no"]', {}),
        ("reject[false[]]", {}),
        ('(0010,0020) = "other" ? reject[]', {}),
        ('alterPixels["rectangle", "l=0,t=0,r=1,b=1", "solid", "v=0"]', {}),
    ],
)
def test_a_function_changes_this(statement: str, changed: dict[str, str | None]) -> None:
    assert changes(statement, HEADER) == changed


@pytest.mark.parametrize(
    "statement",
    [
        'hashUIDList["nonsense"]', "hashUIDList[5]", "hashUIDList[(0028,0010)]",
        'set["(0010,0020)"]', f'set["(0010,0020)", {MISSING}]', 'set[(0010,0020), "z"]', 'set["(0010,00XX)", "z"]',
        'set["(0040,0275)/(0010,0020)", "z"]', 'set["(0040,0275)[0]", "z"]', 'set["(0040,0275)[%]/(0010,0020)", "z"]',
        'set["(0029,{A}10)", "z"]', 'set["*/(0010,0020)", "z"]', 'set["PatientID", "z"]', 'set["(0040,0275)", "z"]',
        'set["(0010,0020)[0]/(0010,0010)", "z"]', 'set["(0028,0010)", "tall"]', "set[]",
        "delete[]", "delete[(0010,0020)]", 'delete["(0010,XXXX)"]', 'delete["(0040,0275)[0]"]',
        'delete["-(0010,0020)"]',
        'delete["(0040,0275)/(0010,0020)"]', 'delete[""]', 'p := "x"\ndelete[p]',
        'removeTags["nonsense"]', 'removeTags["(0010,0020)", "x"]', "removeTags[(0029,1008)]", "removeTags[5]",
        'removeTags["(0040,0275)/+"]', f"removeTags[valueAt[{MISSING}]]",
        "blankValues[(0040,0275)[0]/]", "reject[unset]",
        'mapReferencedUIDs["9.8"]', "mapReferencedUIDs[]", 'mapReferencedUIDs["9.8.", "(0020,000D)"]',
        'mapReferencedUIDs["9.8", "nonsense"]',
        'alterPixels["rectangle", "l=0,t=0,r=1,b=1", "solid"]', 'alterPixels["circle", "l=0,t=0,r=1,b=1", "solid", ""]',
        'alterPixels["rectangle", "l=0,t=0,r=1", "solid", ""]', 'alterPixels["rectangle", "", "solid", ""]',
        'alterPixels["rectangle", "l=0,t=0,r=1,b=1,x=1", "solid", ""]',
        'alterPixels["rectangle", "0,0,1,1", "solid", ""]',
        'alterPixels["rectangle", "l=0.5,t=0,r=1,b=1", "solid", ""]',
        'alterPixels["rectangle", "l=0,l=1,t=0,r=1,b=1", "solid", ""]',
        'alterPixels["rectangle", "l=0,t=0,r=1,b=1", "blur", ""]',
        'alterPixels["rectangle", "l=0,t=0,r=1,b=1", "solid", "v=256"]',
        'alterPixels["rectangle", "l=0,t=0,r=1,b=1", "solid", "v=-1"]',
        'alterPixels["rectangle", "l=0,t=0,r=1,b=1", "solid", "x=1"]',
        'alterPixels["rectangle", "l=0,t=0,r=1,b=1", "solid", "r=1,g=2"]',
        'alterPixels["rectangle", "l=0,t=0,r=1,b=1", "solid", "black"]',
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_made_fails_the_script(statement: str) -> None:
    with pytest.raises((BadScript, ScriptFailed)):
        edited(statement, HEADER)


@pytest.mark.parametrize(
    "statement",
    [
        "reject[]", "reject[true[]]", 'reject["TRUE"]', 'reject[equals["a", "a"]]', "reject[isPresent[(0010,0020)]]",
        '(0010,0020) = "MRN-77" ? reject[]', 'if ((0010,0020) ~ "MRN.*") { reject[] }', "v := true[]\nreject[v]",
        'false[] ? -(0010,0010) : reject[]', '(0010,0020) := "true"\nreject[(0010,0020)]',
    ],
)  # fmt: skip
def test_a_rejected_instance_is_neither_passed_on_nor_failed(statement: str) -> None:
    with pytest.raises(ScriptRejected):
        edited(statement, HEADER)
    assert changes(statement, HEADER, ignore_rejection=True).keys() <= {"PatientID"}


def test_a_uid_from_a_map_is_the_same_for_the_same_text_and_begins_with_its_first_prefix() -> None:
    after = edited(
        '(0020,000D) := mapUID["1.2", "9.8"]\n(0020,000E) := mapUID["1.2", "7.6"]\n(0008,0018) := mapUID["1.3", "7.6"]',
        {},
    )
    assert after.StudyInstanceUID == after.SeriesInstanceUID
    assert after.StudyInstanceUID.startswith("9.8.")
    assert after.SOPInstanceUID.startswith("7.6.")


def test_a_map_goes_by_the_value_of_an_element() -> None:
    after = edited('(0020,000D) := mapUID[(0010,0020), "9.8"]\n(0020,000E) := mapUID["MRN-77", "9.8"]', HEADER)
    assert after.StudyInstanceUID == after.SeriesInstanceUID


@pytest.mark.parametrize("path", ['"*/(0020,000D)"', "*/(0020,000D)", '"(0020,000D)", "(0040,0275)[0]/(0020,000D)"'])
def test_referenced_uids_are_mapped_in_their_places(path: str) -> None:
    after = edited(f'(0008,0018) := "1.2"\nmapReferencedUIDs["9.8", {path}, "(0008,0018)"]', HEADER)
    inner = after.RequestAttributesSequence[0].StudyInstanceUID
    assert inner == after.SOPInstanceUID != after.StudyInstanceUID
    assert all(str(uid).startswith("9.8.") for uid in (inner, after.StudyInstanceUID))


def test_the_two_maps_of_uids_are_two_maps() -> None:
    after = edited('(0020,000E) := mapUID["1.2", "9.8"]\nmapReferencedUIDs["9.8", "*/(0020,000D)"]', HEADER)
    assert after.SeriesInstanceUID != after.RequestAttributesSequence[0].StudyInstanceUID


def test_a_multi_valued_element_becomes_one_mapped_uid() -> None:
    assert edited('mapReferencedUIDs["9.8", "(0008,001A)"]', HEADER).RelatedGeneralSOPClassUID.startswith("9.8.")


def test_the_longest_prefix_leaves_room_for_a_uid_of_64_characters() -> None:
    uid = edited('(0020,000D) := mapUID["1", "1234567890.1234567890.12"]', {}).StudyInstanceUID
    assert len(uid) <= 64


def test_a_new_uid_is_new_every_time() -> None:
    after = edited('(0020,000D) := newUID[]\n(0020,000E) := newUID["ignored"]', {})
    assert after.StudyInstanceUID != after.SeriesInstanceUID
    assert after.StudyInstanceUID.startswith("2.25.")


TABLE = """// names
name/Rivera^Ana = S001
  id / MRN-77=77
id/ spaced = X
id/a b  = Y
id/void =
id/two = a = b
id/a/b = c
no slash = z
only text
//id/comment = q
id/again = first
id/again = last
"""


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("name", "Rivera^Ana", "S001"), ("NAME", "Rivera^Ana", None), ("name", "rivera^ana", None),
        ("id", " MRN-77", "77"),
        ("id", "MRN-77", None), ("id", " spaced", "X"), ("id", "spaced", None), ("id", "a b", "Y"), ("id", "two", None),
        ("id", "a/b", None), ("id", "a", None), ("id", "comment", None), ("id", "again", "last"), ("id", "", None),
    ],
)  # fmt: skip
def test_a_lookup_finds_what_the_table_says(kind: str, key: str, value: str | None) -> None:
    after = apply(f'version "6.6"\n(4000,4000) := lookup["{kind}", "{key}"]', edited("", {}), lookup=TABLE)
    assert after.get("TextComments") == value


def test_a_lookup_replaces_only_what_it_knows() -> None:
    table = "id/MRN-77 = S-1"
    known = edited('(0010,0020) := lookup["id", (0010,0020)]', {"PatientID": "MRN-77"}, lookup=table)
    unknown = edited('(0010,0020) := lookup["id", (0010,0020)]', {"PatientID": "MRN-78"}, lookup=table)
    assert (known.PatientID, unknown.PatientID) == ("S-1", "MRN-78")


def test_an_unknown_function_is_refused_in_a_branch_that_is_never_taken() -> None:
    with pytest.raises(BadScript, match="there is no function nothing"):
        parse('version "6.6"\nif (false[]) { true[] ? nothing[] }')


def test_what_is_written_out_is_checked_before_a_patient_is_touched() -> None:
    for call in ('set[(0010,0020), "z"]', 'mapUID["a", "9."]', 'shiftDateByIncrement["2024", 1, "weeks"]'):
        with pytest.raises(BadScript):
            parse(f'version "6.6"\nfalse[] ? {call}')

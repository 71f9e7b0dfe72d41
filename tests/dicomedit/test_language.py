"""What the language does, in a few words; the conformance cases say the rest."""

from __future__ import annotations

import pickle

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

from uploader.dicomedit import apply, parse
from uploader.dicomedit.decoded import float_text
from uploader.dicomedit.functions.dates import shifted
from uploader.dicomedit.regex import BadPattern, compiled


def edited(script: str, dataset: Dataset, **extra: object) -> Dataset:
    return apply(f'version "6.6"\n{script}', dataset, **extra)  # type: ignore[arg-type]


def nested() -> Dataset:
    """A name at the top, in an item, and in an item of an item."""
    inner, outer, dataset = Dataset(), Dataset(), Dataset()
    inner.PatientName = "C"
    outer.PatientName = "B"
    outer.SourceImageSequence = Sequence([inner])
    dataset.PatientName = "A"
    dataset.ReferencedImageSequence = Sequence([outer])
    return dataset


def names(dataset: Dataset) -> list[str]:
    return sorted(str(e.value) for e in dataset.iterall() if e.keyword == "PatientName")


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("(0010,0010)", ["B", "C"]),
        ("*/(0010,0010)", []),
        ("+/(0010,0010)", ["A"]),
        ("./(0010,0010)", ["A", "C"]),
        ("././(0010,0010)", ["A", "B"]),
        ("(0008,1140)/(0010,0010)", ["A", "C"]),
        ("(0008,1140)[%]/*/(0010,0010)", ["A"]),
        ("(0008,1140)[1]/(0010,0010)", ["A", "B", "C"]),
        ("*/(0008,2112)", ["A", "B"]),
        ("(0008,XXXX)", ["A"]),
        ("*/(001@,0010)", []),
        ("*", []),
    ],
)
def test_a_deletion_reaches_exactly_what_its_path_names(path: str, left: list[str]) -> None:
    assert names(edited(f"-{path}", nested())) == left


def test_neighbouring_deletions_do_the_same_as_deletions_one_by_one() -> None:
    lines = ['*/(0010,0010) ?= "x"', "-(0008,1140)/(0010,0010)", "-*/(0008,2112)", '(0010,0010) ?= "y"']
    together, alone = nested(), nested()
    edited("\n".join(lines), together)
    for line in lines:
        edited(line, alone)
    assert together == alone


def test_the_last_of_several_assignments_counts_but_not_over_a_removal() -> None:
    dataset = edited('(0010,0010) ?= "x"\n(0010,0010) ?= "y"\n-*/(0008,1140)\n*/(0008,1140) ?= "z"', nested())
    assert names(dataset) == ["y"]


def test_an_identity_in_a_sequence_that_was_written_without_its_vr_is_found() -> None:
    dataset = nested()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    buffer = pydicom.filebase.DicomBytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=False)
    buffer.seek(0)
    read = pydicom.dcmread(buffer, force=True)
    assert names(edited("-*/(0010,0010)", read)) == []


def test_elements_that_no_rule_names_are_not_decoded() -> None:
    dataset = nested()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    buffer = pydicom.filebase.DicomBytesIO()
    pydicom.dcmwrite(buffer, dataset)
    buffer.seek(0)
    read = edited("-*/(0010,0020)", pydicom.dcmread(buffer, force=True))
    assert isinstance(read.get_item("PatientName"), pydicom.dataelem.RawDataElement)


def test_the_host_is_asked_for_the_variables_that_a_script_only_uses_inside_functions() -> None:
    script = parse('version "6.6"\nown := "1"\n(0010,0020) := concatenate[project, own, {subject}]')
    assert script.variables == ("project", "subject")


def test_names_of_variables_are_found_without_regard_to_case() -> None:
    dataset = parse('version "6.6"\n(0010,0020) := Subject').apply(Dataset(), {"SUBJECT": "S1"})
    assert dataset.PatientID == "S1"


def test_hash_uid_gives_what_the_reference_gives() -> None:
    dataset = edited('(0020,000D) := hashUID["Peña^Zoë"]', Dataset())
    assert dataset.StudyInstanceUID == "2.25.114865837339159468451708170805879347649"


def test_an_age_over_89_is_capped_even_without_a_study_date() -> None:
    dataset = Dataset()
    dataset.PatientBirthDate, dataset.PatientAge = "19200101", "101Y"
    assert edited("scalePatientAgeAndDobFromStudyDate[]", dataset).PatientAge == "089Y"


def test_a_number_that_does_not_fit_is_refused_rather_than_cut() -> None:
    with pytest.raises(Exception, match="fits into US"):
        edited("(0028,0010) := 70000", Dataset())


def test_a_script_is_told_in_plain_words() -> None:
    script = parse(
        'version "6.6"\n-*/(0010,0010)\n(0010,0040) ?= ""\n(0010,0020) ~ "X.*" ? (0010,0020) := subject\n'
        "-(0029,{ACME}10)\nremoveAllPrivateTags"
    )
    assert script.describe() == [
        "line 2: remove Patient's Name (0010,0010), at every depth",
        "line 3: empty Patient's Sex (0010,0040) where present",
        'line 4: if Patient ID (0010,0020) fits the pattern "X.*":',
        "    line 4: set Patient ID (0010,0020) to subject",
        "line 5: remove private (0029,{ACME}10)",
        "line 6: remove all private elements, at every depth",
    ]


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ('*/(0010,0040) ?= ""', ["empty Patient's Sex (0010,0040) where present, at every depth"]),
        ('*/(0010,0040) ?= "O"', ['set Patient\'s Sex (0010,0040) to "O" where present, at every depth']),
        ("-(60X@,XXXX)", ["remove every element (60X@,XXXX)"]),
        ("-+/(0010,0010)", ["remove Patient's Name (0010,0010), inside sequences"]),
        ("isPresent[(0010,0010)] ? reject[]", ["if Patient's Name (0010,0010) is there:", "refuse the object"]),
        (
            "isPresent[(0010,0010), (0010,0020)] ? -(0010,0040)",
            ["if Patient's Name (0010,0010) and Patient ID (0010,0020) are there:", "remove Patient's Sex (0010,0040)"],
        ),
        (
            'if (or[ismatch[(0008,0060), "C."], false[]]) { }',
            ['if Modality (0008,0060) fits the pattern "C." or never:', "nothing"],
        ),
        ('equals["a", b] ? -(0010,0040)', ['if "a" and b are the same text:', "remove Patient's Sex (0010,0040)"]),
        (
            "l := {(0010,0010), */(0010,0020)}",
            ["let l be the list [Patient's Name (0010,0010); Patient ID (0010,0020), at every depth]"],
        ),
    ],
)
def test_every_kind_of_statement_is_told_in_plain_words(statement: str, says: list[str]) -> None:
    told = parse(f'version "6.6"\n{statement}').describe()
    assert [line.strip().removeprefix("line 2: ") for line in told] == says


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"\p{Alpha}+", "abc", True),
        (r"\p{Alpha}+", "äbc", False),
        (r"\d+", "٣", False),
        (r"(?<n>a)\k<n>", "aa", True),
        (r"\Qa.b\E.", "a.bc", True),
        (r"\Qa.b\E.", "axbc", False),
        ("a.b", "a\rb", False),
        ("[.]", ".", True),
        (r"[\p{Digit}x]", "x", True),
        (r"a\z", "a", True),
        (r"\p{L}+", "äbc", True),
        (r"\P{L}", "1", True),
        ("(?i)RIVERA", "rivera", True),
        ("a++a", "aaa", False),
        ("a{2,3}", "aaa", True),
        ("(?<=a)b|ab", "ab", True),
    ],
)
def test_regular_expressions_are_java_s(pattern: str, text: str, fits: bool) -> None:
    assert compiled(pattern).fits(text) is fits


@pytest.mark.parametrize(
    "pattern",
    [
        r"\p{IsGreek}",
        "[a-z&&[^b]]",
        "[a[b]]",
        r"\G",
        r"\0101",
        "a\\",
        "(",
        "a{2,1}",
        "a{e<=1}",
        "a{,3}",
        "a{99999}",
        "x{",
        "(?R)",
        "(*FAIL)",
        "(?|a|b)",
        "a(?i)b",
        "[]a]",
        "(?<n>a)(?<n>b)",
        "a" * 2001,
    ],
)
def test_a_regular_expression_that_cannot_be_translated_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compiled(pattern)


@pytest.mark.parametrize(
    ("value", "single", "text"),
    [
        (30.0, False, "30.0"),
        (26.5, False, "26.5"),
        (1e7, False, "1.0E7"),
        (1e-4, False, "1.0E-4"),
        (0.001, False, "0.001"),
        (1234567.5, False, "1234567.5"),
        (0.10000000149011612, True, "0.1"),
        (-0.0, False, "-0.0"),
        (123456789.0, False, "1.23456789E8"),
    ],
)
def test_numbers_are_written_as_java_writes_them(value: float, single: bool, text: str) -> None:
    assert float_text(value, single=single) == text


def test_a_script_does_the_same_in_another_process() -> None:
    script = parse('version "6.6"\n(0020,000D) := mapUID[(0020,000D), "1.2.3"]', "site.das")
    here, there = Dataset(), Dataset()
    here.StudyInstanceUID = there.StudyInstanceUID = "1.2.3.4"
    assert pickle.loads(pickle.dumps(script)).apply(there) == script.apply(here)


def test_a_year_that_does_not_exist_in_the_library_of_dates_is_reckoned_all_the_same() -> None:
    assert shifted("99991231", 86400) == "100000101"

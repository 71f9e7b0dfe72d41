"""Free text that is kept says nothing about who the patient is, and all else as before."""

from __future__ import annotations

import pickle
import re
import time
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.passes.clinical import CLINICAL_TEXTS
from uploader.passes.cleaning import Change, Cleaner, Known

JOHN = Known(
    names=frozenset({"Smithson-Jones^John^David^Dr"}),
    ids=frozenset({"MRN-4471903", "0012345"}),
    dates=frozenset({"20210309", "19560203"}),
    staff=frozenset({"van der Berg^Anna"}),
    places=frozenset({"Sankt Wistlebury Hospital", "17 Quarrelsome Lane, Wistlebury", "+49-555-1478823"}),
)
SHIFTS, REMOVES = Cleaner(JOHN, 17), Cleaner(JOHN, None)

FAMILIES = ("Quillfeather", "Müller", "Öxenquist-Gorse", "O'Hanlon", "van der Zwick", "Łukaszczyk", "Søndergård")
GIVENS = ("Zebedella", "Jörg", "Ann-Kathrin", "José", "Wim", "Åse")
OTHER_SCRIPTS = ("山田^太郎", "やまだ^たろう", "김^희중", "Иванов^Пётр", "Παπαδόπουλος^Γιώργος", "عبدالله^محمد")


def bare(text: str) -> str:
    """The test's own folding, which knows nothing of the product's."""
    text = text.translate(str.maketrans("øØłŁ", "oOlL"))
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def tokens(text: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", text)
    return re.findall(r"[^\W_]+", bare(apart))


def word_of(name: str) -> list[str]:
    return [word for word in re.split(r"[^\w]+", bare(name)) if len(word) > 2 and word not in ("van", "der")]


@st.composite
def spelled(draw: st.DrawFn, family: str, given_name: str) -> str:
    """The name in one of the ways in which people write names into other fields."""
    first, last = draw(st.permutations([family, given_name]))
    initial = draw(st.booleans())
    if initial and first == given_name:
        first = f"{first[0]}."
    sign = draw(st.sampled_from(["^", ", ", ",", " ", "_", "-", ".", "/", ""]))
    cases: list[Callable[[str], str]] = [str, str.upper, str.lower, str.title]
    case = draw(st.sampled_from(cases))
    text = case(first) + sign + case(last)
    if sign == "" and text.islower():
        text = case(first) + " " + case(last)
    text = unicodedata.normalize("NFD", text) if draw(st.booleans()) else text
    return text.replace(" ", draw(st.sampled_from([" ", "_"])))


@st.composite
def texts_with(draw: st.DrawFn, what: str) -> str:
    before, behind = draw(st.sampled_from(CLINICAL_TEXTS)), draw(st.sampled_from(CLINICAL_TEXTS))
    sign = draw(st.sampled_from([" ", "_", " (", ", ", "/", "\n", ": "]))
    return f"{before}{sign}{what}{draw(st.sampled_from([' ', '_', ') ', ' - ']))}{behind}"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_of_the_patients_name_remains_however_it_is_written(data: st.DataObject) -> None:
    family, given_name = data.draw(st.sampled_from(FAMILIES)), data.draw(st.sampled_from(GIVENS))
    cleaner = Cleaner(Known(names=frozenset({f"{family}^{given_name}"})), None)
    text = data.draw(texts_with(data.draw(spelled(family, given_name))))
    left = cleaner.clean(text)
    assert not set(tokens(left)) & {*word_of(family), *word_of(given_name)}
    assert not any(word in "".join(tokens(left)) for word in word_of(family) if len(word) > 5)
    assert cleaner.clean(left) == left


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_names_in_other_scripts_are_found_too(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(OTHER_SCRIPTS))
    cleaner = Cleaner(Known(names=frozenset({f"Nobody^X={name}"})), None)
    sign = data.draw(st.sampled_from(["", " ", "^", "_", "・"]))
    parts = data.draw(st.permutations(name.split("^")))
    left = bare(cleaner.clean(data.draw(texts_with(sign.join(parts)))))
    assert not any(bare(part) in left for part in parts if len(part) > 1)


@pytest.mark.parametrize("name", ["สมชาย^ใจดี", unicodedata.normalize("NFD", "José^André"), "שָׁלוֹם^דָּנִי"])
def test_no_accent_and_no_vowel_sign_of_a_name_stays_behind(name: str) -> None:
    family, given_name = name.split("^")
    assert Cleaner(Known(names=frozenset({name})), None).clean(f"CT {family} {given_name} T1") == "CT T1"


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_nothing_of_an_id_remains_with_or_without_its_separators(data: st.DataObject) -> None:
    figures = data.draw(
        st.text("0123456789", min_size=6, max_size=11).filter(lambda t: len(set(t)) > 1 and t[0] != "0")
    )
    prefix = data.draw(st.sampled_from(["", "MRN-", "P", "ACC."]))
    cleaner = Cleaner(Known(ids=frozenset({prefix + figures})), None)
    sign = data.draw(st.sampled_from(["", " ", "-", ".", "_"]))
    cut = data.draw(st.integers(1, len(figures) - 1))
    zeros = data.draw(st.sampled_from(["", "00"])) if not prefix else ""
    text = data.draw(texts_with(f"{prefix if zeros == '' else ''}{zeros}{figures[:cut]}{sign}{figures[cut:]}"))
    left = cleaner.clean(text)
    assert figures not in re.sub(r"[\W_]", "", left)
    assert cleaner.clean(left) == left


DATE_FORMS = (
    ("{y}{m:02}{d:02}", r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)"),
    ("{y}-{m:02}-{d:02}", r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"),
    ("{y}/{m}/{d}", r"(?P<y>\d{4})/(?P<m>\d+)/(?P<d>\d+)"),
    ("{d:02}.{m:02}.{y}", r"(?P<d>\d\d)\.(?P<m>\d\d)\.(?P<y>\d{4})"),
    ("{d}. {m}. {y}", r"(?P<d>\d+)\. (?P<m>\d+)\. (?P<y>\d{4})"),
    ("{m:02}/{d:02}/{y}", r"(?P<m>\d\d)/(?P<d>\d\d)/(?P<y>\d{4})"),
    ("{d:02}{n}{y}", r"(?P<d>\d\d)(?P<n>[A-Za-z]{3})(?P<y>\d{4})"),
    ("{d} {n} {y}", r"(?P<d>\d+) (?P<n>[A-Za-z]{3}) (?P<y>\d{4})"),
    ("{n} {d}, {y}", r"(?P<n>[A-Za-z]{3}) (?P<d>\d+), (?P<y>\d{4})"),
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read_back(text: str, pattern: str) -> date:
    found = re.search(rf"scan {pattern} done", text)
    assert found, text
    named = found.groupdict()
    month = MONTHS.index(named["n"].capitalize()) + 1 if "n" in named else int(named["m"])
    return date(int(named["y"]), month, int(named["d"]))


@pytest.mark.parametrize(("form", "pattern"), DATE_FORMS)
@settings(max_examples=15, deadline=None)
@given(st.dates(date(1925, 1, 1), date(2035, 1, 1)), st.integers(1, 400), st.booleans())
def test_a_date_of_the_session_moves_and_keeps_its_spelling(
    form: str, pattern: str, day: date, days: int, upper: bool
) -> None:
    assume(day.day != day.month)  # which of the two is which nobody can tell
    month = MONTHS[day.month - 1]
    written = form.format(y=day.year, m=day.month, d=day.day, n=month.upper() if upper else month)
    cleaner = Cleaner(Known(dates=frozenset({f"{day:%Y%m%d}"})), days)
    assert read_back(cleaner.clean(f"scan {written} done"), pattern) == day - timedelta(days)


@pytest.mark.parametrize("form", [form for form, _ in DATE_FORMS])
def test_dates_go_where_no_offset_is_given(form: str) -> None:
    assert REMOVES.clean(f"scan {form.format(y=2021, m=3, d=9, n='Mar')} done") == "scan done"


@settings(max_examples=30, deadline=None)
@given(st.dates(date(2015, 1, 1), date(2025, 1, 1)), st.integers(0, 900), st.integers(1, 400))
def test_intervals_between_dates_in_a_text_are_kept(first: date, later: int, days: int) -> None:
    second = first + timedelta(later)
    left = Cleaner(Known(), days).clean(f"RT from {first} to {second:%Y%m%d}")
    one, two = re.fullmatch(r"RT from (\S+) to (\d+)", left).groups()  # type: ignore[union-attr]
    assert date.fromisoformat(two) - date.fromisoformat(one) == second - first


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("09/03/21 CT", "20/02/21 CT"),
        ("CT 090321", "CT 200221"),
        ("CT 09032021_1", "CT 20022021_1"),
        ("20210309102030", "20210220102030"),
        ("2021-03-09T10:20:30", "2021-02-20T10:20:30"),
        ("9. März 2021", "20. Februar 2021"),
        ("le 9 mars 2021", "le 20 fevrier 2021"),
        ("March 9th, 2021", "February 20, 2021"),
        ("2021年3月9日", "2021年2月20日"),
        ("March 2021", "February 2021"),
        ("２０２１０３０９", "20210220"),
        ("a/09/03/21/09/03/21", "a/20/02/21/20/02/21"),
        ("2 0 2 1 0 3 0 9_4D", "20210220_4D"),
        ("ADCMar 9 2021", "ADCFeb 20 2021"),
    ],
)
def test_dates_are_read_in_unusual_spellings_too(text: str, left: str) -> None:
    assert SHIFTS.clean(text) == left


@pytest.mark.parametrize("text", ["v2.1.11", "MAR 20", "TE/TR 30/2000", "b50_400_800", "99.99.2021"])
def test_what_only_resembles_a_date_stays(text: str) -> None:
    assert SHIFTS.clean(text) == text


@pytest.mark.parametrize("text", CLINICAL_TEXTS)
def test_a_clinical_text_without_identity_is_not_touched(text: str) -> None:
    for cleaner in (SHIFTS, REMOVES):
        assert cleaner.clean(text) == text
        assert cleaner.changes(text) == ()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("SMITHSON_JOHN_T1", "T1"),
        ("CT Head (Smithson, John) T1", "CT Head T1"),
        ("PTVSmithson", "PTV"),
        ("ptvjones_2", "ptv_2"),
        ("J. Jones plan", "plan"),
        ("Dr. Jones's plan", "plan"),
        ("plan by jjones", "plan by"),
        ("jdsmithson CT", "CT"),
        ("S M I T H S O N scan", "scan"),
        ("Lung_L Jones", "Lung_L"),
        ("CT__Jones__T1", "CT_T1"),
        ("2021-03-09 Jones T1", "2021-02-20 T1"),
        ("T1 (2021-03-09 Jones)", "T1 (2021-02-20)"),
        ("Brain\nJones\nMRI", "Brain\nMRI"),
        ("smithsonbrain", "brain"),
        ("JONES", ""),
        ("Smithsn T1", "T1"),
        ("smythson T1", "T1"),
        ("J o h n T1", "T1"),
        ("Dr van der Berg read it", "read it"),
        ("STN Wistlebury CT1", "STN CT1"),
        ("seen at St. Wistlebury", "seen at St"),
        ("MRN4471903 head", "head"),
        ("head, ID 0000012345", "head, ID"),
        ("tel +49 555 1478823", "tel"),
        ("call 0555/1478823 now", "call now"),
        ("by x.y@site.example.org ok", "by ok"),
        ("see https://pacs.example/v?id=7 ok", "see ok"),
        ("from \\\\srv\\share\\x.dcm", "from"),
        ("in /home/x/y.dcm", "in"),
        ("NHS 943 476 5919", "NHS"),
        ("321-54-9876 CT", "CT"),
        ("case 7654321", "case"),
        ("MRN: AB12C34 CT", "MRN: CT"),
        ("Dr. Pembroke asked", "asked"),
        ("CT 1.3.12.2.1107.5.2.33 end", "CT end"),
        ("SOP 1.2.840.10008.5.1.4.1.1.2", "SOP 1.2.840.10008.5.1.4.1.1.2"),
    ],
)
def test_what_identifies_goes_and_the_rest_stands_as_if_it_had_not_been(text: str, left: str) -> None:
    assert SHIFTS.clean(text) == left


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Brain^Anna", "BRAIN MPRAGE"),
        ("Heart^Joe", "Heart"),
        ("Body^Ann", "BODY"),
        ("Long^Lee", "long axis 4ch"),
        ("Rib^Eva", "Rib07_L"),
        ("Ng^Ka", "NG tube"),
    ],
)
def test_a_clinical_word_that_is_also_the_patients_name_stays_and_is_shown(name: str, text: str) -> None:
    cleaner = Cleaner(Known(names=frozenset({name})), None)
    assert cleaner.clean(text) == text
    assert {change.kind for change in cleaner.changes(text)} == {"kept-word"}


@pytest.mark.parametrize(("name", "text"), [("Brain^Anna", "Anna Brain, T1"), ("Long^Lee", "long_lee T1")])
def test_a_clinical_word_beside_the_patients_other_name_goes(name: str, text: str) -> None:
    assert Cleaner(Known(names=frozenset({name})), None).clean(text) == "T1"


@pytest.mark.parametrize("text", ["Lines", "li", "Epithelial", "Bring", "T1_Nasal", "LiNAC"])
def test_short_names_are_not_sought_inside_words(text: str) -> None:
    assert Cleaner(Known(names=frozenset({"Li^Na"})), None).clean(text) == text


@pytest.mark.parametrize("text", ["Li T1", "LI_T1", "T1 (Li)"])
def test_short_names_go_where_they_stand_alone(text: str) -> None:
    assert Cleaner(Known(names=frozenset({"Li^Wei"})), None).clean(text) == "T1"


def test_changes_tell_kind_and_place_and_never_the_value() -> None:
    changes = SHIFTS.changes("CT Jones 20210309")
    assert changes == (Change("patient-name", 3, 5), Change("date", 9, 8))


def test_a_uid_in_a_text_is_mapped_where_a_mapping_is_given() -> None:
    cleaner = Cleaner(Known(), 1, uid=str.swapcase)
    assert cleaner.clean("of 1.2.3.4.5.6.20210309") == "of 1.2.3.4.5.6.20210309"
    assert [change.kind for change in cleaner.changes("of 1.2.3.4.5.6.20210309")] == ["uid"]


def test_known_values_are_not_printed() -> None:
    assert "Smithson" not in repr(JOHN)
    assert "4471903" not in repr(SHIFTS)


def test_a_cleaner_travels_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(SHIFTS)).clean("T1 Smithson 20210309") == "T1 20210220"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_cleaned_without_error_and_once_is_enough(text: str) -> None:
    left = REMOVES.clean(text)
    assert REMOVES.clean(left) == left
    assert SHIFTS.clean(text) is not None


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_whatever_the_headers_say_a_text_is_cleaned_and_once_is_enough(
    name: str, id_: str, place: str, text: str
) -> None:
    known = Known(frozenset({name}), frozenset({id_}), frozenset(), frozenset({text}), frozenset({place}))
    cleaner = Cleaner(known, None)
    left = cleaner.clean(f"{text} {name} {place} {id_}")
    assert cleaner.clean(left) == left


PIECES = """J Jones john SMITHSON 4471903 MRN - _ ( ) 2021 03 09 Mar , . 1.2 @x.y Dr"""


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(sorted(PIECES.split()))))
def test_once_is_enough_for_fragments_of_identity_too(pieces: list[str]) -> None:
    for sign in ("", " "):
        left = REMOVES.clean(sign.join(pieces))
        assert REMOVES.clean(left) == left


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*PIECES.split(), "2021-03-09", "9. März 2021", "1.3.12.2.1107.5.2.33", "Müller"])))
def test_once_is_enough_where_dates_and_uids_stay_as_they_are(pieces: list[str]) -> None:
    cleaner = Cleaner(JOHN, 0, str)
    left = cleaner.clean(" ".join(pieces))
    assert cleaner.clean(left) == left


@pytest.mark.parametrize(
    "piece",
    ["CT Jones ", "smithsonjohn", "2021-03-09 ", "1", "1.", "a.b-c+", " ", "J ", "/", "+1 (2) ", "MRN:A-", "(at)"],
)
def test_long_texts_take_work_in_proportion(piece: str) -> None:
    """Of the processor, and four times the text against the text: busy machines and slow ones are alike in that."""
    assert worked(piece, 40_000) < 8 * worked(piece, 10_000) + 0.5


def worked(piece: str, length: int) -> float:
    begun = time.process_time()
    Cleaner(JOHN, 17).clean(piece * (length // len(piece)))
    return time.process_time() - begun


def test_a_date_that_would_move_into_a_month_called_like_somebody_is_taken_out() -> None:
    cleaner = Cleaner(Known(staff=frozenset({"Kowalski^Jan"})), 20)
    assert cleaner.clean("drawn on 10 Feb 2019") == "drawn on"
    assert cleaner.clean("drawn on 10 Mar 2019") == "drawn on 18 Feb 2019"

"""Laws that hold for every script and every dataset."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from uploader.dicomedit import parse
from uploader.dicomedit.functions.dates import shifted
from uploader.dicomedit.paths import parse_path
from uploader.dicomedit.regex import BadPattern, compiled
from uploader.dicomedit.source import Source
from uploader.domain.errors import BadScript, ScriptFailed, ScriptRejected

STATEMENTS = 'version "6.6"|removeAllPrivateTags|reject[]|describe p hidden|echo "x"|lowercase["A"]|hashUID[|true[]'
SYMBOLS = '( ) { } [ ] - := ?= = ~ ? : , " % // \\ ; 5 2.50 if else elseif subject "text"'
PATHS = "(0010,0010) (0008,1140)[0]/ */ +/ . (0029,{A}10) (60X@,XXXX) (0029,1001)"
PIECES = st.sampled_from([*STATEMENTS.split("|"), *SYMBOLS.split(), *PATHS.split(), "\n", "\\\n", "\t", "// note"])
SCRIPTS = st.lists(PIECES, max_size=25).map(" ".join) | st.text(max_size=60)


@settings(max_examples=150, deadline=None)
@given(SCRIPTS)
def test_any_text_is_a_script_or_a_bad_script(text: str) -> None:
    try:
        script = parse(text)
    except BadScript:
        return
    script.describe()


@settings(max_examples=150, deadline=None)
@given(SCRIPTS)
def test_any_script_ends_in_success_failure_or_rejection(text: str) -> None:
    dataset = Dataset()
    dataset.PatientName = "A^B"
    try:
        parse('version "6.6"\n' + text).apply(dataset, {"subject": "S", "p": "P"})
    except (BadScript, ScriptFailed, ScriptRejected):
        return


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='ab/"\\\n: ', max_size=40))
def test_every_character_that_is_kept_knows_its_place(text: str) -> None:
    source = Source("s", text)
    assert "".join(text[i] for i in source.offsets[:-1]) == source.prepared


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=r"ab.[]()\QE^-&|*+?{}1,<>p", max_size=12))
def test_any_pattern_is_compiled_or_refused(pattern: str) -> None:
    try:
        compiled(pattern)
    except BadPattern:
        return


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-20000, 20000))
def test_a_date_shifted_and_shifted_back_is_the_same_date(day: date, days: int) -> None:
    written = f"{day:%Y%m%d}"
    assert shifted(shifted(written, days * 86400), -days * 86400) == written


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_a_path_fits_the_tag_that_it_spells(group: int, element: int) -> None:
    group &= 0xFFFE
    step = parse_path(f"({group:04X},{element:04x})").last
    assert not isinstance(step, str)
    assert step.bits == group << 16 | element

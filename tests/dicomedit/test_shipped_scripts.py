"""The scripts in dicomedit_scripts, each with examples of a header before and after."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from uploader.dicomedit import Script, parse
from uploader.dicomedit.paths import parse_path
from uploader.dicomedit.statements import AssignPresent, Delete
from uploader.domain.errors import ScriptRejected
from uploader.phantom import write_session

SCRIPTS = Path(__file__).parents[2] / "dicomedit_scripts"
ALL = sorted(SCRIPTS.rglob("*.das"))
EXAMPLES = sorted(SCRIPTS.rglob("*.examples/*.json"))
BASE = SCRIPTS / "base" / "basic_profile.das"
DATES = {"DA", "DT", "TM"}
TAG = re.compile(r"\(([0-9A-F]{4}),([0-9A-F]{4})\) ([A-Z]{2})")


def script(path: Path) -> Script:
    return parse(path.read_text("utf-8"), path.name, read=lambda name: (SCRIPTS / name).read_text("utf-8"))


def dataset_of(attributes: dict[str, Any]) -> Dataset:
    """The header of an example: keywords, or `(gggg,eeee) VR` where there is no keyword."""
    dataset = Dataset()
    for key, value in attributes.items():
        if found := TAG.fullmatch(key):
            data = value.encode() if found[3] == "OB" else value
            dataset.add_new((int(found[1], 16), int(found[2], 16)), found[3], data)
        else:
            setattr(dataset, key, Sequence(map(dataset_of, value)) if is_items(value) else value)
    return dataset


def is_items(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, dict) for v in value)


def attributes_of(dataset: Dataset) -> dict[str, Any]:
    return {e.keyword or f"({e.tag.group:04X},{e.tag.element:04X}) {e.VR}": plain(e.value) for e in dataset}


def plain(value: Any) -> Any:
    if isinstance(value, Sequence):
        return [attributes_of(item) for item in value]
    if isinstance(value, MultiValue):
        return [plain(v) for v in value]
    return value if isinstance(value, int) and not hasattr(value, "original_string") else str(value)


@pytest.mark.parametrize("path", ALL, ids=lambda p: p.name)
def test_every_shipped_script_has_examples(path: Path) -> None:
    assert list(path.with_suffix(".examples").glob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.stem}-{p.stem}")
def test_a_shipped_script_does_what_its_example_says(path: Path) -> None:
    example = json.loads(path.read_text("utf-8"))
    used = script(path.parent.with_suffix(".das"))
    before, variables = dataset_of(example["before"]), example.get("variables", {})
    if example.get("rejected"):
        with pytest.raises(ScriptRejected):
            used.apply(before, variables)
    else:
        assert attributes_of(used.apply(before, variables)) == example["after"]


def rules(base: Script) -> Iterator[tuple[int, str | None]]:
    """(tag, None) for every element that the base script removes by number, (tag, text) for those that it sets."""
    for statement in base.statements:
        if isinstance(statement, Delete | AssignPresent):
            last = parse_path(str(statement.path)).last
            assert not isinstance(last, str)
            if last.exact:
                yield last.bits, None if isinstance(statement, Delete) else statement.value.text  # type: ignore[union-attr]


def full_of(tags: list[int]) -> Dataset:
    """A dataset with every one of these elements, filled with a name, or with an item for a sequence."""
    dataset = Dataset()
    for tag in tags:
        vr = vr_of(tag)
        numbers = {"US": 77, "DS": "77", "IS": "77", "OB": b"Rivera", "UN": b"Rivera", "AT": 77, "UI": "1.2"}
        dataset.add_new(tag, vr, Sequence([named()]) if vr == "SQ" else numbers.get(vr, "Rivera"))
    return dataset


def vr_of(tag: int) -> str:
    try:
        return dictionary_VR(tag).split(" or ")[-1]
    except KeyError:
        return "UN"


def named() -> Dataset:
    item = Dataset()
    item.PatientName = "Rivera^Ana"
    return item


def test_the_base_script_leaves_nothing_of_what_it_names_at_any_depth() -> None:
    base = script(BASE)
    named_tags = dict(rules(base))
    tags = [tag for tag in named_tags if tag != 0x00420011]
    top, middle = full_of(tags), full_of(tags)
    middle.SourceImageSequence = Sequence([full_of(tags)])
    top.ReferencedImageSequence = Sequence([middle])
    left = {int(e.tag): e.value for e in base.apply(top).iterall() if e.VR != "SQ"}
    assert {tag: str(value) for tag, value in left.items()} == {t: v for t, v in named_tags.items() if v is not None}


def test_the_base_script_leaves_uids_and_dates_to_the_passes_but_not_those_of_the_birth() -> None:
    birth = {tag_for_keyword("PatientBirthDate"), tag_for_keyword("PatientBirthTime")}
    touched = {tag for tag, _ in rules(script(BASE)) if vr_of(tag) in DATES | {"UI"}}
    assert touched == birth


def test_the_base_script_leaves_no_planted_text_in_the_headers_of_the_synthetic_session(tmp_path: Path) -> None:
    who = write_session(tmp_path, slices=2, size=16)
    planted = [value for value in who.values if not re.fullmatch(r"[0-9]{8}", value)]
    base = script(BASE)
    found = set()
    for path in sorted(p for p in tmp_path.rglob("*") if p.is_file()):
        said = dumped(base.apply(pydicom.dcmread(path, stop_before_pixels=True)))
        found |= {(path.name, value) for value in planted if value.casefold() in said.casefold()}
    assert found == set()


def dumped(dataset: Dataset) -> str:
    """All values of all elements at every depth, as text."""
    return "\n".join(str(element.value) for element in dataset.iterall() if element.VR != "SQ")


def test_the_base_script_needs_nothing_from_outside() -> None:
    assert script(BASE).variables == ()


@pytest.mark.parametrize("name", ["basic_profile", "strict_profile"])
def test_a_profile_is_one_walk_and_sees_no_more_than_it_asks_for(name: str) -> None:
    reach = script(SCRIPTS / "base" / f"{name}.das").reach
    assert reach is not None
    assert 0x00100010 not in reach


@pytest.mark.parametrize(
    ("removes", "retains"),
    [
        ("remove_patient_characteristics", "retain_patient_characteristics"),
        ("remove_patient_characteristics", "retain_patient_measures"),
        ("remove_device_identity", "retain_device_identity"),
        ("remove_institution_identity", "retain_institution_identity"),
        ("remove_descriptors", "clean_descriptors"),
        ("remove_structured_content", "clean_structured_content"),
        ("remove_dates", "retain_modified_dates"),
    ],
)
def test_without_an_option_more_goes_than_with_it(removes: str, retains: str) -> None:
    without, with_it = (
        {tag for tag, _ in rules(script(SCRIPTS / "base" / "options" / f"{name}.das"))} for name in (removes, retains)
    )
    assert with_it < without


def test_the_strict_profile_leaves_less_than_the_basic_one() -> None:
    strict, basic = ({tag for tag, _ in rules(script(BASE.with_stem(name)))} for name in ("strict_profile", BASE.stem))
    assert basic < strict


def test_the_base_script_can_be_told_in_plain_words() -> None:
    assert "remove Other Patient IDs (0010,1000), at every depth" in "\n".join(script(BASE).describe())


@pytest.mark.parametrize("group", [0x6000, 0x6002, 0x601E, 0x5000, 0x0012])
def test_the_base_script_removes_overlays_curves_and_attributes_of_other_trials(group: int) -> None:
    dataset = Dataset()
    dataset.add_new((group, 0x0022), "LO", "Rivera")
    assert len(script(BASE).apply(dataset)) == 0

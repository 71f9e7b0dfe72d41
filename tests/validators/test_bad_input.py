"""Files that are not as they should be are judged as docs/verdicts.md says, and no validator breaks over one."""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from tests.validators.small_trials import SCHEMA, small_trial
from uploader.cases import case_of, headers_below
from uploader.config import Settings
from uploader.domain.cause import by_cause
from uploader.domain.errors import NotTaken
from uploader.domain.finding import OURS, Verdict
from uploader.domain.trial import Protocol
from uploader.protocols.loading import load
from uploader.stages.ingest.facts import instance
from uploader.stages.validate import validate
from uploader.validators import installed

PROJECT = Path(__file__).parents[2]
FOLLOWING = re.compile(r"\(from it ([^)]*)\)")
SHIPPED = ("EXAMPLE-HN-RT", "EXAMPLE-LUNG-SABR", "EXAMPLE-PET-MR")
CODES = re.compile(r"`([a-z.-]+)`")
OURS_BY_DEFAULT = next(field.default for field in fields(Settings) if field.name == "validators")
FOLDERS = (
    "acr_nema",
    "broken",
    "enhanced_multiframe",
    "pet",
    "rt_bad_references",
    "rt_orphan_dose",
    "rt_unlinked_small",
    "sr_seg_pdf",
    "transfer_syntaxes",
)
"""Folders of samples of which every file has its verdict."""

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


@dataclass(frozen=True)
class Expected:
    """A row of the page: files that arrive together, by which protocol they are judged, and the codes of findings;
    following: those that are told under another one."""

    folder: str
    names: tuple[str, ...]
    by: str
    codes: frozenset[str]
    following: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return "+".join((f"{self.folder}/{self.names[0]}", *self.names[1:]))


def expected() -> Iterator[Expected]:
    """The table of docs/verdicts.md."""
    for row in (PROJECT / "docs" / "verdicts.md").read_text().splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if row.startswith("| `"):
            for together in cells[0].split(","):
                first, *others = (name.strip().strip("`") for name in together.split("+"))
                folder, name = first.split("/")
                codes, following = (CODES.findall(text) for text in (cells[3], " ".join(FOLLOWING.findall(cells[3]))))
                yield Expected(folder, (name, *others), cells[2], frozenset(codes), frozenset(following))


EXPECTED = tuple(expected())
SESSIONS = tuple(row for row in EXPECTED if row.by != "arrival")


@pytest.fixture(scope="module")
def protocols(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Protocol]:
    folder = tmp_path_factory.mktemp("trials")
    small = {name: small_trial(folder, name) for name in ("drawn", "planned", "images")}
    shipped = {name: load(PROJECT / "trial_protocols" / name / "v1.json", SCHEMA) for name in SHIPPED}
    return {**small, **shipped}


def judged(folder: Path, names: tuple[str, ...], protocol: Protocol) -> Verdict:
    """By all validators that come with the program."""
    case = case_of(folder, headers_below(folder, names), protocol.content)
    return validate(case, protocol, installed(OURS_BY_DEFAULT))


@pytest.mark.parametrize("row", SESSIONS, ids=str)
def test_a_session_is_judged_as_the_page_says(row, samples, protocols):
    verdict = judged(samples / row.folder, row.names, protocols[row.by])
    assert {finding.code for finding in verdict.findings} == row.codes
    assert {each.code for _, following in by_cause(verdict) for each in following} == row.following


@pytest.mark.parametrize("row", [row for row in EXPECTED if row.by == "arrival"], ids=str)
def test_a_file_that_belongs_to_no_session_is_set_aside_as_the_page_says(row, samples, tmp_path):
    path = samples / row.folder / row.names[0]
    if path.suffix == ".xz":
        path = tmp_path / "unpacked"
        path.write_bytes(lzma.decompress((samples / row.folder / row.names[0]).read_bytes()))
    with path.open("rb") as stream, pytest.raises(NotTaken) as refused:
        instance(stream)
    assert {refused.value.reason} == row.codes


@pytest.mark.parametrize("row", {row.codes: row for row in reversed(SESSIONS)}.values(), ids=str)
@pytest.mark.parametrize("trial", SHIPPED)
def test_the_shipped_protocols_refuse_it_and_no_validator_breaks(row, trial, samples, protocols):
    verdict = judged(samples / row.folder, row.names, protocols[trial])
    assert [finding.says for finding in verdict.findings if finding.code.startswith(OURS)] == []
    assert verdict.refused
    assert {ruling.line for ruling in verdict.rulings} == {rule.line for rule in protocols[trial].rules}


def test_every_finding_says_where_and_what_to_do(samples, protocols):
    row = next(row for row in SESSIONS if row.folder == "rt_orphan_dose")
    findings = judged(samples / row.folder, row.names, protocols[row.by]).findings
    assert [finding.code for finding in findings if not (finding.where and finding.says and finding.remedy)] == []


def test_every_sample_has_its_verdict(samples):
    told = {(row.folder, name) for row in EXPECTED for name in row.names}
    there = {(folder, path.name) for folder in FOLDERS for path in (samples / folder).iterdir()}
    assert sorted(there - told) == []

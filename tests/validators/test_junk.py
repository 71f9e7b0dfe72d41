"""Whatever stands in an attribute, no validator breaks: every rule is ruled on, and once."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.validators.small_trials import SCHEMA, small_trial
from uploader import dictionary
from uploader.cases import case_of, headers_below
from uploader.domain.finding import OURS
from uploader.phantom import write_session
from uploader.protocols.loading import load
from uploader.stages.validate import needed, validate
from uploader.validators import installed

TRIALS = Path(__file__).parents[2] / "trial_protocols"
NAN = float("nan")
JUNK = (
    *(None, "", "x", "12", -1, 0, NAN, float("inf"), 1e308, 10**30),
    *([], [None], ["a", "b"], [{}], [{"CodeValue": "x"}], [1.0, None, "y"], [NAN] * 6, [0.0] * 6, [1, 1]),
)
MANY = np.full(99, NAN)
"""What an attribute that is decimal by the standard may be, too."""

Where = tuple[str, tuple[str | int, ...]]


def places(header: Mapping[str, Any], outer: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every attribute of a header, in sequences those of the first item."""
    for name, value in header.items():
        yield (*outer, name)
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield from places(value[0], (*outer, name, 0))


def with_junk(header: Any, where: tuple[str | int, ...], junk: Any) -> Any:
    """A copy with one attribute replaced."""
    if not where:
        return junk
    first, *rest = where
    changed = list(header) if isinstance(header, list) else dict(header)
    changed[first] = with_junk(header[first], tuple(rest), junk)
    return changed


class Judging:
    """A folder of files, the headers of which are to be spoilt, and a protocol."""

    def __init__(self, folder: Path, names: list[str], protocol: Any) -> None:
        self.folder, self.protocol = folder, protocol
        self.headers = headers_below(folder, names)
        self.validators = installed({check.validator for check in needed(protocol)})
        self.places: list[Where] = [(name, place) for name, header in self.headers.items() for place in places(header)]

    def faults(self, where: Where, junk: Any) -> list[str]:
        """What is said of validators that broke, or were silent."""
        entry, place = where
        headers = {**self.headers, entry: with_junk(self.headers[entry], place, junk)}
        verdict = validate(case_of(self.folder, headers, self.protocol.content), self.protocol, self.validators)
        return [finding.says for finding in verdict.findings if finding.code.startswith(OURS)]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Judging:
    folder = tmp_path_factory.mktemp("planned")
    write_session(folder, slices=2, size=16)
    names = sorted(path.name for path in folder.iterdir())
    return Judging(folder, names, load(TRIALS / "DEMO-RT" / "v1.json", SCHEMA))


@pytest.fixture(scope="module")
def pictured(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Judging:
    protocol = small_trial(tmp_path_factory.mktemp("trials"), "images")
    return Judging(samples, ["pet/GH184.dcm", "enhanced_multiframe/mr_brucker.dcm"], protocol)


SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(data=st.data())
def test_junk_in_a_planning_session_breaks_no_validator(planned: Judging, data: st.DataObject) -> None:
    where = data.draw(st.sampled_from(planned.places))
    decimal = dictionary.vr_of(dictionary.tag_of(str(where[1][-1])) or 0) == "DS"
    assert planned.faults(where, data.draw(st.sampled_from((*JUNK, MANY) if decimal else JUNK))) == []


@SETTINGS
@given(data=st.data())
def test_junk_in_pet_and_mr_breaks_no_validator(pictured: Judging, data: st.DataObject) -> None:
    where = data.draw(st.sampled_from(pictured.places))
    assert pictured.faults(where, data.draw(st.sampled_from(JUNK))) == []


def test_that_a_validator_breaks_would_be_noticed(planned: Judging) -> None:
    def breaking(case: Any, params: Any) -> Iterator[Any]:
        raise ValueError

    other = copy.copy(planned)
    other.validators = {**planned.validators, "dose": breaking}
    assert any("broke" in says for says in other.faults(planned.places[0], None))

"""Whatever stands in a plan or dose instead of what should: it is judged or left unjudged, and nothing breaks."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.phantoms import boosted, by_beams, totalled
from tests.validators.rulings import judged
from uploader.ports import Case
from uploader.validators import dose, dvh, plan, references

KEYS = {"ct": "CT", "structures": "RTSTRUCT", "plan": "RTPLAN", "dose": "RTDOSE"}
PLAN = {
    "approval": ["APPROVED"],
    "geometry": "PATIENT",
    "fractions": {"eq": 28},
    "prescriptions": [{"target": "PTV_5040", "total_gy": {"eq": 50.4}, "fraction_gy": {"eq": 1.8}}],
    "radiation": ["PHOTON"],
    "nominal_energy": [6],
    "treatment_beams": {"min": 1},
    "single_isocentre_tol_mm": 1,
}
DOSE = {
    "units": ["GY"],
    "grid_mm": {"max": 10},
    "slice_grid_mm": {"max": 6},
    "max_dose_pct_of_rx": {"min": 95},
    "covers": ["PTV_5040"],
    "one_per_plan": True,
    "frame_of_reference_matches": "ct",
}
CROSS = [
    {"id": "chain", "kind": "reference_chain", "inputs": ["dose", "plan", "structures", "ct"]},
    {"id": "frames", "kind": "same_frame_of_reference", "inputs": ["ct", "structures", "plan", "dose"]},
    {"id": "days", "kind": "time_interval_days", "inputs": ["ct", "plan"], "range": {"max": 500}},
]
DVHS = [{"id": "v", "roi": "PTV_5040", "metric": "D95%[%]", "min": 95, "severity": "note"}]
BLOCKS = {"plan": {"plan": PLAN}, "dose": {"dose": DOSE}}
ASKED = {
    "inputs": [
        {"key": key, "label": key, "modality": modality, "count": {"min": 1}, **BLOCKS.get(key, {})}
        for key, modality in KEYS.items()
    ],
    "cross_checks": CROSS,
    "dvh_checks": DVHS,
    "course": {"plans": ["plan"], "fractions": {"eq": 28}, "prescriptions": PLAN["prescriptions"]},
}
RULES = len(PLAN) + len(DOSE) + len(CROSS) + len(DVHS) + len(ASKED["course"])
JUNK = (None, "", "x", "1.2.3", -1, 0, 1.5, 1e300, float("nan"), [], [None], [{}], ["a", "b"], [1.0, 2.0, 3.0], {})
ARRAYS = (np.arange(40.0), np.full(6, np.nan))


SESSIONS = (
    lambda s: None,
    boosted,
    lambda s: (boosted(s), totalled(s)),
    lambda s: by_beams(s, {1: 1}, {2: 1}),
)
"""One phase, two phases, these with their sum, and one as doses of its beams."""


def places(header: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every attribute of a header, at every depth."""
    for keyword, value in header.items():
        yield header, keyword
        for item in value if isinstance(value, list) else ():
            if isinstance(item, dict):
                yield from places(item)


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_rule_is_ruled_on_once_whatever_a_header_holds(session, data):
    damaged = {name: h if h["Modality"] == "CT" else copy.deepcopy(h) for name, h in session.items()}
    data.draw(st.sampled_from(SESSIONS))(damaged)
    planned = [name for name, header in damaged.items() if header["Modality"] != "CT"]
    for _ in range(data.draw(st.integers(1, 3))):
        every = list(places(damaged[data.draw(st.sampled_from(planned))]))
        header, keyword = every[data.draw(st.integers(0, len(every) - 1))]
        if keyword != "Modality":
            header[keyword] = data.draw(st.sampled_from([*JUNK, *ARRAYS]))
    planes = [np.full((44, 44), 50400, np.uint16)] * 6
    case = Case(damaged, ASKED, frames=lambda entry: iter(planes))
    rulings = [judged(each.check, case)[0] for each in (plan, dose, references, dvh)]
    assert sum(map(len, rulings)) == RULES

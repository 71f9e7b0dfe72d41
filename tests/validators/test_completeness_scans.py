import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.phantoms import changed, found, names_of, only
from uploader.domain.finding import Severity
from uploader.validators.completeness import check
from uploader.validators.completeness_scans import slice_gaps

AXIAL = np.array([1, 0, 0, 0, 1, 0], float)
PARAMS = {
    "scans": [
        {"modality": "CT", "scans": {"min": 1, "max": 1}, "instances": {"min": 12, "max": 12}},
        {"modality": "RTSTRUCT", "scans": {"min": 1}, "instances": {"max": 1}},
        {"modality": "RTPLAN"},
        {"modality": "RTDOSE"},
    ],
    "unexpected": "refusal",
    "spacing_tolerance_mm": 0.1,
}


def without(modality):
    return lambda s: [s.pop(name) for name in names_of(s, modality)]


def moved(index, **attributes):
    return lambda s: s[names_of(s, "CT")[index]].update(attributes)


def copied(modality, **attributes):
    return lambda s: s.update(copy=only(s, modality) | {"SOPInstanceUID": "1.2.3"} | attributes)


def test_the_phantom_is_complete(session):
    assert found(check, session, PARAMS) == {}


@pytest.mark.parametrize(
    ("code", "severity", "change"),
    [
        ("completeness.scan-missing", Severity.REFUSAL, without("RTSTRUCT")),
        ("completeness.scan-surplus", Severity.REFUSAL, moved(0, SeriesInstanceUID="1.2.3")),
        ("completeness.instance-missing", Severity.REFUSAL, lambda s: s.pop(names_of(s, "CT")[0])),
        ("completeness.instance-surplus", Severity.REFUSAL, copied("RTSTRUCT")),
        ("completeness.modality-unexpected", Severity.REFUSAL, copied("RTPLAN", Modality="REG")),
        ("completeness.spacing-irregular", Severity.QUESTION, lambda s: s.pop(names_of(s, "CT")[5])),
        ("completeness.spacing-irregular", Severity.QUESTION, moved(0, ImagePositionPatient=[0.0, 0.0, 0.0])),
        ("completeness.spacing-unknown", Severity.QUESTION, moved(3, ImagePositionPatient="")),
        ("completeness.spacing-unknown", Severity.QUESTION, moved(3, ImageOrientationPatient=[0, 1, 0, 0, 0, 1])),
        ("completeness.referenced-missing", Severity.REFUSAL, lambda s: s.pop(names_of(s, "CT")[11])),
    ],
)
def test_a_fault_is_found(session, code, severity, change):
    findings = found(check, changed(session, change), PARAMS)
    assert findings[code].severity is severity
    assert findings[code].remedy


def test_the_count_of_missing_images_is_told(session):
    findings = found(check, changed(session, lambda s: s.pop(names_of(s, "CT")[11])), PARAMS)
    assert "1 of the 12 images" in findings["completeness.referenced-missing"].says


def test_a_finding_names_the_line_of_the_protocol(session):
    findings = found(check, changed(session, without("RTSTRUCT")), PARAMS)
    assert "checks/completeness/scans/RTSTRUCT/scans" in findings["completeness.scan-missing"].says


def test_an_unexpected_modality_is_judged_as_the_protocol_says(session):
    params = {**PARAMS, "unexpected": "note"}
    findings = found(check, changed(session, copied("RTPLAN", Modality="REG")), params)
    assert findings["completeness.modality-unexpected"].severity is Severity.NOTE


def test_an_empty_session_lacks_what_is_required():
    assert "completeness.scan-missing" in found(check, {}, PARAMS)


@given(st.permutations(range(6)), st.floats(0.5, 5))
def test_the_order_of_arrival_does_not_matter(order, gap):
    positions = np.array([[0, 0, gap * i] for i in order])
    assert slice_gaps(positions, AXIAL) == pytest.approx([gap] * 5)


@given(st.floats(-1.5, 1.5), st.floats(-100, 100))
def test_a_tilted_volume_is_measured_along_its_normal(angle, start):
    orientation = np.array([1, 0, 0, 0, np.cos(angle), np.sin(angle)])
    normal = np.array([0, -np.sin(angle), np.cos(angle)])
    positions = np.array([start + 2.5 * i * normal for i in range(4)])
    assert slice_gaps(positions, orientation) == pytest.approx([2.5] * 3)

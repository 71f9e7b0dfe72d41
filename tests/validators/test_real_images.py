"""What is said of real images, as a physicist would judge them."""

import pytest

from tests.phantoms import spine_phantom
from tests.validators.rulings import judged, one_input
from tests.validators.test_geometry import ALL, RULES
from uploader.cases import case_of, headers_below
from uploader.domain.finding import Outcome
from uploader.validators.geometry import check


@pytest.fixture(scope="module")
def spine(samples, tmp_path_factory):
    """The spine phantom: 190 CT slices and their structures, feet first."""
    folder = spine_phantom(samples, tmp_path_factory.mktemp("spine"))
    return case_of(
        folder, headers_below(folder, sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.dcm")))
    )


def of_spine(spine, asked):
    return case_of(spine.folder, spine.headers, asked)


SPINE = {
    **ALL,
    "slice_spacing_mm": {"eq": 1, "tol": 0.001},
    "rows": {"eq": 512},
    "columns": {"eq": 512},
    "slices": {"eq": 190},
    "extent_mm": {"eq": 189, "tol": 0.01},
    "patient_position": ["FFS"],
}


def test_the_spine_phantom_is_one_regular_stack_whatever_its_slice_locations_say(spine):
    first = next(header for header in spine.headers.values() if header["Modality"] == "CT")
    assert first["SliceLocation"] == -first["ImagePositionPatient"][2]
    rulings, findings = judged(check, of_spine(spine, one_input("CT", "geometry", SPINE)))
    assert findings == []
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.PASSED}


def real(samples, pattern, modality, said):
    folder = samples / pattern.rsplit("/", 1)[0]
    names = sorted(path.name for path in folder.glob(pattern.rsplit("/", 1)[1]))
    asked = one_input(modality, "geometry", said)
    rulings, findings = judged(check, case_of(folder, headers_below(folder, names), asked))
    return {line.rsplit("/", 1)[1]: ruling for line, ruling in rulings.items()}, {f.code: f for f in findings}


def test_slices_of_a_t1_scan_are_oblique_and_even(samples):
    said = {"orientation": "axial", "uniform_spacing_tol_mm": 0.001, "missing_slices": 0, "slices": {"eq": 16}}
    rulings, findings = real(samples, "mr_t1w_pddl/*.dcm", "MR", said)
    assert findings == {}
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.PASSED}


def test_an_enhanced_ct_is_judged_by_its_frames(samples):
    said = {"slice_spacing_mm": {"eq": 10}, "slices": {"eq": 2}, "rows": {"eq": 512}, "pixel_spacing_mm": {"max": 1}}
    rulings, findings = real(samples, "enhanced_multiframe/eCT_Supplemental.dcm", "CT", said)
    assert findings == {}
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.PASSED}


def test_four_enhanced_volumes_of_one_series_lie_over_one_another(samples):
    said = {"duplicate_positions": 0, "slices": {"eq": 6}, "slice_spacing_mm": {"eq": 2.4, "tol": 0.001}}
    rulings, findings = real(samples, "enhanced_multiframe/siemens_xa10_6_*.dcm", "MR", said)
    assert "4 images at each place" in findings["geometry.doubled"].says
    assert rulings["slices"].outcome is rulings["slice_spacing_mm"].outcome is Outcome.PASSED


def test_a_knee_that_moves_is_one_slice_at_many_times(samples):
    said = {"duplicate_positions": 0, "slice_spacing_mm": {"max": 5}, "extent_mm": {"min": 10}}
    rulings, findings = real(samples, "enhanced_multiframe/MOVEKNEE.dcm", "MR", said)
    assert findings["geometry.doubled"].found == "18 of 19 images"
    assert rulings["slice_spacing_mm"].outcome is Outcome.NOT_EVALUABLE
    assert rulings["extent_mm"].outcome is Outcome.FAILED


def test_mosaics_are_not_judged_by_the_place_of_the_mosaic(samples):
    said = {"slice_spacing_mm": {"max": 5}, "slices": {"min": 20}, "slice_thickness_mm": {"max": 5}}
    rulings, findings = real(samples, "mr_siemens_mosaic/mr_0003*.dcm", "MR", said)
    assert findings == {}
    assert rulings["slices"].outcome is rulings["slice_spacing_mm"].outcome is Outcome.NOT_EVALUABLE
    assert rulings["slice_thickness_mm"].outcome is Outcome.PASSED


@pytest.mark.parametrize("pattern", ["acr_nema/CT-MONO2-16-ankle", "broken/CTImageStorage_bad_meta.dcm"])
def test_odd_files_end_in_rulings(samples, pattern):
    rulings, _ = real(samples, pattern, "CT", ALL)
    assert set(rulings) == RULES

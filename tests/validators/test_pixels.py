import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.validators.rulings import judged, one_input
from tests.validators.slices import GARBAGE, stack
from uploader.cases import case_of, headers_below
from uploader.domain.errors import UnreadableFile
from uploader.domain.finding import Outcome, Severity
from uploader.ports import Case, Stored
from uploader.validators.pixels import check

NATIVE, JPEG, JPEG_2000, J2K_LOSSLESS = (
    f"1.2.840.10008.1.2{end}" for end in (".1", ".4.50", ".4.91", ".4.90")
)  # fmt: skip
IMAGE = {"BitsAllocated": 16, "BitsStored": 16, "SamplesPerPixel": 1, "RescaleSlope": 1.0, "RescaleIntercept": -1024.0}
COLOUR = {"BitsAllocated": 8, "SamplesPerPixel": 3}
ALL = {"decodable": True, "complete": True, "lossy": "question", "expected_range": {"min": -1100, "max": 4000}}


def frame(low=0, high=1000, dtype=np.uint16):
    """50 x 40 samples from `low` to `high`."""
    return np.linspace(low, high, 2000).astype(dtype).reshape(50, 40)


def case(said, frames=None, stored=None, **attributes):
    """One CT slice with these frames and bytes."""
    headers = {name: {**header, **IMAGE, **attributes} for name, header in stack(1).items()}
    images = [frame()] if frames is None else frames

    def read(entry):
        yield from images

    return Case(
        headers,
        one_input("CT", "pixel", said),
        frames=read,
        stored=lambda entry: stored or Stored(NATIVE, 50 * 40 * 2),
    )


def ruled(said, frames=None, stored=None, **attributes):
    rulings, findings = judged(check, case(said, frames, stored, **attributes))
    return {line.rsplit("/", 1)[1]: ruling for line, ruling in rulings.items()}, findings


def test_a_good_image_passes_every_rule():
    rulings, findings = ruled(ALL)
    assert findings == []
    assert {rule: ruling.outcome for rule, ruling in rulings.items()} == dict.fromkeys(ALL, Outcome.PASSED)
    assert rulings["expected_range"].says == "-1024 to -24"


def test_without_files_only_what_the_header_says_can_be_judged():
    rulings, _ = judged(check, Case(stack(2, **IMAGE, LossyImageCompression="00"), one_input("CT", "pixel", ALL)))
    passed = [line for line, ruling in rulings.items() if ruling.outcome is Outcome.PASSED]
    assert passed == ["/inputs/0/pixel/lossy"]
    assert len(rulings) == 4


def unreadable(entry):
    yield frame()
    raise UnreadableFile(f"{entry}: a frame of the image cannot be decoded (RuntimeError)")


def test_a_frame_that_cannot_be_decoded_is_told_with_its_file():
    headers = {name: {**h, **IMAGE, "NumberOfFrames": 3} for name, h in stack(1).items()}
    asked = one_input("CT", "pixel", {"decodable": True, "expected_range": {"min": 0}})
    rulings, (finding,) = judged(check, Case(headers, asked, frames=unreadable, stored=lambda e: Stored(NATIVE, 12000)))
    assert (finding.code, finding.where, finding.found) == ("pixels.undecodable", "ct000 (7FE0,0010)", "1 of 3 frames")
    assert finding.says.endswith("here: a frame of the image cannot be decoded (RuntimeError)")
    assert rulings["/inputs/0/pixel/expected_range"].outcome is Outcome.NOT_EVALUABLE


def test_an_image_without_pixels_is_not_decodable():
    assert ruled({"decodable": True}, frames=[])[1][0].code == "pixels.undecodable"


def test_frames_are_decoded_once_for_all_rules():
    read = []
    counted = case(ALL)
    again = Case(
        counted.headers, counted.asked, frames=lambda e: (read.append(e), iter([frame()]))[1], stored=counted.stored
    )
    judged(check, again)
    assert read == ["ct000"]


def test_no_frame_is_decoded_where_no_rule_asks():
    def never(entry):
        raise AssertionError("decoded")

    asked = one_input("CT", "pixel", {"complete": True, "lossy": "note"})
    rulings, _ = judged(check, Case(case({}).headers, asked, frames=never, stored=lambda e: Stored(NATIVE, 4000)))
    assert {ruling.outcome for ruling in rulings.values()} == {Outcome.PASSED}


@pytest.mark.parametrize(
    ("stored", "attributes", "found", "expected"),
    [
        (Stored(NATIVE, 3999), {}, "3999 bytes", "4000 bytes"),
        (Stored(NATIVE, 4000), {"NumberOfFrames": 2}, "4000 bytes", "8000 bytes"),
        (Stored(NATIVE, 0), {}, "0 bytes", "4000 bytes"),
        (Stored(NATIVE, 4000, whole=False), {}, "4000 bytes", "4000 bytes"),
        (Stored(NATIVE, 249), {"BitsAllocated": 1}, "249 bytes", "250 bytes"),
        (Stored(NATIVE, 5999), COLOUR, "5999 bytes", "6000 bytes"),
        (
            *(Stored(NATIVE, 3998), {**COLOUR, "PhotometricInterpretation": "YBR_FULL_422"}),
            *("3998 bytes", "4000 bytes"),
        ),
        (Stored(JPEG, 900, fragments=2), {"NumberOfFrames": 3}, "2 compressed frames", "3 compressed frames"),
        (Stored(JPEG, 0), {}, "0 compressed frames", "1 compressed frames"),
    ],
)  # fmt: skip
def test_what_is_cut_off_is_told_in_numbers(stored, attributes, found, expected):
    rulings, (finding,) = ruled({"complete": True}, stored=stored, **attributes)
    assert rulings["complete"].outcome is Outcome.FAILED
    assert (finding.code, finding.found, finding.expected) == ("pixels.incomplete", found, expected)


@pytest.mark.parametrize(
    ("stored", "attributes"),
    [
        (Stored(NATIVE, 4001), {}),
        (Stored(NATIVE, 250), {"BitsAllocated": 1}),
        (Stored(JPEG, 10, fragments=5), {"NumberOfFrames": 3}),
        (Stored("1.2.840.10008.1.2.2", 4000), {}),
    ],
)
def test_padding_and_several_fragments_are_no_fault(stored, attributes):
    assert ruled({"complete": True}, stored=stored, **attributes)[1] == []


def test_an_image_that_does_not_say_how_large_it_is_leaves_the_rule_open():
    assert ruled({"complete": True}, Rows=None)[0]["complete"].outcome is Outcome.NOT_EVALUABLE


@pytest.mark.parametrize(
    ("syntax", "said", "outcome"),
    [
        (NATIVE, None, Outcome.PASSED),
        (NATIVE, "01", Outcome.FAILED),
        (NATIVE, "00", Outcome.PASSED),
        (JPEG, "00", Outcome.FAILED),
        (JPEG, None, Outcome.FAILED),
        ("1.2.840.10008.1.2.4.100.1", None, Outcome.FAILED),
        (JPEG_2000, "01", Outcome.FAILED),
        (JPEG_2000, "00", Outcome.PASSED),
        (JPEG_2000, None, Outcome.NOT_EVALUABLE),
        (J2K_LOSSLESS, None, Outcome.PASSED),
    ],
)
def test_loss_is_told_by_the_header_or_by_the_transfer_syntax(syntax, said, outcome):
    rulings, findings = ruled({"lossy": "question"}, stored=Stored(syntax, 1, fragments=1), LossyImageCompression=said)
    assert rulings["lossy"].outcome is outcome
    assert [f.severity for f in findings] == ([Severity.QUESTION] if outcome is Outcome.FAILED else [])


@pytest.mark.parametrize(
    ("frames", "attributes", "says"),
    [
        ([frame(0, 1000)], {}, "-1024 to -24"),
        ([frame(0, 10), frame(5, 30)], {"NumberOfFrames": 2}, "-1024 to -994"),
        ([frame(-2000, 3000, np.int16)], {"RescaleIntercept": 0.0, "PixelPaddingValue": -2000}, "-1997.499 to 3000"),
        ([frame(-2000, -2000, np.int16)], {"PixelPaddingValue": -2000}, "padding alone"),
        ([frame(-2000, -2000, np.int16)], {"PixelPaddingValue": 63536}, "padding alone"),
        ([frame(10, 20)], {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 15}, "-1008 to -1004"),
        ([frame(1, 3)], {"RescaleSlope": -2.0, "RescaleIntercept": 1.0}, "-5 to -1"),
        ([frame(0, 100) | 0xF000], {"BitsStored": 12}, "-1024 to -924"),
    ],
)
def test_values_are_rescaled_and_padding_is_left_out(frames, attributes, says):
    rulings, findings = ruled({"expected_range": {"min": -5000, "max": 5000}}, frames, **attributes)
    assert findings == []
    ends = rulings["expected_range"].says.split(" to ")
    assert [round(float(e)) if len(ends) > 1 else e for e in ends] == [
        round(float(e)) if " to " in says else e for e in says.split(" to ")
    ]


def test_values_outside_are_told_with_both_ends():
    _, (finding,) = ruled({"expected_range": {"min": -1100, "max": 3000}}, [frame(0, 5000)])
    assert (finding.code, finding.found, finding.expected) == ("pixels.range", "-1024 to 3976", "-1100 to 3000")


def test_each_frame_of_an_enhanced_image_is_rescaled_by_its_own_numbers():
    frames = [{"PixelValueTransformationSequence": [{"RescaleSlope": s, "RescaleIntercept": 0.0}]} for s in (1.0, 10.0)]
    rulings, _ = ruled(
        {"expected_range": {"min": 0}},
        [frame(0, 7), frame(0, 7)],
        PerFrameFunctionalGroupsSequence=frames,
        RescaleSlope=None,
    )
    assert rulings["expected_range"].says == "0 to 70"


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"RescaleSlope": None}, "Hounsfield"),
        ({"SamplesPerPixel": 3}, "colour"),
        ({"ModalityLUTSequence": [{"LUTExplanation": ""}]}, "table"),
    ],
)
def test_values_that_mean_nothing_leave_the_range_open(attributes, says):
    ruling = ruled({"expected_range": {"min": 0}}, **attributes)[0]["expected_range"]
    assert ruling.outcome is Outcome.NOT_EVALUABLE
    assert says in ruling.says


def test_a_thousand_images_with_one_fault_are_one_finding_and_one_range():
    headers = {name: {**header, **IMAGE} for name, header in stack(3).items()}
    frames = {"ct000": frame(0, 100), "ct001": frame(50, 9000), "ct002": frame(50, 9500)}

    def ranged(top):
        asked = one_input("CT", "pixel", {"expected_range": {"max": top}})
        read = Case(headers, asked, frames=lambda e: iter([frames[e]]), stored=lambda e: Stored(NATIVE, 4000))
        return judged(check, read)

    rulings, _ = ranged(9000)
    assert rulings["/inputs/0/pixel/expected_range"].says == "-1024 to 8476"
    _, (finding,) = ranged(100)
    assert (finding.where, finding.found) == ("ct001 (7FE0,0010)", "-974 to 7976")
    assert finding.says.endswith("(2 of 3 files)")


@settings(max_examples=60)
@given(
    st.sampled_from([*IMAGE, "Rows", "NumberOfFrames", "PixelPaddingValue", "PerFrameFunctionalGroupsSequence"]),
    st.sampled_from(GARBAGE),
)
def test_whatever_a_header_holds_every_rule_is_ruled_on(keyword, value):
    assert set(ruled(ALL, **{keyword: value})[0]) == set(ALL)


# Real files -----------------------------------------------------------------------------------------------------


def real(path, modality, said=None):
    asked = one_input(modality, "pixel", said or {"decodable": True, "complete": True, "lossy": "refusal"})
    rulings, findings = judged(check, case_of(path.parent, headers_below(path.parent, [path.name]), asked))
    return {line.rsplit("/", 1)[1]: r.outcome for line, r in rulings.items()}, {f.code: f for f in findings}


@pytest.mark.parametrize(
    ("name", "modality", "codes"),
    [
        ("transfer_syntaxes/CT_small.dcm", "CT", set()),
        ("transfer_syntaxes/MR_small_RLE.dcm", "MR", set()),
        ("transfer_syntaxes/MR_small_bigendian.dcm", "MR", set()),
        ("transfer_syntaxes/MR_small_jp2klossless.dcm", "MR", set()),
        ("transfer_syntaxes/MR_small_jpeg_ls_lossless.dcm", "MR", set()),
        ("transfer_syntaxes/SC_rgb_jpeg_dcmtk.dcm", "OT", {"pixels.lossy"}),
        ("broken/MR_truncated.dcm", "MR", {"pixels.incomplete", "pixels.undecodable"}),
        ("broken/MR_small_padded.dcm", "MR", set()),
        ("enhanced_multiframe/emri_small.dcm", "MR", set()),
        ("pet/GH184.dcm", "PT", set()),
    ],
)
def test_real_files_are_judged_as_they_are(samples, name, modality, codes):
    outcomes, findings = real(samples / name, modality)
    assert set(findings) == codes
    assert Outcome.NOT_EVALUABLE not in outcomes.values()


def test_a_truncated_file_is_told_by_how_much(samples):
    _, findings = real(samples / "broken" / "MR_truncated.dcm", "MR")
    assert (findings["pixels.incomplete"].found, findings["pixels.incomplete"].expected) == ("8130 bytes", "8192 bytes")


def test_the_range_of_a_real_ct_is_in_hounsfield_units(samples):
    outcomes, _ = real(
        samples / "transfer_syntaxes" / "CT_small.dcm", "CT", {"expected_range": {"min": -1024, "max": 3000}}
    )
    assert outcomes["expected_range"] is Outcome.PASSED

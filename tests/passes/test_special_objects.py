"""Kinds of objects that need a rule of their own, one by one: what stays of them, and what does not."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    BasicTextSRStorage,
    BasicVoiceAudioWaveformStorage,
    CTImageStorage,
    EncapsulatedCDAStorage,
    EncapsulatedPDFStorage,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    ImplicitVRLittleEndian,
    InventoryStorage,
    RawDataStorage,
    RTStructureSetStorage,
    SpatialFiducialsStorage,
    TwelveLeadECGWaveformStorage,
    VideoEndoscopicImageStorage,
)

from tests.passes.test_policy import site_policy
from tests.passes.treated import KEY, session, treated
from uploader.dicomedit import parse
from uploader.domain.errors import CannotBeSafe
from uploader.passes.uids import MapUids
from uploader.recipes import Scripted
from uploader.stages.anonymise import Recipe, Work

SHIPPED = ["basic", "trial", "research", "no_dates"]


def without_jane(text: str) -> str:
    return re.sub("jane", "", text, flags=re.IGNORECASE).strip()


def of_class(sop_class: str, **attributes: object) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def presentation_state() -> Dataset:
    """With a text and a line in a layer, over one image."""
    text, line, annotation, image, series = (Dataset() for _ in range(5))
    text.UnformattedTextValue = "Jane lesion 2"
    line.GraphicType, line.NumberOfGraphicPoints, line.GraphicDimensions = "POLYLINE", 2, 2
    line.GraphicData = [1.0, 2.0, 3.0, 4.0]
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = CTImageStorage, "1.2.3.9"
    series.SeriesInstanceUID, series.ReferencedImageSequence = "1.2.3.8", [image]
    annotation.GraphicLayer, annotation.TextObjectSequence, annotation.GraphicObjectSequence = "JANE L1", [text], [line]
    compound = Dataset()
    compound.CompoundGraphicType, compound.GraphicData = "RULER", [1.0, 2.0]
    annotation.CompoundGraphicSequence = [compound]
    return of_class(
        GrayscaleSoftcopyPresentationStateStorage,
        GraphicAnnotationSequence=[annotation],
        ReferencedSeriesSequence=[series],
        ContentLabel="JANE",
        PresentationCreationDate="20200301",
        ContentCreatorName="Doe^John",
    )


def test_a_presentation_state_keeps_its_references_and_loses_its_maker() -> None:
    after = treated(presentation_state())
    [series] = after.ReferencedSeriesSequence
    image = MapUids(KEY).image
    assert series.SeriesInstanceUID == image("1.2.3.8")
    assert series.ReferencedImageSequence[0].ReferencedSOPInstanceUID == image("1.2.3.9")
    assert "Doe" not in str(after)


@pytest.mark.parametrize(("policy", "text"), [("basic", "REMOVED"), ("trial", "lesion 2")])
def test_texts_over_an_image_say_nothing_or_are_cleaned(policy: str, text: str) -> None:
    [annotation] = treated(presentation_state(), policy, clean=without_jane).GraphicAnnotationSequence
    assert annotation.TextObjectSequence[0].UnformattedTextValue == text


def test_lines_over_an_image_become_a_point_where_graphics_are_not_cleaned() -> None:
    [annotation] = treated(presentation_state(), "basic").GraphicAnnotationSequence
    [line] = annotation.GraphicObjectSequence
    assert (line.NumberOfGraphicPoints, line.GraphicData) == (2, [0, 0, 0, 0])
    assert "CompoundGraphicSequence" not in annotation


@pytest.mark.parametrize("policy", ["trial", "research"])
def test_lines_over_an_image_stay_where_graphics_are_cleaned(policy: str) -> None:
    [annotation] = treated(presentation_state(), policy).GraphicAnnotationSequence
    assert annotation.GraphicObjectSequence[0].GraphicData == [1, 2, 3, 4]
    assert annotation.CompoundGraphicSequence[0].GraphicData == [1, 2]


@pytest.mark.parametrize("policy", ["basic", "trial"])
def test_the_name_of_a_layer_is_cleaned_under_every_policy(policy: str) -> None:
    [annotation] = treated(presentation_state(), policy, clean=without_jane).GraphicAnnotationSequence
    assert annotation.GraphicLayer == "L1"


def test_fiducials_are_measured_and_stay() -> None:
    fiducial, coordinates = Dataset(), Dataset()
    coordinates.GraphicData = [1.0, 2.0]
    fiducial.GraphicCoordinatesDataSequence = [coordinates]
    group = Dataset()
    group.FiducialSequence = [fiducial]
    after = treated(of_class(SpatialFiducialsStorage, FiducialSetSequence=[group]))
    left = after.FiducialSetSequence[0].FiducialSequence[0].GraphicCoordinatesDataSequence[0]
    assert left.GraphicData == [1.0, 2.0]


def test_where_a_report_measured_stays_with_what_it_measured() -> None:
    item = Dataset()
    item.ValueType, item.RelationshipType, item.GraphicType, item.GraphicData = (
        "SCOORD",
        "CONTAINS",
        "POINT",
        [1.0, 2.0],
    )
    after = treated(of_class(BasicTextSRStorage, ContentSequence=[item]), "trial")
    assert after.ContentSequence[0].GraphicData == [1.0, 2.0]


@pytest.mark.parametrize("sop_class", [EncapsulatedPDFStorage, EncapsulatedCDAStorage, RawDataStorage])
def test_a_document_or_raw_data_inside_an_object_is_held(sop_class: str) -> None:
    with pytest.raises(CannotBeSafe):
        treated(of_class(sop_class))


@pytest.mark.parametrize(("policy", "text"), [("basic", "REMOVED"), ("trial", "sinus rhythm")])
def test_a_waveform_keeps_its_samples_and_its_annotations_as_texts_are_kept(policy: str, text: str) -> None:
    group, note = Dataset(), Dataset()
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.add_new("WaveformData", "OW", b"\1\0\2\0")
    note.UnformattedTextValue, note.ReferencedWaveformChannels = "sinus rhythm Jane", [1, 1]
    dataset = of_class(TwelveLeadECGWaveformStorage, WaveformSequence=[group], WaveformAnnotationSequence=[note])
    after = treated(dataset, policy, clean=without_jane)
    assert after.WaveformSequence[0].WaveformData == b"\1\0\2\0"
    assert [note.get("UnformattedTextValue") for note in after.WaveformAnnotationSequence] == [text]


def test_a_voice_is_held() -> None:
    with pytest.raises(CannotBeSafe, match="voice"):
        treated(of_class(BasicVoiceAudioWaveformStorage))


@pytest.mark.parametrize("policy", SHIPPED)
def test_icons_go_on_top_and_in_references(policy: str) -> None:
    icon, image = Dataset(), Dataset()
    icon.Rows, icon.Columns = 1, 2
    icon.add_new("PixelData", "OB", b"\1\2")
    image.ReferencedSOPInstanceUID, image.IconImageSequence = "1.2.3", [icon]
    after = treated(of_class(CTImageStorage, IconImageSequence=[icon], SourceImageSequence=[image]), policy)
    assert "IconImageSequence" not in after
    assert [*after.SourceImageSequence[0].dir()] == ["ReferencedSOPInstanceUID"]


def test_functional_groups_keep_their_numbers_and_move_their_dates() -> None:
    frame, content, position, diffusion = (Dataset() for _ in range(4))
    content.FrameAcquisitionDateTime, content.FrameComments = "20200301120000", "Jane moved"
    content.DimensionIndexValues = [1, 2]
    position.ImagePositionPatient, diffusion.DiffusionBValue = [1, 2, 3], 1000.0
    frame.FrameContentSequence, frame.PlanePositionSequence = [content], [position]
    frame.MRDiffusionSequence = [diffusion]
    dataset = of_class(EnhancedMRImageStorage, PerFrameFunctionalGroupsSequence=[frame])
    [left] = treated(dataset, "trial", days=1, clean=without_jane).PerFrameFunctionalGroupsSequence
    said = left.FrameContentSequence[0]
    assert (said.FrameAcquisitionDateTime, said.FrameComments) == ("20200229120000", "moved")
    assert (said.DimensionIndexValues, left.PlanePositionSequence[0].ImagePositionPatient) == ([1, 2], [1, 2, 3])
    assert left.MRDiffusionSequence[0].DiffusionBValue == 1000


@pytest.mark.parametrize(("policy", "said"), [("basic", [None, None, None]), ("trial", ["left", "left", "left"])])
def test_descriptions_of_rois_are_cleaned_or_gone(policy: str, said: list[str | None]) -> None:
    roi, seen = Dataset(), Dataset()
    roi.ROINumber, roi.ROIDescription, roi.ROIGenerationDescription = 1, "Jane left", "Jane left"
    seen.ROIObservationDescription, seen.ROIInterpreter, seen.ObservationNumber = "Jane left", "Doe^John", 1
    dataset = of_class(
        RTStructureSetStorage,
        StructureSetROISequence=[roi],
        RTROIObservationsSequence=[seen],
        StructureSetDescription="Jane's",
    )
    after = treated(dataset, policy, clean=without_jane)
    [roi], [seen] = after.StructureSetROISequence, after.RTROIObservationsSequence
    left = [roi.get("ROIDescription"), roi.get("ROIGenerationDescription"), seen.get("ROIObservationDescription")]
    assert [text or None for text in left] == said
    assert not seen.get("ROIInterpreter")


@pytest.mark.parametrize(
    "keyword",
    ["ReferencedImageSequence", "SourceImageSequence", "ReferencedInstanceSequence", "DerivationImageSequence"],
)
def test_references_to_images_stay_closed(keyword: str) -> None:
    image = Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = CTImageStorage, "1.2.3.9"
    after = treated(of_class(EnhancedMRImageStorage, **{keyword: [image]}))
    assert after[keyword].value[0].ReferencedSOPInstanceUID == MapUids(KEY).image("1.2.3.9")


@pytest.mark.parametrize(
    "keyword", ["ReferencedPatientSequence", "ReferencedStudySequence", "ReferencedPatientPhotoSequence"]
)
def test_references_to_patients_and_studies_go(keyword: str) -> None:
    other = Dataset()
    other.ReferencedSOPInstanceUID = "1.2.3.9"
    assert keyword not in treated(of_class(CTImageStorage, **{keyword: [other]}))


def test_a_private_sequence_written_as_unknown_goes_even_if_the_site_lists_it_as_safe(tmp_path: Path) -> None:
    inner = struct.pack("<HHI", 0x0010, 0x0010, 8) + b"Doe^Jane"
    item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
    dataset = Dataset()
    block = dataset.private_block(0x0029, "ACME", create=True)
    block.add_new(0x10, "UN", item)
    block.add_new(0x11, "SH", "safe")
    addition = {"creator": "ACME", "group": "0029", "reason": "read in the manual"}
    safe = [{**addition, "element": "10", "vr": "SQ"}, {**addition, "element": "11", "vr": "SH"}]
    policy = site_policy(tmp_path, options=["retain-safe-private"], safe_private={"standard": False, "additions": safe})
    after = treated(dataset, policy)
    assert [(f"{e.tag:08x}", e.value) for e in after if e.tag.is_private] == [
        ("00290010", "ACME"),
        ("00291011", "safe"),
    ]


@pytest.mark.parametrize(
    "uid", ["1.2.840.10008.5.1.4.1.1.8", "1.2.840.10008.5.1.4.1.1.9", "1.2.840.10008.5.1.4.1.1.129"]
)
def test_an_object_that_is_nothing_but_an_overlay_is_held(uid: str) -> None:
    with pytest.raises(CannotBeSafe, match="nothing but"):
        treated(of_class(uid))


def with_overlay(**more: object) -> Dataset:
    """An image with an overlay in bit 12 of its pixels, as its header says."""
    dataset = of_class(CTImageStorage, BitsAllocated=16, BitsStored=12, HighBit=11, **more)
    dataset.add_new(0x60000100, "US", 16)
    dataset.add_new(0x60000102, "US", 12)
    return dataset


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("policy", SHIPPED)
def test_an_overlay_in_unused_bits_of_the_pixels_is_held(policy: str, syntax: str) -> None:
    with pytest.raises(CannotBeSafe, match="unused bits"):
        treated(with_overlay(), policy, syntax=syntax)


@pytest.mark.parametrize("script", ["-(60X@,XXXX)", "-(60X@,XXXX)\nscalePatientAgeAndDobFromStudyDate[]"])
def test_no_script_hides_an_overlay_in_unused_bits_by_removing_its_header(tmp_path: Path, script: str) -> None:
    dataset = with_overlay(SOPInstanceUID="1.2.3")
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    recipe = Recipe((Scripted(parse(f'version "6.6"\n{script}', "script"), {}),), session())
    with pytest.raises(CannotBeSafe, match="unused bits"):
        Work(recipe).file(tmp_path / "in.dcm", tmp_path / "out.dcm")
    assert [path.name for path in tmp_path.iterdir()] == ["in.dcm"]


@pytest.mark.parametrize("position", [0, 12])
def test_an_overlay_of_its_own_is_removed_wherever_it_says_it_lies(position: int) -> None:
    dataset = with_overlay()
    dataset.add_new(0x60003000, "OW", b"\1\0")
    dataset[0x60000102].value = position
    assert not [element for element in treated(dataset) if element.tag.group == 0x6000]


@pytest.mark.parametrize("sop_class", [VideoEndoscopicImageStorage, "1.2.840.10008.5.1.1.29", InventoryStorage])
def test_a_film_or_a_list_of_patients_is_held(sop_class: str) -> None:
    with pytest.raises(CannotBeSafe):
        treated(of_class(sop_class))


@pytest.mark.parametrize("policy", SHIPPED)
def test_signatures_and_what_was_there_before_go(policy: str) -> None:
    before, modified, signature, secret = (Dataset() for _ in range(4))
    modified.PatientName = signature.CertifiedTimestampType = "Jane"
    before.ModifiedAttributesSequence, secret.EncryptedContent = [modified], b"Jane"
    after = treated(
        of_class(
            CTImageStorage,
            OriginalAttributesSequence=[before],
            DigitalSignaturesSequence=[signature],
            MACParametersSequence=[Dataset()],
            EncryptedAttributesSequence=[secret],
        ),
        policy,
    )
    left = {element.keyword for element in after if element.VR == "SQ"}
    assert left == {"DeidentificationMethodCodeSequence"}


@pytest.mark.parametrize("policy", SHIPPED)
def test_the_meaning_of_a_code_is_cleaned_under_every_policy(policy: str) -> None:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "T-04000", "SRT", "Jane Breast"
    after = treated(of_class(CTImageStorage, AnatomicRegionSequence=[code]), policy, clean=without_jane)
    [left] = after.AnatomicRegionSequence
    assert (left.CodeValue, left.CodingSchemeDesignator, left.CodeMeaning) == ("T-04000", "SRT", "Breast")


def test_every_rule_for_special_objects_names_tests_that_there_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
    table = page.split("## Special objects")[1].split("##")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][2:]
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    named = [re.findall(r"`(test_\w+)`", line.split("|")[3]) for line in lines]
    assert len(lines) > 15
    assert all(named)
    assert {name for each in named for name in each} <= {*re.findall(r"def (test_\w+)", tests)}

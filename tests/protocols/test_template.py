"""The structures that a protocol expects, as planning systems load them."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from pydicom.filewriter import dcmwrite

from tests.protocols.conftest import SHIPPED
from uploader.protocols import load
from uploader.protocols.template import left_out, template


@pytest.fixture
def protocol(schema):
    return lambda name: load(SHIPPED / f"{name}.json", schema)


def test_each_named_structure_has_its_type_its_colour_and_its_label(protocol):
    made = template(protocol("EXAMPLE-HN-RT/v1"))
    names = [item.ROIName for item in made.StructureSetROISequence]
    types = [item.RTROIInterpretedType for item in made.RTROIObservationsSequence]
    known = {"External": "EXTERNAL", "PTV_6500": "PTV", "Larynx": ""}
    assert {name: kind for name, kind in zip(names, types, strict=True) if name in known} == known
    assert [item.ReferencedROINumber for item in made.ROIContourSequence] == list(range(1, len(names) + 1))
    assert not any("ContourSequence" in item for item in made.ROIContourSequence)
    assert all(0 <= share <= 255 for item in made.ROIContourSequence for share in item.ROIDisplayColor)


def test_a_code_of_the_protocol_is_in_the_template(protocol):
    made = template(protocol("EXAMPLE-HN-RT/v1"))
    numbers = {item.ROIName: item.ROINumber for item in made.StructureSetROISequence}
    parotid = made.RTROIObservationsSequence[numbers["Parotid_L"] - 1]
    assert parotid.RTROIIdentificationCodeSequence[0].CodeValue == "45289007"


def test_when_a_structure_is_needed_is_told_beside_its_name(protocol):
    needs = {i.ROIName: i.ROIDescription for i in template(protocol("EXAMPLE-HN-RT/v1")).StructureSetROISequence}
    assert (needs["External"], needs["PTV_7300"], needs["Esophagus_S"]) == (
        "required",
        "required if arm is B",
        "permitted",
    )


def test_a_wildcard_gives_its_shortest_name_and_a_pattern_none(protocol):
    names = [item.ROIName for item in template(protocol("DEMO-RT/v1")).StructureSetROISequence]
    assert names[:2] == ["BODY", "PTV"]
    assert left_out(protocol("EXAMPLE-HN-RT/v1").content)[0] == "an ROI that matches GTVn[0-9]*"


def test_the_same_protocol_gives_the_same_template(protocol):
    assert template(protocol("DEMO-RT/v1")) == template(protocol("DEMO-RT/v1"))


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of dicom3tools")
@pytest.mark.parametrize("name", ["EXAMPLE-HN-RT/v1", "EXAMPLE-LUNG-SABR/v1", "DEMO-RT/v1", "SPINE-PHANTOM/v1"])
def test_a_template_is_what_the_standard_says_a_structure_set_is(protocol, name, tmp_path):
    dcmwrite(tmp_path / "template.dcm", template(protocol(name)), enforce_file_format=True)
    run = subprocess.run(["dciodvfy", tmp_path / "template.dcm"], capture_output=True, text=True, check=False)
    assert "RTStructureSet" in run.stderr
    assert [line for line in run.stderr.splitlines() if line.startswith("Error")] == []

"""What other systems load of a protocol."""

from __future__ import annotations

from pydicom import dcmread


def test_the_command_writes_a_file_and_says_what_it_left_out(ask, tmp_path):
    answer = ask("template", "EXAMPLE-HN-RT", tmp_path / "out.dcm")
    assert "left to whoever draws: an ROI that matches GTVn[0-9]*" in answer.stdout
    assert dcmread(tmp_path / "out.dcm").StructureSetName == "EXAMPLE-HN-RT v1"
    assert "already" in ask("template", "EXAMPLE-HN-RT", tmp_path / "out.dcm").stderr


def test_a_protocol_without_structures_has_no_template(ask, tmp_path):
    assert "names no structures" in ask("template", "EXAMPLE-PET-MR", tmp_path / "out.dcm").stderr
    assert not (tmp_path / "out.dcm").exists()

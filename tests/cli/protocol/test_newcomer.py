"""The ten minutes of docs/trial-designers.md: a protocol is made, read, tried, and found to judge."""

from __future__ import annotations

import json

from uploader.phantom import write_session


def test_a_newcomer_makes_a_protocol_that_judges_the_phantom(ask, tmp_path):
    write_session(tmp_path / "session", slices=6, size=32)
    where = ["--protocols", tmp_path]
    answers = "PHANTOM\nMy first trial\nOur unit\n" + "\n" * 20
    assert ask("new", tmp_path / "session", *where, input=answers).exit_code == 0
    assert "PHANTOM/v1.json: right" in ask("check", "PHANTOM", *where).stdout
    assert "Slice spacing is at most 3 mm." in ask("explain", "PHANTOM", *where).stdout
    recorded = ask("test", "PHANTOM", *where, "--record", tmp_path / "session", "--name", "right")
    assert "PHANTOM/examples/right: as expected" in recorded.stdout, recorded.output

    path = tmp_path / "PHANTOM" / "v1.json"
    document = json.loads(path.read_text())
    document["inputs"][0]["geometry"]["slice_spacing_mm"] = {"max": 2}
    path.write_text(json.dumps(document))
    judged = ask("test", "PHANTOM", *where)
    assert judged.exit_code == 3
    assert "rule /inputs/0/geometry/slice_spacing_mm: expected pass, is fail" in judged.stdout

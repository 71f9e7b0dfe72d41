"""A protocol that the program writes can be read and edited, and says the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from tests.protocols.conftest import SHIPPED
from tests.protocols.test_document import DOCUMENTS
from uploader.protocols.writing import WIDTH, text, write_new


@given(DOCUMENTS)
def test_what_is_written_reads_back_the_same(document):
    assert json.loads(text({"it": document})) == {"it": document}


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*/v*.json")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_lines_are_no_longer_than_people_read_unless_a_text_is(path):
    document = json.loads(path.read_text())
    rows = text(document).splitlines()
    assert json.loads(text(document)) == document
    assert [row for row in rows if len(row) > WIDTH + 20 and row.count('"') > 4] == []


def test_a_version_is_never_written_over(tmp_path, small):
    write_new(tmp_path / "SMALL" / "v1.json", small)
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "SMALL" / "v1.json", {})
    assert json.loads((tmp_path / "SMALL" / "v1.json").read_text()) == small

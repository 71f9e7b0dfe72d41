"""The log says what was agreed, and nothing else."""

from __future__ import annotations

import io
import json
import logging

import pytest

from uploader.logs import Discreet, listen, say


@pytest.fixture
def log():
    stream = io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("uploader")
    kept = (root.handlers[:], root.level, ours.level)
    listen(stream)
    yield stream
    root.handlers[:], root.level, ours.level = kept


def test_an_event_is_one_line_of_json(log):
    say("deposited", submission="k7q29xmd", files=3)
    line = json.loads(log.getvalue())
    assert (line["event"], line["submission"], line["files"]) == ("deposited", "k7q29xmd", 3)


def test_a_field_that_nobody_agreed_on_is_refused():
    with pytest.raises(ValueError, match="patient"):
        say("deposited", patient="Quillfeather")


def test_a_foreign_logger_is_heard_but_not_what_it_said(log):
    logging.getLogger("somebody.else").error("could not read Quillfeather^Erika")
    assert "Quillfeather" not in log.getvalue()
    assert json.loads(log.getvalue())["event"] == "foreign"


def test_the_formatter_keeps_foreign_tracebacks_to_itself():
    record = logging.LogRecord("other", logging.ERROR, "f.py", 1, "Quillfeather", None, None)
    assert "Quillfeather" not in Discreet().format(record)

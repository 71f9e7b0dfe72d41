"""A private value does not travel by accident."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from flask import Flask, render_template_string

from uploader.domain.private import Private

NAME = "Quillfeather^Erika"


@pytest.mark.parametrize("render", [str, repr, "{}".format, "{!r:>40}".format, lambda v: f"{v}", lambda v: "%s" % v])  # noqa: UP031
def test_it_prints_as_nothing(render):
    assert "Quillfeather" not in render(Private(NAME))


@pytest.mark.parametrize("serialise", [pickle.dumps, copy.deepcopy, json.dumps])
def test_it_cannot_be_serialised(serialise):
    with pytest.raises(TypeError):
        serialise(Private(NAME))


def test_a_template_that_forgets_to_ask_shows_nothing():
    with Flask(__name__).app_context():
        assert "Quillfeather" not in render_template_string("{{ value }}", value=Private(NAME))


def test_a_traceback_that_holds_it_says_nothing():
    with pytest.raises(ValueError, match="<private>"):
        raise ValueError(f"cannot use {Private(NAME)}")


def test_revealed_it_is_itself():
    assert Private(NAME).reveal() == NAME

"""Structures of a session as they arrived: looking at them, and deciding what they are called in the trial."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from uploader.domain.errors import Refused
from uploader.review import Review

blueprint = Blueprint("structures", __name__)
FIELD = "name "
"""Fields of the form begin so; behind it the ROI's number, a blank, and its entry."""


def _review() -> Review:
    review: Review = current_app.extensions["review"]
    return review


@blueprint.get("/submissions/<submission>/structures")
def show(submission: str) -> str:
    """Structure names as they arrived. Identifiable: asked for by name, and audited."""
    return _page(submission)


@blueprint.post("/submissions/<submission>/structures")
def rename(submission: str) -> Response | tuple[str, int]:
    """Take the new names, and prepare the session anew."""
    typed = {field: value.strip() for field, value in request.form.items() if field.startswith(FIELD)}
    try:
        _review().rename(submission, g.person, _names(typed))
    except Refused as error:
        if type(error) is not Refused:
            raise
        return _page(submission, str(error), typed), 400
    return redirect(url_for("submissions.one", submission=submission))


def _names(typed: Mapping[str, str]) -> dict[str, dict[int, str]]:
    names: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for field, name in typed.items():
        number, _, entry = field.removeprefix(FIELD).partition(" ")
        if name and number.isdecimal():
            names[entry][int(number)] = name
    return names


def _page(submission: str, wrong: str = "", typed: Mapping[str, str] = MappingProxyType({})) -> str:
    review = _review()
    return render_template(
        "structures.html",
        submission=submission,
        about=review.records.get(submission),
        naming=review.structures(submission, g.person),
        wrong=wrong,
        typed=typed,
        field=FIELD,
    )

"""Structures of a session as they arrived: looking at them, and deciding what they are called in the trial."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from flask import Blueprint, g, render_template, request
from werkzeug.wrappers import Response

from uploader.domain.errors import Refused
from uploader.renaming import certain
from uploader.views import Naming
from uploader.web.page import back, review_here

blueprint = Blueprint("structures", __name__)
FIELD, CONFIRM = "name ", "confirm "
"""Fields of the form begin so, and ticks that confirm one; behind it the ROI's number, a blank, and its entry."""


@blueprint.get("/submissions/<submission>/structures")
def show(submission: str) -> str:
    """Structure names as they arrived. Identifiable: asked for by name, and audited."""
    return _page(submission, every=request.args.get("take") == "every")


@blueprint.post("/submissions/<submission>/structures")
def rename(submission: str) -> Response | tuple[str, int]:
    """Take the new names, and prepare the session anew."""
    typed = {field: value.strip() for field, value in request.form.items() if field.startswith(FIELD)}
    try:
        review_here().rename(submission, g.person, _names(typed), _confirmed(request.form))
    except Refused as error:
        if type(error) is not Refused:
            raise
        return _page(submission, str(error), {**request.form, **typed}), 400
    return back(submission)


def _confirmed(ticked: Iterable[str]) -> set[tuple[str, int]]:
    """Entry and ROI number of each structure whose name was confirmed by itself."""
    keys = [field.removeprefix(CONFIRM).partition(" ") for field in ticked if field.startswith(CONFIRM)]
    return {(entry, int(number)) for number, _, entry in keys if number.isdecimal()}


def _fields(naming: Naming) -> dict[str, str]:
    """The fields of every suggestion that leaves nothing to decide."""
    sure = certain(naming.structures)
    return {f"{FIELD}{number} {entry}": name for entry, new in sure.items() for number, name in new.items()}


def _names(typed: Mapping[str, str]) -> dict[str, dict[int, str]]:
    names: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for field, name in typed.items():
        number, _, entry = field.removeprefix(FIELD).partition(" ")
        if name and number.isdecimal():
            names[entry][int(number)] = name
    return names


def _page(
    submission: str, wrong: str = "", typed: Mapping[str, str] = MappingProxyType({}), *, every: bool = False
) -> str:
    """every: fill in every suggestion that leaves nothing to decide, where the trial lets a person take all at once"""
    review = review_here()
    naming = review.structures(submission, g.person)
    at_once = _fields(naming) if naming.may_rename and naming.confirm != "each" else {}
    return render_template(
        "structures.html",
        submission=submission,
        about=review.records.get(submission),
        naming=naming,
        wrong=wrong,
        typed=at_once if every else typed,
        field=FIELD,
        confirm=CONFIRM,
        certain=len(at_once),
    )

"""DICOMweb: looking for studies, series and instances (QIDO-RS). Source: PS3.18 10.6."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from uploader.archives.embedded import accepts, dicomsearch, qido
from uploader.archives.embedded.accepts import Offer
from uploader.archives.embedded.dicomjson import Json
from uploader.archives.embedded.dicomsearch import Hit
from uploader.archives.embedded.rest.asked import routes, store, user
from uploader.archives.embedded.shelves import UID

ROOT = "/xapi/dicomweb/projects/<project>"
STUDY = f"{ROOT}/studies/<study>"
SERIES = f"{STUDY}/series/<series>"
INSTANCE = f"{SERIES}/instances/<instance>"
JSON = "application/dicom+json"
_OFFERS = [Offer(JSON, multipart=False), Offer("application/json", multipart=False)]
blueprint = Blueprint("dicomweb", __name__)


def only_uids() -> None:
    """UIDs in an address are digits and dots; anything else is refused before it is looked for."""
    for name, value in (request.view_args or {}).items():
        if name in ("study", "series", "instance") and not UID.fullmatch(value):
            raise BadRequest("The address holds something that is no UID.")


blueprint.before_request(only_uids)


@routes(blueprint, [f"{ROOT}/studies"])
def studies(project: str) -> Response:
    return _answer(dicomsearch.studies, project)


@routes(blueprint, [f"{ROOT}/series", f"{STUDY}/series"])
def series(project: str, study: str = "") -> Response:
    return _answer(dicomsearch.series, project, study)


@routes(blueprint, [f"{ROOT}/instances", f"{STUDY}/instances", f"{SERIES}/instances"])
def instances(project: str, study: str = "", series: str = "") -> Response:
    return _answer(dicomsearch.objects, project, study, series)


def accepted(offers: Sequence[Offer]) -> Offer:
    """What the client gets of what is on offer; the query may say it in the place of the header. PS3.18 8.3.3.1."""
    return accepts.chosen(request.args.get("accept") or request.headers.get("Accept", ""), offers)


def root() -> str:
    """Where this archive is for the client. A proxy says how it is asked for; without one the port is our own,
    which some clients leave out of Host."""
    scheme, host = request.headers.get("X-Forwarded-Proto", ""), request.host
    if not scheme and ":" not in host:
        host = f"{host}:{request.environ['SERVER_PORT']}"
    return f"{'https' if scheme == 'https' else 'http'}://{host}"


def place(project: str, study: str, series: str = "", instance: str = "") -> str:
    """The address of a study, a series or an instance."""
    named = (("studies", study), ("series", series), ("instances", instance))
    return f"{root()}/xapi/dicomweb/projects/{project}" + "".join(f"/{kind}/{uid}" for kind, uid in named if uid)


def as_dicom_json(value: object, kind: str = JSON, status: int = 200) -> Response:
    """Any plain value that holds the DICOM JSON model."""
    return Response(json.dumps(value, allow_nan=False), status, content_type=kind)


def _answer(search: Callable[..., list[Hit]], project: str, *uids: str) -> Response:
    """What fits the question, a page of it, and how much there is of it."""
    offer = accepted(_OFFERS)
    asked = qido.asked(list(request.args.items(multi=True)))
    hits = [hit for hit in search(store(), user(), project, *uids) if _fits(hit, asked)]
    answer = as_dicom_json([_told(hit, asked, project) for hit in asked.page(hits)], offer.type)
    answer.headers["X-Total-Count"] = str(len(hits))
    for warning in asked.warnings:
        answer.headers.add("Warning", f'299 - "{warning}"')
    return answer


def _fits(hit: Hit, asked: qido.Question) -> bool:
    """First by what is known without opening a file."""
    cheap = {tag: wanted for tag, wanted in asked.filters.items() if tag in hit.decided}
    return qido.fits(hit.known, cheap) and qido.fits(hit.about(asked.filters), asked.filters)


def _told(hit: Hit, asked: qido.Question, project: str) -> Json:
    if asked.include is None:
        told = dicomsearch.everything(hit.path) | hit.known
    else:
        wanted = hit.usual | asked.include
        told = {tag: element for tag, element in hit.about(wanted).items() if tag in wanted}
    told |= {"00081190": {"vr": "UR", "Value": [place(project, *hit.uids)]}}
    return dict(sorted(told.items()))

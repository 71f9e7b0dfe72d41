"""DICOMweb: taking instances, attributes, frames and large values (WADO-RS). Source: PS3.18 10.4."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from flask import Blueprint, Response
from werkzeug.exceptions import BadRequest, NotFound

from uploader.archives.embedded import accepts, instances, multiparts, pixeldata
from uploader.archives.embedded.accepts import Offer
from uploader.archives.embedded.dicomjson import Memory
from uploader.archives.embedded.instances import Instance
from uploader.archives.embedded.multiparts import Part
from uploader.archives.embedded.rest.asked import routes, store, user
from uploader.archives.embedded.rest.dicomweb import INSTANCE, JSON, SERIES, STUDY, accepted, only_uids, place
from uploader.archives.embedded.vault import file_chunks

DICOM, BYTES = "application/dicom", "application/octet-stream"
MOST_FRAMES = 10_000
"""Frames in one request."""
_TRAIL = re.compile(r"[0-9A-Fa-f]{8}(/[0-9]{1,6}/[0-9A-Fa-f]{8}){0,32}")
blueprint = Blueprint("wado", __name__)
blueprint.before_request(only_uids)


@routes(blueprint, [STUDY, SERIES, INSTANCE])
def objects(**names: str) -> Response:
    """The files as they are stored, one after the other."""
    found = _found(**names)
    syntaxes = {i.syntax for i in found}
    offers = [Offer(DICOM, syntaxes=tuple(syntaxes) if len(syntaxes) == 1 else ())]
    if "instance" in names:
        offers.append(Offer(DICOM, multipart=False, syntaxes=offers[0].syntaxes))
    offer = accepted(offers)
    parts = ((f"{DICOM}; transfer-syntax={i.syntax}", file_chunks(i.path)) for i in found)
    return _given(offer, parts)


@routes(blueprint, [f"{url}/metadata" for url in (STUDY, SERIES, INSTANCE)])
def metadata(project: str, **names: str) -> Response:
    """All attributes, as JSON; pixels and other large values by their address."""
    offer = accepted([Offer(JSON, multipart=False), Offer("application/json", multipart=False)])
    found = [(i, place(project, i.study, i.series, i.uid)) for i in _found(project, **names)]
    return Response(_json(found), content_type=offer.type)


@routes(blueprint, [f"{INSTANCE}/frames/<numbers>"])
def frames(numbers: str, **names: str) -> Response:
    """Frames as they are stored, counted from 1."""
    if not re.fullmatch(r"[0-9]{1,9}(,[0-9]{1,9})*", numbers) or numbers.count(",") >= MOST_FRAMES:
        raise BadRequest("Frames are asked for by their numbers, such as 1 or 1,2,3.")
    (found,), wanted = _found(**names), [int(number) - 1 for number in numbers.split(",")]
    with pixeldata.image(found.path) as image:
        if not all(0 <= index < len(image) for index in wanted):
            raise NotFound("The object has no frame of this number.")
        if len(wanted) == 1:
            return _given(offer := _frame_offer(found, single=True), [(_part_type(offer), [image.stored(wanted[0])])])
    offer = _frame_offer(found, single=False)
    return _given(offer, ((_part_type(offer), [frame]) for frame in _frames(found, wanted)))


@routes(blueprint, [f"{INSTANCE}/bulkdata/<path:trail>"])
def bulkdata(trail: str, **names: str) -> Response:
    """A large value, by the tags and item numbers that lead to it."""
    if not _TRAIL.fullmatch(trail):
        raise BadRequest("A value is asked for by tags and item numbers, such as 7FE00010 or 30060039/1/30060050.")
    (found,) = _found(**names)
    if trail.upper() == "7FE00010" and pixeldata.frame_type(found.syntax):
        with pixeldata.image(found.path) as image:
            count = len(image)
        offer = _frame_offer(found, single=False)
        return _given(offer, ((_part_type(offer), [frame]) for frame in _frames(found, range(count))))
    offer = accepted([Offer(BYTES, syntaxes=pixeldata.syntaxes(found.syntax)), Offer(BYTES, multipart=False)])
    return _given(offer, [(_part_type(offer), pixeldata.value(found.path, trail.upper()))])


def _found(project: str, study: str, series: str = "", instance: str = "") -> list[Instance]:
    return instances.of_study(store(), user(), project, study, series, instance)


def _json(found: Sequence[tuple[Instance, str]]) -> Iterator[str]:
    """A JSON array, written object by object: a study's attributes together may be larger than the memory."""
    opening, memory = "[", Memory()
    for instance, where in found:
        attributes = pixeldata.attributes(instance.path, f"{where}/bulkdata/".__add__, memory)
        yield opening + json.dumps(attributes, allow_nan=False)
        opening = ","
    yield "]"


def _frame_offer(found: Instance, single: bool) -> Offer:
    """As what a client gets frames: bare bytes, or the image they are when it asks for that."""
    syntaxes = pixeldata.syntaxes(found.syntax)
    kinds = [BYTES, *filter(None, [pixeldata.frame_type(found.syntax)])]
    return accepted([Offer(kind, many, syntaxes) for many in ([True, False] if single else [True]) for kind in kinds])


def _part_type(offer: Offer) -> str:
    return f"{offer.type}; transfer-syntax={offer.syntaxes[0]}" if offer.syntaxes else offer.type


def _frames(found: Instance, wanted: Iterable[int]) -> Iterator[bytes]:
    with pixeldata.image(found.path) as image:
        yield from map(image.stored, wanted)


def _given(offer: Offer, parts: Iterable[Part]) -> Response:
    """The parts, or the only one as it is."""
    if not offer.multipart:
        ((kind, data),) = parts
        return Response(data, content_type=kind)
    name = multiparts.boundary()
    kind = f'{accepts.MULTIPART}; type="{offer.type}"; boundary={name}'
    return Response(multiparts.written(parts, name), content_type=kind)

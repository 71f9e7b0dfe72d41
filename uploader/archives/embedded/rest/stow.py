"""DICOMweb: giving instances to the archive (STOW-RS). Source: PS3.18 10.5."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from uploader.archives.embedded import accepts, multiparts, stow
from uploader.archives.embedded.accepts import media_type
from uploader.archives.embedded.dicomjson import Json
from uploader.archives.embedded.rest.asked import body, routes, store, user
from uploader.archives.embedded.rest.dicomweb import JSON, ROOT, STUDY, accepted, as_dicom_json, only_uids, place
from uploader.archives.embedded.stow import Account, Sent
from uploader.archives.embedded.vault import Readable

DICOM = "application/dicom"
_ANSWERS = [accepts.Offer(JSON, multipart=False), accepts.Offer("application/json", multipart=False)]
blueprint = Blueprint("stow", __name__)
blueprint.before_request(only_uids)


@routes(blueprint, [f"{ROOT}/studies", STUDY], "POST")
def take(project: str, study: str = "") -> Response:
    """200 when all are stored, 202 when some are, or wait in the prearchive, 409 when none is."""
    offer = accepted(_ANSWERS)
    account = stow.store_all(store(), user(), project, _parts(), study)
    if not (account.shown or account.waiting or account.failed):
        raise BadRequest("The request holds no instance; nothing was stored.")
    stored = account.shown + account.waiting
    status = 409 if not stored else 202 if account.failed or account.waiting else 200
    return as_dicom_json(_told(project, account), offer.type, status)


def _parts() -> Iterator[Readable]:
    """The instances in the body. Raises UnsupportedMediaType for anything else."""
    kind, more = media_type(request.headers.get("Content-Type", ""))
    if kind == DICOM:
        yield body()
        return
    if kind != accepts.MULTIPART or more.get("type", DICOM).lower() != DICOM:
        raise UnsupportedMediaType(f"Send {accepts.MULTIPART}; type={DICOM}, or {DICOM}; nothing was stored.")
    for named, part in multiparts.read(body(), request.headers["Content-Type"]):
        if media_type(named)[0] not in ("", DICOM):
            raise UnsupportedMediaType(f"Each part must be {DICOM}; nothing was stored.")
        yield part


def _told(project: str, account: Account) -> Json:
    """The store instances response. What waits in the prearchive has no address yet, and says so by B000."""
    shown = [_item(sent, {"00081190": {"vr": "UR", "Value": [_address(project, sent)]}}) for sent in account.shown]
    kept = [_item(sent, {"00081196": {"vr": "US", "Value": [0xB000]}}) for sent in account.waiting]
    failed = [_item(sent, {"00081197": {"vr": "US", "Value": [sent.reason]}}) for sent in account.failed]
    studies = {sent.study for sent in account.shown}
    told: Json = {"00081190": {"vr": "UR", "Value": [place(project, *studies)]}} if len(studies) == 1 else {}
    for tag, items in (("00081199", shown + kept), ("00081198", failed)):
        if items:
            told[tag] = {"vr": "SQ", "Value": items}
    return told


def _address(project: str, sent: Sent) -> str:
    return place(project, sent.study, sent.series, sent.uid)


def _item(sent: Sent, more: Json) -> Json:
    uids = {"00081150": sent.kind, "00081155": sent.uid}
    return {tag: {"vr": "UI", "Value": [uid]} if uid else {"vr": "UI"} for tag, uid in uids.items()} | more

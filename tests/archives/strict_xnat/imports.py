"""XNAT's import service: everything that makes the gateway keep away from it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pydicom
from werkzeug.wrappers import Request, Response

from tests.archives.strict_xnat.habits import page
from tests.archives.traps import Forward, given_anew

SLOW_BYTES = 1 << 16
"""What is larger takes longer than XNAT waits for itself."""
FILTERED = "SR"
"""Modality that the site's series import filter rejects."""
_MERGES = {"append", "delete", "override"}


def imports_as_it_likes(request: Request, forward: Forward) -> Response:
    """1, 7, 8, 11 and the archive that takes too long."""
    if request.path != "/data/services/import" or request.method == "GET":
        return forward()
    given = request.args.to_dict()
    if given.get("import-handler") == "gradual-DICOM" and _filtered(request):
        return Response(b"", 200, content_type="text/uri-list")
    if "overwrite" in given and given["overwrite"] not in _MERGES:
        given["overwrite"] = "append"
    if given.pop("Direct-Archive", "") == "true":
        given["dest"] = "/prearchive"
    if given.get("action") == "commit":
        given["Ignore-Unparsable"] = "true"
    request.environ["QUERY_STRING"] = urlencode(given)
    large = (request.content_length or 0) > SLOW_BYTES
    response = forward()
    if response.status_code >= 500:
        return page(400, "unable to read DICOM object 0001.dcm")
    if response.status_code == 409:
        return page(400, "unable to archive for the Prearchive session")
    if large and response.status_code == 200:
        return page(500, "The session did not complete within the configured timeout interval")
    return response


class RunsTheSitesScript:
    """6: on until an administrator switches it off, and rewrites every file that is imported.

    It does what XNAT's own default script does. Files that are put into a resource are not touched, as in XNAT.
    """

    def __init__(self) -> None:
        self.enabled = True

    def __call__(self, request: Request, forward: Forward) -> Response:
        if request.path == "/xapi/anonymize/site/enabled":
            return self._switch(request, forward)
        if request.path == "/data/services/import" and self.enabled:
            _rewrite(request, self._edited(request.args.get("dest", "")))
        return forward()

    def _switch(self, request: Request, forward: Forward) -> Response:
        asked, wanted = request.method == "GET", request.args.get("enable", "true") == "true"
        request.environ |= {"QUERY_STRING": "enable=false"}  # what stands behind decides who may
        response = forward()
        if response.status_code != 200:
            return response
        self.enabled = self.enabled if asked else wanted
        return Response("true" if self.enabled else "false", 200, content_type="application/json")

    def _edited(self, dest: str) -> Callable[[bytes], bytes]:
        found = re.search(r"projects/([^/]+)(?:/subjects/([^/]+)/experiments/([^/]+))?", dest)
        project, subject, session = (found.groups() if found else (None,) * 3) or (None,) * 3

        def edited(data: bytes) -> bytes:
            ds = _read(data)
            if ds is None:
                return data
            ds.StudyDescription, ds.PatientName, ds.PatientID = project or "", subject or "", session or ""
            out = io.BytesIO()
            ds.save_as(out, enforce_file_format=True)
            return out.getvalue()

        return edited


def _rewrite(request: Request, edited: Callable[[bytes], bytes]) -> None:
    """Every DICOM file of the body."""
    body = request.get_data()
    given_anew(request, _zip_of(body, edited) if body[:2] == b"PK" else edited(body))


def _zip_of(body: bytes, edited: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as sent, zipfile.ZipFile(out, "w") as kept:
        for member in sent.namelist():
            kept.writestr(member, edited(sent.read(member)))
    return out.getvalue()


def _filtered(request: Request) -> bool:
    body = request.environ["wsgi.input"].read(request.content_length or 0)
    given_anew(request, body)
    ds = _read(body)
    return ds is not None and ds.get("Modality") == FILTERED


def _read(data: bytes) -> Any:
    return pydicom.dcmread(io.BytesIO(data)) if data[128:132] == b"DICM" else None

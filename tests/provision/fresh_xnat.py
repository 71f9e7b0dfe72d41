"""An XNAT as it is delivered, in the shapes that XNAT 1.9 answers: WSGI around an embedded archive.

Nobody has set it up: but for the open addresses everything is 403. The login is the factory's, guests may look, a
receiver listens and rewrites, the site script is on. What is set is kept in memory, and given back as XNAT does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from uploader.archives.embedded import Account, Embedded

OPEN = ("/xapi/siteConfig/buildInfo", "/xapi/siteConfig/initialized")
DELIVERED: dict[str, Any] = {
    "initialized": False,
    "siteId": "XNAT",
    "siteUrl": "",
    "adminEmail": "you@yoursite.org",
    "requireLogin": True,
    "userRegistration": False,
    "securityNewUserRegistrationDisabled": False,
    "uiAllowNonAdminProjectCreation": True,
    "enableSitewideAnonymizationScript": True,
    "checksums": True,
    "sessionTimeout": "15 minutes",
    "receivedFileUser": "admin",
    "primaryAdminUsername": "admin",
    "siteDescriptionType": "Text",
    "siteDescriptionText": "Welcome to **XNAT**",
    "enableDicomReceiver": True,
}


class FreshXnat:
    """The middleware. `changes` has every request that would change something, as ``METHOD path``.

    deaf: names of settings that are answered 200 and not taken, as XNAT does with what it does not know
    """

    def __init__(self, root: Path) -> None:
        accounts = [Account("admin", "admin", admin=True), Account("guest", "guest")]
        self.embedded = Embedded(root, name="fresh", site_id="ID", accounts=accounts)
        self.preferences = dict(DELIVERED)
        self.receivers = {1: {"id": 1, "aeTitle": "XNAT", "port": 8104, "enabled": True, "anonymizationEnabled": True}}
        self.changes: list[str] = []
        self.deaf: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method != "GET" and request.path != "/data/services/auth":
            self.changes.append(f"{request.method} {request.path}")
        if request.path == "/xapi/siteConfig/buildInfo":
            return _json({"version": "1.9.3", "buildNumber": "1"})
        if request.path == "/xapi/siteConfig/initialized":
            return _json(self.preferences["initialized"])
        first = request.method == "POST" and request.path == "/xapi/siteConfig"
        if not self.preferences["initialized"] and not first:
            return Response("Site has not yet been configured.", 403, content_type="text/html")
        return self._own(request) or self._behind(request)

    def _own(self, request: Request) -> Response | None:
        """What an XNAT answers by itself here; None for what the archive behind answers."""
        part = request.path.removeprefix("/xapi/")
        if part == "siteConfig":
            return self._site_config(request)
        if part.startswith("dicomscp"):
            return self._dicomscp(request, part.split("/")[1:])
        if part == "anonymize/site/enabled":
            if request.method == "PUT":
                assert request.mimetype == "application/json"
                self.preferences["enableSitewideAnonymizationScript"] = request.args["enable"] == "true"
            return _json(self.preferences["enableSitewideAnonymizationScript"])
        return None

    def _site_config(self, request: Request) -> Response:
        if not self._is_admin(request):
            return Response("", 403)
        if request.method == "POST":
            given = json.loads(request.get_data())
            self.preferences |= {k: v for k, v in given.items() if k not in self.deaf}
            return Response("", 200)
        return _json(self.preferences)

    def _dicomscp(self, request: Request, tail: list[str]) -> Response:
        if not self._is_admin(request):
            return Response("", 403)
        if request.method == "GET":
            return _json(list(self.receivers.values()))
        if tail[1:] and tail[1] == "enabled":
            self.receivers[int(tail[0])]["enabled"] = tail[2] == "true"
            return _json(True)
        given = json.loads(request.get_data())
        number = int(tail[0]) if tail else max(self.receivers) + 1
        self.receivers[number] = {**given, "id": number}
        return _json(self.receivers[number])

    def _is_admin(self, request: Request) -> bool:
        """Asked of the archive behind: by the session's cookie, or by Basic as before the set-up."""
        login = request.headers.get("Authorization", "")
        headers = {"Cookie": request.headers.get("Cookie", ""), **({"Authorization": login} if login else {})}
        return self.embedded.app.test_client(use_cookies=False).get("/xapi/users", headers=headers).status_code == 200

    def _behind(self, request: Request) -> Response:
        return Response.from_app(self.embedded.app, request.environ)


def _json(value: object) -> Response:
    return Response(json.dumps(value), content_type="application/json")

"""What an administrator asks of an XNAT. Shapes: UsersApi, SiteConfigApi and DicomSCPApi of XNAT 1.9 and 1.10."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from uploader.archives.xnat.client import Answer, Client, below, path
from uploader.domain.errors import ArchiveRefused

_GROUPS = {"owner": "Owners", "member": "Members", "collaborator": "Collaborators"}
_ABSENT = (404,)


@dataclass(frozen=True, slots=True)
class Administration:
    """One XNAT, as its administrator `client` sees it."""

    client: Client

    def initialized(self) -> bool:
        """Whether the first set-up was done. Answered before it, too."""
        return self._json("GET", "/xapi/siteConfig/initialized", "asking whether it is set up") is True

    def preferences(self) -> Mapping[str, Any]:
        """Every site setting that may be read."""
        return _mapping(self._json("GET", "/xapi/siteConfig", "reading the site's settings"), self.client.name)

    def set_preferences(self, values: Mapping[str, object]) -> None:
        self._send("POST", "/xapi/siteConfig", "changing the site's settings", values)

    def account(self, login: str) -> Mapping[str, Any] | None:
        """What is known of an account, or None."""
        answer = self.client.ask(
            "GET", below("/xapi/users/profile", login), doing="looking for an account", also=_ABSENT
        )
        return _mapping(_parsed(answer, self.client.name), self.client.name) if answer.good else None

    def create_account(self, login: str, password: str, email: str) -> None:
        facts = {"username": login, "password": password, "email": email, "firstName": login, "lastName": "(gateway)"}
        self._send("POST", "/xapi/users", f"making the account {login!r}", {**facts, "enabled": True, "verified": True})

    def set_password(self, login: str, password: str) -> None:
        where = below("/xapi/users", login)
        self._send("PUT", where, f"setting the password of {login!r}", {"username": login, "password": password})

    def enable(self, login: str, enabled: bool) -> None:
        where = below("/xapi/users", login, "enabled", str(enabled).lower())
        self.client.ask("PUT", where, doing=f"{'enabling' if enabled else 'disabling'} the account {login!r}")

    def roles(self, login: str) -> frozenset[str]:
        where = below("/xapi/users", login, "roles")
        return frozenset(map(str, _listed(self._json("GET", where, "reading roles"), self.client.name)))

    def give_role(self, login: str, role: str) -> None:
        self.client.ask("PUT", below("/xapi/users", login, "roles", role), doing=f"making {login!r} a {role}")

    def has_project(self, project: str) -> bool:
        where = path("projects", project)
        return self.client.ask("GET", where, {"format": "json"}, doing="looking for a project", also=_ABSENT).good

    def make_project(self, project: str) -> None:
        self.client.ask("PUT", path("projects", project), doing=f"making the project {project}")

    def word(self, project: str, what: str) -> str:
        """A word that the project keeps: ``accessibility``, ``prearchive_code``, ``quarantine_code``."""
        answer = self.client.ask("GET", path("projects", project, what), doing=f"reading {what} of {project}")
        return answer.body.decode("utf-8", "replace").strip()

    def set_word(self, project: str, what: str, value: str) -> None:
        self.client.ask("PUT", path("projects", project, what, value), doing=f"setting {what} of {project}")

    def members(self, project: str) -> Mapping[str, str]:
        """Login -> role in the project."""
        where = path("projects", project, "users")
        answer = self.client.ask("GET", where, {"format": "json"}, doing=f"reading the members of {project}")
        rows = _mapping(_parsed(answer, self.client.name), self.client.name).get("ResultSet", {}).get("Result", [])
        return {str(row["login"]): str(row["GROUP_ID"]).rsplit("_", 1)[-1] for row in rows}

    def admit(self, project: str, login: str, role: str) -> None:
        where = path("projects", project, "users", _GROUPS[role], login)
        self.client.ask("PUT", where, {"sendemail": "false"}, doing=f"making {login!r} {role} of {project}")

    def script_enabled(self, project: str = "") -> bool:
        """Whether an anonymisation script of the site, or of the project, rewrites what comes in."""
        answer = self.client.ask("GET", _script(project), doing="asking for anonymisation scripts", also=_ABSENT)
        return answer.body.strip().lower() == b"true"

    def disable_script(self, project: str = "") -> None:
        # the value stands in the query, and XNAT insists on a JSON content type all the same
        where = f"{_script(project)}?enable=false"
        self._send("PUT", where, "disabling an anonymisation script", {})

    def receivers(self) -> list[Mapping[str, Any]]:
        """Its DICOM receivers; none where it has no such thing."""
        answer = self.client.ask("GET", "/xapi/dicomscp", doing="reading receivers", also=_ABSENT)
        found = _listed(_parsed(answer, self.client.name), self.client.name) if answer.good else []
        return [_mapping(each, self.client.name) for each in found]

    def set_receiver(self, values: Mapping[str, object], known: object = None) -> None:
        method, where = ("POST", "/xapi/dicomscp") if known is None else ("PUT", below("/xapi/dicomscp", str(known)))
        self._send(method, where, "setting a DICOM receiver", values)

    def disable_receiver(self, known: object) -> None:
        where = below("/xapi/dicomscp", str(known), "enabled", "false")
        self.client.ask("PUT", where, doing="switching a DICOM receiver off")

    def _json(self, method: str, where: str, doing: str) -> Any:
        return _parsed(self.client.ask(method, where, doing=doing), self.client.name)

    def _send(self, method: str, where: str, doing: str, values: Mapping[str, object]) -> None:
        self.client.ask(method, where, doing=doing, body=lambda: json.dumps(values).encode(), kind="application/json")


def _script(project: str) -> str:
    return below("/xapi/anonymize", "projects", project, "enabled") if project else "/xapi/anonymize/site/enabled"


def _parsed(answer: Answer, name: str) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        raise ArchiveRefused(f"{name}: an answer is not JSON; is this an XNAT?") from None


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ArchiveRefused(f"{name}: an answer has another shape than XNAT's")
    return value


def _listed(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ArchiveRefused(f"{name}: an answer has another shape than XNAT's")
    return value

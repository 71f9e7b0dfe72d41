"""The port Centre: an XNAT that keeps the sites' projects and the trials', under an account of the central team."""

from __future__ import annotations

from collections.abc import Sequence

from uploader.archives.xnat.archive import XnatArchive
from uploader.archives.xnat.client import below, path
from uploader.archives.xnat.listing import files, table
from uploader.archives.xnat.papers import paper, trial_in
from uploader.archives.xnat.sharing import assessors, visible
from uploader.domain.consignment import FOLDER, is_paper
from uploader.domain.errors import ArchiveRefused, ArchiveUnavailable
from uploader.domain.lodged import Lodged, Shown
from uploader.domain.session import Address

_JSON = {"format": "json"}
_COLUMNS = "ID,label,project,subject_ID,xsiType"


class XnatCentre(XnatArchive):
    """One XNAT under one account. Every step may be repeated."""

    def sessions(self, project: str) -> Sequence[Lodged]:
        subjects = {row.get("ID", ""): row.get("label", "") for row in self._listed(project, "subjects", "ID,label")}
        rows = self._listed(project, "experiments", _COLUMNS)
        images = [row for row in rows if row.get("xsiType", "").endswith("SessionData")]
        return sorted(self._lodged(row, subjects) for row in images if row.get("project") == project)

    def _lodged(self, row: dict[str, str], subjects: dict[str, str]) -> Lodged:
        """Raises ArchiveUnavailable rather than leave one out: its subject may have been made between two listings."""
        subject = subjects.get(row.get("subject_ID", ""), "")
        if not (row.get("ID") and row.get("label") and subject):
            raise ArchiveUnavailable(f"{self.name}: listing a site's project: a session comes without label or subject")
        return Lodged(row["ID"], Address(row["project"], subject, row["label"]))

    def papers(self, address: Address) -> Sequence[str]:
        where = below(_session_at(address), "resources", FOLDER, "files")
        answer = self._client.ask("GET", where, _JSON, doing="listing a session's documents", also={404})
        listed = files(self.name, answer) if answer.good else ()
        return sorted(file.path for file in listed if is_paper(file.name))

    def paper(self, address: Address, name: str) -> bytes:
        found = paper(self._client, _session_at(address), name)
        if found is None:
            raise ArchiveUnavailable(f"{self.name}: reading a document of a session: it is not there any more")
        return found

    def trial(self, address: Address) -> str:
        answer = self._client.ask("GET", _session_at(address), _JSON, doing="reading a session's trial")
        return trial_in(self.name, answer)

    def shown(self, address: Address) -> Shown:
        found = self._there(address, "looking where a session is shown")
        places = [visible(self._client, _subject_at(address)), visible(self._client, _session_at(address))]
        places += [visible(self._client, path("experiments", each)) for each in assessors(self._client, found.id)]
        home = {address.project, found.project}
        return Shown(frozenset.intersection(*places) - home, frozenset.union(*places) - home)

    def _listed(self, project: str, what: str, columns: str) -> list[dict[str, str]]:
        where = path("projects", project, what)
        answer = self._client.ask(
            "GET", where, {**_JSON, "columns": columns}, doing="listing a site's project", also={403, 404}
        )
        if not answer.good:
            raise ArchiveRefused(
                f"{self.name}: listing a site's project: project {project} does not exist, or account "
                f"{self._client.user!r} is not a member of it"
            )
        return table(self.name, answer)


def _subject_at(address: Address) -> str:
    return path("projects", address.project, "subjects", address.subject)


def _session_at(address: Address) -> str:
    return below(_subject_at(address), "experiments", address.session)

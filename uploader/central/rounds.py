"""All sessions of all sites, again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from uploader.central.visit import Row, Standing, Visit, waiting
from uploader.central.word import Site
from uploader.domain.errors import Held, Transient
from uploader.domain.lodged import Lodged
from uploader.ports import Centre


@dataclass(frozen=True, slots=True)
class Found:
    """A session, and the names of the documents beside it, or why they could not be listed."""

    session: Lodged
    names: tuple[str, ...]
    trouble: Held | Transient | None = None


@dataclass(frozen=True, slots=True)
class _Settled:
    """What was found in order, and need not be verified anew before `until`, seconds of the clock."""

    found: Found
    row: Row
    until: float


@dataclass(slots=True, kw_only=True)
class Rounds:
    """The service: what it looks at, and what it remembers of earlier rounds to spare the archive."""

    centre: Centre
    sites: Sequence[Site]
    trials: Mapping[str, str]
    """Trial -> its project."""
    clock: Callable[[], float]
    """Seconds, only ever forward."""
    recheck_seconds: float
    _settled: dict[str, _Settled] = field(default_factory=dict)

    def round(self, act: bool) -> Iterator[Row]:
        """One row a session, and one a site whose project cannot be looked at.

        act: False looks only
        """
        for site in self.sites:
            yield from self._site(Visit(centre=self.centre, site=site, trials=self.trials, act=act))

    def _site(self, visit: Visit) -> Iterator[Row]:
        try:
            found = [self._found(session) for session in self.centre.sessions(visit.site.project)]
        except (Held, Transient) as error:
            yield waiting(Row(site=visit.site.name, session="", id="", subject=""), error)
            return
        labels = _beside(found)
        for one in found:
            twins = [label for name in one.names for label in labels[name] if label != one.session.address.session]
            yield self._row(visit, one, twins)

    def _found(self, session: Lodged) -> Found:
        try:
            return Found(session, tuple(self.centre.papers(session.address)))
        except (Held, Transient) as error:
            return Found(session, (), error)

    def _row(self, visit: Visit, found: Found, twins: Sequence[str]) -> Row:
        session = found.session
        if found.trouble:
            return waiting(visit.unseen(session), found.trouble)
        kept = self._settled.get(session.id)
        if kept and kept.found == found and not twins and self.clock() < kept.until:
            return kept.row
        row = visit.at(session, found.names, twins)
        if row.state in (Standing.SHARED, Standing.RECALLED):
            self._settled[session.id] = _Settled(found, _again(row), self.clock() + self.recheck_seconds)
        return row


def _again(row: Row) -> Row:
    """The row as a later round tells it, which changed nothing."""
    return replace(row, changed=False)


def _beside(found: Sequence[Found]) -> dict[str, list[str]]:
    """Name of a consignment -> labels of the sessions that it lies beside."""
    labels: dict[str, list[str]] = {}
    for one in found:
        for name in one.names:
            labels.setdefault(name, []).append(one.session.address.session)
    return labels

"""Verify every file: prove that an anonymised session holds nothing of the patient and lost nothing else.

Shares no code with the anonymiser: it reads with its own reader (`walk`, `charset`), takes from the original files
what betrays the patient (`identity`, `needles`), and looks for it in every value of every anonymised file
(`residue`), checks their form (`structure`), and compares what must be equal or must differ (`references`).

Findings of severity REFUSAL hold the submission:

* ``verify.residue``, ``verify.residue-date``, ``verify.residue-uid``: something of the patient is left
* ``verify.bomb``: a compressed value that is too much to search
* ``verify.entry-name``, ``verify.label-identifies``, ``verify.pseudonym-identifies``: it is in what we call things by
* ``verify.value-kept``, ``verify.date-kept``: an identifying element or a date is what it was
* ``verify.private``, ``verify.unlisted``, ``verify.overlay``: private elements, elements that the policy does not
  list, curves or overlays are left
* ``verify.preamble``, ``verify.meta``, ``verify.meta-differs``, ``verify.syntax``, ``verify.disorder``: the file's form
* ``verify.pixels``, ``verify.pixel-length``, ``verify.class``, ``verify.altered``: not the object that it was
* ``verify.not-marked``, ``verify.pseudonym``, ``verify.subjects-differ``: the patient module
* ``verify.uid-split``, ``verify.uid-merged``, ``verify.reference-lost``, ``verify.reference-open``: references
* ``verify.unparsable``, ``verify.original-unparsable``, ``verify.changed``, ``verify.original-changed``,
  ``verify.missing``, ``verify.extra``: the files themselves

Questions a person must answer before sign-off: ``verify.burned-in``, ``verify.icon``, ``verify.document``,
``verify.word``, ``verify.resembles``, ``verify.technical``, ``verify.number``, ``verify.date-short``,
``verify.pixel-excess``, ``verify.pixel-unsearched``, ``verify.pseudonym-resembles``. ``verify.more`` counts what is
beyond the list, as grave as what it counts.

What it cannot see: text in pixels, names inside enclosed compressed documents, and what nothing in the original
files says of the patient.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from uploader.domain.finding import Finding
from uploader.domain.manifest import Entry, Manifest
from uploader.domain.policy import NO_PERMIT, Permit
from uploader.stages.verify.check import Order
from uploader.stages.verify.codes import CODES, OVERRIDABLE, capped, finding, place_of, settled
from uploader.stages.verify.compare import Rules
from uploader.stages.verify.identity import Harvest
from uploader.stages.verify.listed import Box, Lists
from uploader.stages.verify.look import Report, Sighting
from uploader.stages.verify.named import entry_faults, name_faults
from uploader.stages.verify.needles import sharpen
from uploader.stages.verify.references import Pairs
from uploader.stages.verify.report import Reach, report
from uploader.stages.verify.words import fold
from uploader.stages.verify.work import workers

__all__ = ["CODES", "OVERRIDABLE", "place_of", "settled", "verify"]

Progress = Callable[[int], object] | None
"""Told how many files are done."""


def verify(
    original: Callable[[str], Path],
    anonymised: Path,
    manifest_before: Manifest,
    manifest_after: Manifest,
    *,
    keep: frozenset[str],
    named: frozenset[str] | None = None,
    permit: Permit = NO_PERMIT,
    boxes: Mapping[str, Sequence[Box]] | None = None,
    jobs: int = 1,
    pool: Executor | None = None,
    overridden: Collection[tuple[str, str]] = (),
    progress: Progress = None,
    tell: Callable[[dict[str, Any]], object] = lambda _: None,
    measured: Callable[[Manifest], object] = lambda _: None,
) -> list[Finding]:
    """All findings about the anonymised session, at most fifty of a code; none for one that may go on.

    original: entry name -> where that original lies; for a folder, its `joinpath`. Other processes must be able to be
        told it, too: it can be pickled
    anonymised: folder with the anonymised files
    manifest_before, manifest_after: the files of both, of the same names. Entries that have no digest were measured by
        nobody: such originals are compared as they are found, such anonymised files are measured
    keep: what may stand in the files where we write it: subject, session label, trial, sponsor, site
    named: those of `keep` by which the session is called, subject and label; all of them, unless given
    permit: what may be in the files
    boxes: entry -> what was made black in its image; all else in it must be as it was
    jobs: processes
    pool: processes that run already; it is left running
    overridden: (code, place) of refusals that a person has looked at and overruled: they become questions, where the
        code is one that may be overruled. A place without a file's name stands for all files
    progress: told after each file how many are done
    tell: told the report of what was looked for, where, and what was found (`report.report`)
    measured: told `manifest_after` with the size and SHA-256 of the very bytes that were judged, for the entries that
        had no digest. One that could not be read still has none, and is refused

    Nothing a file holds makes it raise; a file that cannot be read is a finding.
    """
    before, after = list(manifest_before), list(manifest_after)
    sightings = list(_amiss(anonymised, before, after))
    harvest = Harvest()
    with workers(jobs, len(after), pool) as work:
        for found, wrong in work.glean(original, permit.kept, before):
            harvest.unite(found)
            sightings += wrong
        needles = sharpen(harvest, keep)
        rules = Rules(frozenset(map(fold, keep)), frozenset(harvest.own), permit.may_differ, permit.kept)
        entries = {entry.name: entry for entry in before}
        both = [(entries.get(entry.name), entry) for entry in after]
        lists = Lists(permit.allowed, permit.private)
        reports = work.check(Order(original, anonymised, keep, rules, lists, needles, boxes or {}), both)
        judged = _judged(reports, harvest.own, progress)
        sightings += judged.sightings
    called = keep if named is None else named
    sightings += name_faults(called | judged.subjects, judged.subjects, keep - called, needles)
    unnamed = entry_faults({e.name for e in (*before, *after)}, needles)
    sightings = [*unnamed.values(), *(_unquoted(sighting, unnamed) for sighting in sightings)]
    findings = [finding(code, where, value, detail) for code, where, value, detail in dict.fromkeys(sightings)]
    findings = settled(findings, overridden)
    files = Manifest(frozenset(judged.measured.get(entry.name, entry) for entry in after))
    measured(files)
    reach = Reach(len(after), judged.elements, files.size, judged.uids)
    tell(report(needles, lists, reach, findings))
    return capped(sorted(findings, key=lambda f: (-f.severity, f.code, f.where)))


def _amiss(anonymised: Path, before: list[Entry], after: list[Entry]) -> Iterator[Sighting]:
    """Files that one side has and the other lacks, and whatever else lies in the folder."""
    originals, names = {e.name for e in before}, {e.name for e in after}
    yield from (("verify.missing", name, "", "") for name in sorted(originals - names))
    yield from (("verify.extra", name, "", "") for name in sorted(names - originals))
    foreign = sorted(_foreign(anonymised, names)) if anonymised.is_dir() else ()
    # the name of a foreign file may be a patient
    yield from (("verify.extra", f"file {n} beyond the manifest", path, "") for n, path in enumerate(foreign, 1))


def _foreign(folder: Path | str, names: set[str], inside: str = "") -> Iterator[str]:
    """Paths of what is neither a folder nor among `names`, which begin at the folder that this one is `inside` of."""
    with os.scandir(folder) as found:
        for each in found:
            if each.is_dir(follow_symlinks=False):
                yield from _foreign(each.path, names, f"{inside}{each.name}/")
            elif each.is_symlink() or inside + each.name not in names:
                yield each.path


@dataclass(slots=True)
class _Judged:
    """What the files showed, one by one and together; `subjects` are their patient IDs, `uids` pairs of UIDs,
    `measured` entries of those that nobody had measured."""

    sightings: list[Sighting]
    subjects: set[str]
    elements: int = 0
    uids: int = 0
    measured: dict[str, Entry] = field(default_factory=dict)


def _judged(reports: Iterable[Report], own: set[str], progress: Progress) -> _Judged:
    pairs = Pairs()
    judged = _Judged([], set())
    for done, each in enumerate(reports, 1):
        judged.sightings += each.sightings
        for (old, new), where in each.pairs.items():
            judged.sightings += [(code, w, uid, "") for code, w, uid in pairs.add(old, new, where)]
        pairs.own |= each.own
        judged.subjects |= {each.subject} - {""}
        judged.elements += each.elements
        if each.measured:
            judged.measured[each.measured.name] = each.measured
        if progress:
            progress(done)
    judged.uids = len(pairs.became)
    judged.sightings += [(code, where, uid, "") for code, where, uid in pairs.open_ends(own)]
    if len(judged.subjects) > 1:
        judged.sightings.append(("verify.subjects-differ", "(0010,0020)", "", f"{len(judged.subjects)} different ones"))
    return judged


def _unquoted(sighting: Sighting, unnamed: dict[str, Sighting]) -> Sighting:
    """The same, its place not called by a name that holds something of the patient."""
    code, where, value, detail = sighting
    for name, (_, place, _, _) in unnamed.items():
        if where == name or where.startswith(f"{name} "):
            return code, place + where[len(name) :], value, detail
    return sighting

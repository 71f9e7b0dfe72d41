"""One file and its original: glean, and check. Runs in any process; what it returns is plain and can be sent.

A bench lasts for one session and remembers the blocks it has seen, so that what is the same in file after file is
looked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from uploader.domain.errors import UnreadableFile
from uploader.domain.manifest import Entry
from uploader.stages.verify.blocks import Memory
from uploader.stages.verify.compare import Rules
from uploader.stages.verify.identity import Harvest, harvest
from uploader.stages.verify.listed import Box, Lists
from uploader.stages.verify.look import Look, Report, Sighting
from uploader.stages.verify.needles import Needles
from uploader.stages.verify.opened import Original, differ, opened
from uploader.stages.verify.residue import Search
from uploader.stages.verify.walk import Part


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a process: where both files lie, and, once all originals are gleaned, what to look for."""

    original: Callable[[str], Path]
    anonymised: Path
    keep: frozenset[str]
    rules: Rules
    lists: Lists
    needles: Needles
    boxes: Mapping[str, Sequence[Box]]


@dataclass(slots=True)
class Bench:
    """What a process remembers of one session: blocks of the originals and of the anonymised files."""

    before: Memory = field(default_factory=Memory)
    after: Memory = field(default_factory=Memory)
    search: Search | None = None

    def searching(self, needles: Needles) -> Search:
        if self.search is None:
            self.search = Search(needles)
        return self.search


def glean(
    bench: Bench, original: Callable[[str], Path], kept: frozenset[int], entry: Entry
) -> tuple[Harvest, list[Sighting]]:
    """The identity in one original, as far as the bench has not told it before, and what is wrong with that file.

    kept: tags of elements that stay as they are
    """
    found = Harvest()
    try:
        with original(entry.name).open("rb", buffering=0) as stream:
            part = Part(cast(BinaryIO, stream))
            harvest(part.meta, found, kept)
            for block in bench.before.blocks(part):
                if not block.gleaned:
                    harvest(block.elements(part), found, kept)
                    block.gleaned = True
    except UnreadableFile as error:
        return found, [("verify.original-unparsable", entry.name, "", str(error))]
    except OSError:
        return found, [("verify.missing", entry.name, "", "the original cannot be opened")]
    return found, []


def check(bench: Bench, order: Order, both: tuple[Entry | None, Entry]) -> Report:
    """Everything there is to say about one anonymised file and its original, if it has one. Never raises for what
    the files hold."""
    was, entry = both
    report = Report()
    try:
        with opened(order.anonymised / entry.name) as file:
            measured = file.measured(entry.name)
            if not entry.sha256:
                report.measured = measured
            elif differ(entry, measured):
                report.sightings.append(("verify.changed", entry.name, "", ""))
            with Original.beside(order.original(entry.name), was) as original:
                if original.changed:
                    report.sightings.append(("verify.original-changed", entry.name, "", ""))
                boxes = order.boxes.get(entry.name, ())
                search = bench.searching(order.needles)
                look = Look(entry.name, file, file.part(), original, search, order.rules, order.lists, report, boxes)
                look.all(bench.before, bench.after)
            if report.subject not in order.keep:
                report.sightings.append(("verify.pseudonym", f"{entry.name} (0010,0020)", report.subject, ""))
    except UnreadableFile as error:
        report.sightings.append(("verify.unparsable", entry.name, "", str(error)))
    except OSError:
        report.sightings.append(("verify.missing", entry.name, "", "the anonymised file cannot be opened"))
    return report

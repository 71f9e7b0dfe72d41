"""Anonymising the bench corpus, ours beside the peers: speed, then what leaks, then what is left."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.corpus import FULL, Scale, cached
from bench.leaks import KINDS, Leaks, Plants, leaks
from bench.peers import COPY, GDCMANON, GDCMANON_NO_TEXT, NO_TEXT, OURS, PLAIN, Tool, tools
from bench.quality import Facts, Quality, facts, quality
from bench.timing import Run, measured, row, table
from bench.walk import files_of

NO_RUN = Run(0, 0, 0)


@dataclass(slots=True)
class Measured:
    """Of one tool: its runs by number of workers, and what the last one with one worker left."""

    runs: dict[int, list[Run]] = field(default_factory=lambda: {1: [], 2: []})
    leaks: Leaks = field(default_factory=Leaks)
    quality: Quality | None = None

    def median(self, workers: int) -> Run:
        """Of wall clock and of processor seconds each its own."""
        runs = self.runs[workers] or [NO_RUN]
        of = [[r.seconds for r in runs], [r.cpu for r in runs], [r.peak_mb for r in runs]]
        return Run(statistics.median(of[0]), statistics.median(of[1]), max(of[2]))


@dataclass(frozen=True, slots=True)
class Input:
    """The corpus as hard links in one flat folder, which every tool takes, and in two halves of it."""

    whole: Path
    halves: tuple[Path, Path]

    @property
    def files(self) -> int:
        return len(files_of(self.whole))

    @property
    def mb(self) -> float:
        return sum(p.stat().st_size for p in files_of(self.whole)) / 1e6


def laid_out(corpus: Path, work: Path, *, part: bool, plain: bool) -> Input:
    """part: of CT and MR every tenth slice, the first included; all of the rest
    plain: without ultrasound and pictures of screens"""
    given = Input(work / "whole", (work / "half1", work / "half2"))
    for folder in (given.whole, *given.halves):
        folder.mkdir(parents=True)
    number = 0
    for path in files_of(corpus / "files"):
        if part and path.stem.isdigit() and int(path.stem) % 10 != 1:
            continue
        if plain and path.stem in ("us", "sc"):
            continue
        name = "_".join(path.relative_to(corpus / "files").parts)
        for folder in (given.whole, given.halves[number % 2]):
            _link(path, folder / name)
        number += 1
    return given


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copyfile(source, target)


def deid(work: Path, scale: Scale = FULL) -> None:
    corpus = cached(scale)
    plants, before = Plants.read(corpus), facts(corpus / "files")
    all_tools = tools(work)
    kinds = {(tool.part, tool.plain) for tool in all_tools} | {(True, False)}
    inputs = {
        (part, plain): laid_out(corpus, work / f"in{part:d}{plain:d}", part=part, plain=plain) for part, plain in kinds
    }
    results = {tool.name: Measured() for tool in all_tools}
    measured(
        _command(next(t for t in all_tools if t.name == OURS), inputs[True, False], work / "warm", 1)[0],
        accepted=(0, 3),
    )
    for turn in range(max(sum(tool.runs) for tool in all_tools)):
        for tool in all_tools:
            _turn(tool, turn, inputs[tool.part, tool.plain], work / "out", results[tool.name], plants, before)
    shutil.rmtree(work / "warm")
    _print(all_tools, results, inputs, plants)


def _command(tool: Tool, given: Input, out: Path, workers: int) -> list[list[str]]:
    out.mkdir(exist_ok=True)
    if workers == 1 or tool.threads:
        return [tool.command(given.whole, out, workers)]
    for half in given.halves:
        (out / half.name).mkdir()
    return [tool.command(half, out / half.name, 1) for half in given.halves]


def _turn(tool: Tool, turn: int, given: Input, out: Path, result: Measured, plants: Plants, before: Facts) -> None:
    """The tool's run of this turn, if it has one; its output is judged after the last one with a single worker."""
    alone, paired = tool.runs
    if turn >= alone + paired:
        return
    workers = 1 if turn < alone else 2
    result.runs[workers].append(measured(*_command(tool, given, out, workers), accepted=tool.accepted))
    if turn == alone - 1:
        result.leaks, result.quality = leaks(plants, out), quality(plants, before, out)
    shutil.rmtree(out)


def _print(
    all_tools: Sequence[Tool], results: dict[str, Measured], inputs: dict[tuple[bool, bool], Input], plants: Plants
) -> None:
    whole = inputs[False, False]
    print(
        f"\n{whole.files} files, {whole.mb:.0f} MB, {len(plants.strings)} patients; {plants.count()} identifying "
        f"strings at {len(plants.sites)} places. {os.cpu_count()} cores, Linux {platform.release()}, Python "
        f"{platform.python_version()}.\nMedians; start-up included; tools take turns.\n"
    )
    table("tool", "files/s, 1", "MB/s, 1", "files / CPU-s", "files/s, 2", "peak MB of a process", "runs", "note")
    for tool in all_tools:
        _speed(tool, results[tool.name], inputs[tool.part, tool.plain])
    print()
    _ratios(results)
    print()
    every = plants.sites_by_kind()
    heads = [f"{kind} of {every[kind]}" for kind in KINDS]
    table("tool", "files out", f"leaking places of {len(plants.sites)}", "strings leaking", *heads, "of them drawn")
    for tool in all_tools:
        _leaking(tool, results[tool.name], plants)
    print()
    table("tool", "links whole", "values kept", "pixels same", "new errors of dciodvfy")
    for tool in all_tools:
        _left(tool, results[tool.name])


def _speed(tool: Tool, result: Measured, given: Input) -> None:
    one, two, files = result.median(1), result.median(2), given.files
    row(
        tool.name,
        f"{files / one.seconds:.0f}",
        f"{given.mb / one.seconds:.0f}",
        f"{files / one.cpu:.0f}",
        f"{files / two.seconds:.0f}",
        f"{max(one.peak_mb, two.peak_mb):.0f}",
        " + ".join(str(len(runs)) for runs in result.runs.values()),
        tool.note,
    )


def _ratios(results: dict[str, Measured]) -> None:
    """Beside gdcmanon on the same files, and what a second worker gains."""
    table("what", "to gdcmanon, wall", "to gdcmanon, CPU", "two workers to one")
    for name in (PLAIN, OURS, NO_TEXT, GDCMANON, COPY):
        if name in results:
            one, two = results[name].median(1), results[name].median(2)
            same = GDCMANON_NO_TEXT if name == NO_TEXT else GDCMANON
            peer = results[same].median(1) if same in results else NO_RUN
            row(
                name,
                f"{peer.seconds / one.seconds:.2f}",
                f"{peer.cpu / one.cpu:.2f}",
                f"{one.seconds / two.seconds:.2f}",
            )


def _leaking(tool: Tool, result: Measured, plants: Plants) -> None:
    found = result.leaks
    kinds = found.by_kind(plants)
    row(
        tool.name,
        found.files,
        found.total,
        f"{len(found.strings)} of {plants.count()}",
        *(kinds[kind] for kind in KINDS),
        len(found.drawn),
    )


def _left(tool: Tool, result: Measured) -> None:
    left = result.quality
    assert left is not None
    pairs = (f"{a} of {b}" for a, b in (left.links, left.kept, left.pixels))
    row(tool.name, *pairs, "not installed" if left.iod is None else left.iod)

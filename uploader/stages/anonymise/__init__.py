"""Make the anonymised copy of a session: a function of the bytes, the scripts and the trial's key.

Scripts and passes come in as arguments. Headers are handled undecoded, pixels are copied by the kernel.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from uploader.domain.errors import ResidueFound, UploaderError
from uploader.domain.manifest import Entry, Manifest, measure
from uploader.rules import Note
from uploader.stages.anonymise.recipe import Box, Encoded, Recipe
from uploader.stages.anonymise.work import Work

__all__ = ["Box", "Encoded", "Recipe", "Work", "anonymise"]

WORTH_PROCESSES = 200
"""Files above which processes save more than they cost: the first ones of a program take seconds to start."""
_BATCH = 8


Progress = Callable[[int], None]
"""Told how many files are done."""


def anonymise(
    folder: Path,
    target: Path,
    manifest: Manifest,
    recipe: Recipe,
    jobs: int = 1,
    progress: Progress = lambda done: None,
    notes: set[Note] | None = None,
    boxes: dict[str, tuple[Box, ...]] | None = None,
) -> Manifest:
    """Anonymise every file of `manifest` from `folder` into `target`, which is emptied first, under its name.

    jobs: processes to work in
    notes: takes what was taken out of texts that are kept
    boxes: takes what was made black in images, by entry
    returns: what `target` holds, read back from the disk

    Raises ScriptRejected, UnreadableFile, and ResidueFound when a file came out as it went in; then `target`
    holds only part of the session, and the next attempt empties it.
    """
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    written: list[Entry] = []
    for made in _made(partial(_one, folder, target, Work(recipe)), tuple(manifest), jobs):
        written.append(made.entry)
        if notes is not None:
            notes |= made.notes
        if boxes is not None and made.boxes:
            boxes[made.entry.name] = made.boxes
        progress(len(written))
    return Manifest(frozenset(written))


class Made(NamedTuple):
    """A file that was made. notes: what was taken out of its texts, and of those before it; boxes: of its image."""

    entry: Entry
    notes: frozenset[Note]
    boxes: tuple[Box, ...]


def _one(folder: Path, target: Path, work: Work, entry: Entry) -> Made:
    """Raises ResidueFound when nothing changed: a script that fails in silence must not let a file through."""
    made = target / entry.name
    made.parent.mkdir(parents=True, exist_ok=True)
    boxes = work.file(folder / entry.name, made)
    with made.open("rb") as stream:
        after = measure(entry.name, stream)
    if after.sha256 == entry.sha256:
        raise ResidueFound(f"{entry.name}: anonymising changed nothing; look at the scripts of the trial")
    return Made(after, frozenset(work.notes), boxes)


def _made(one: Callable[[Entry], Made], entries: Sequence[Entry], jobs: int) -> Iterator[Made]:
    if jobs < 2 or len(entries) < WORTH_PROCESSES:
        yield from map(one, entries)
        return
    context = get_context("forkserver")
    # What is loaded here is loaded once in the server of all workers, and not again in each of them.
    context.set_forkserver_preload([name for name in sys.modules if name.startswith("uploader.")])
    with ProcessPoolExecutor(jobs, context, _prepare, (one,)) as pool:
        try:
            for result in pool.map(_guarded, entries, chunksize=_BATCH):
                yield _opened(result)
        finally:
            pool.shutdown(cancel_futures=True)


_work: list[Callable[[Entry], Made]] = []
"""In a worker process: what it does to each entry, so that the recipe travels once."""


def _prepare(one: Callable[[Entry], Made]) -> None:
    _work[:] = [one]


def _guarded(entry: Entry) -> tuple[Made | None, tuple[str, str]]:
    """What was made, or code and message of our error: exceptions of ours do not all survive pickling."""
    try:
        return _work[0](entry), ("", "")
    except UploaderError as error:
        return None, (error.code, str(error))


def _opened(result: tuple[Made | None, tuple[str, str]]) -> Made:
    made, error = result
    if made is None:
        raise UploaderError.revive(*error)
    return made

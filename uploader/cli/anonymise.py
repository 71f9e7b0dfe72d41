"""The engine alone, on a folder tree."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from uploader.cli.common import DONE, choice_options, home_option, print_json

HELD = 3
"""Exit code: something is held, and is not in OUT."""


@click.command()
@click.argument("source", metavar="IN", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path, file_okay=False))
@click.option("--trial", required=True, help="Trial, as its protocol is named.")
@click.option("--subject", default="", help="Subject ID of the one patient in IN.")
@click.option("--ids", type=click.Choice(["automatic"]), help="The program makes the subject IDs.")
@choice_options
@click.option("--policy", help="Name of a privacy policy of the home; the protocol's when left out.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes; as many as there are cores when left out.")
@click.option(
    "--names",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write here which of our names stands for which file of IN: identifiable, readable by you alone.",
)
@click.option("--despite-questions", is_flag=True, help="Pass on what the verifier says that a person should look at.")
@home_option
def anonymise(
    source: Path,
    target: Path,
    trial: str,
    subject: str,
    ids: str | None,
    codes: Mapping[str, str],
    policy: str | None,
    jobs: int | None,
    names: Path | None,
    despite_questions: bool,
    home: Path,
) -> None:
    """Anonymise and verify a folder tree IN into OUT, without archives. IN stays as it is.

    The report goes to stdout as JSON. What is held is not in OUT. Exit 0 all written, 3 something held, 2 wrong use.
    """
    if bool(subject) == bool(ids):
        raise click.UsageError("say either --subject ID, or --ids automatic")
    with _unlooked_for("requests", "tqdm"):
        from uploader.engine import Order, anonymise_tree
    order = Order(
        home=home,
        source=source,
        target=target,
        trial=trial,
        subject=subject,
        codes=codes,
        policy=policy,
        jobs=jobs or len(os.sched_getaffinity(0)),
        names=names,
        despite_questions=despite_questions,
    )
    report = anonymise_tree(order, _Line())
    print_json(report.document())
    raise SystemExit(HELD if report.held else DONE)


class _Line:
    """How far it is, on one line of stderr; silent where stderr is not a terminal."""

    def __init__(self) -> None:
        self._shown, self._is_terminal = 0.0, sys.stderr.isatty()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._is_terminal and (done == total or time.monotonic() - self._shown > 0.2):
            self._shown = time.monotonic()
            click.echo(f"\r{stage}: {done} of {total} files", err=True, nl=done == total)


@contextmanager
def _unlooked_for(*names: str) -> Iterator[None]:
    """Packages that are not imported in the block, though they are there: pydicom looks for those with which it
    downloads its own test data, and that takes a tenth of a second of every start."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: an import fails, as documented
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]

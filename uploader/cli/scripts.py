"""DicomEdit scripts by themselves: check them, tell what they do, run them, show what they change. No home needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import click
from pydicom.dataset import Dataset

from uploader import dicom
from uploader.cli.common import DONE, HELD, WRONG_USE, print_json
from uploader.dicomedit import Read, Script, parse
from uploader.dicomedit.compare import differences, listed
from uploader.domain.errors import BadScript, ScriptFailed, ScriptRejected, UploaderError

T = TypeVar("T")
_file = click.Path(path_type=Path, exists=True, dir_okay=False)
_source = click.Path(path_type=Path, exists=True)
_scripts = click.option(
    "--scripts",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of scripts for `include`; by default the script's own folder, then the one above.",
)
_var = click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="A variable of the script.")
_compatible = click.option(
    "--compatible", is_flag=True, help="Do as the reference does, its defects included: to compare, never for patients."
)


@click.group()
def script() -> None:
    """DicomEdit scripts: check, describe, run, diff."""


@script.command("check")
@click.argument("files", nargs=-1, required=True, type=_file)
@_scripts
def check(files: tuple[Path, ...], scripts: Path | None) -> None:
    """Read scripts whole, as before a patient is touched. Exit code 2 when one is wrong."""
    wrong = 0
    for path in files:
        try:
            _parsed(path, scripts)
        except BadScript as error:
            wrong += 1
            click.echo(str(error), err=True)
        else:
            click.echo(f"{path.name}: right")
    raise SystemExit(WRONG_USE if wrong else DONE)


@script.command("describe")
@click.argument("file", type=_file)
@_scripts
def describe(file: Path, scripts: Path | None) -> None:
    """Say in plain words what a script does to which elements, for a reviewer or an ethics committee."""
    parsed = _parsed(file, scripts)
    click.echo(f"{file.name}; variables that it needs: {', '.join(parsed.variables) or 'none'}")
    for line in parsed.describe():
        click.echo(line)


@script.command("run")
@click.argument("file", type=_file)
@click.argument("source", metavar="IN", type=_source)
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@_var
@_compatible
@_scripts
def run(
    file: Path, source: Path, target: Path, variables: tuple[str, ...], compatible: bool, scripts: Path | None
) -> None:
    """Apply a script to a file or a folder tree IN; the result is OUT, which must not exist.

    Only the script: no passes, no verification. Files keep their names, which may say who the patient is. Exit code 4
    when a file was rejected or failed; it is then not in OUT.
    """
    change = Bound(_parsed(file, scripts, compatible), variables)
    if target.exists():
        raise click.UsageError("OUT exists already; nothing is overwritten")
    if target.resolve().is_relative_to(source.resolve()):
        raise click.UsageError("OUT must not lie in IN")
    files, counts = _files(source), {"written": 0, "rejected": 0, "failed": 0}
    for number, path in enumerate(files, 1):
        try:
            _write(path, target / path.relative_to(source) if source.is_dir() else target, change)
            counts["written"] += 1
        except UploaderError as error:
            counts["rejected" if isinstance(error, ScriptRejected) else "failed"] += 1
            click.echo(f"file {number} of {len(files)} in the order of names: {error}", err=True)
    print_json(counts)
    raise SystemExit(DONE if counts["written"] == len(files) else HELD)


@script.command("diff")
@click.argument("file", type=_file)
@click.argument("source", metavar="IN", type=_source)
@_var
@_compatible
@_scripts
def diff(file: Path, source: Path, variables: tuple[str, ...], compatible: bool, scripts: Path | None) -> None:
    """Show element by element what a script would do to a file or a folder tree. It writes nothing.

    Files one after another that change alike are shown once. What is shown identifies patients. Exit code 4 when a
    file was rejected or failed.
    """
    change = Bound(_parsed(file, scripts, compatible), variables)
    click.echo("What follows is identifiable: it quotes the values of patients. Do not keep it or send it.", err=True)
    failed = 0
    alike: list[Path] = []
    before: list[str] | None = None
    for path in _files(source):
        lines, held = _told(path, change)
        failed += held
        if lines != before:
            _close(alike)
            click.echo("\n".join([str(path), *(f"  {line}" for line in lines or ["nothing changes"])]))
            alike, before = [], lines
        else:
            alike.append(path)
    _close(alike)
    raise SystemExit(HELD if failed else DONE)


def _told(path: Path, change: Bound) -> tuple[list[str], bool]:
    """What is changed in the file, or why it is held, and whether it is."""
    try:
        return list(_changes(path, change)), False
    except UploaderError as error:
        return [str(error)], True


def _close(alike: list[Path]) -> None:
    """Say that more files were like the one that was shown."""
    if alike:
        click.echo(f"  ... and the same in {len(alike)} more, to {alike[-1]}")


def _parsed(path: Path, scripts: Path | None, compatible: bool = False) -> Script:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadScript(f"{path.name} cannot be read as UTF-8 text ({type(error).__name__})") from None
    return parse(text, path.name, compatible=compatible, read=_reader(path, scripts))


def _reader(path: Path, scripts: Path | None) -> Read:
    roots = [scripts] if scripts else [path.resolve().parent, path.resolve().parent.parent]

    def read(name: str) -> str:
        found = next((root / name for root in roots if (root / name).is_file()), roots[0] / name)
        return found.read_text("utf-8")

    return read


class Bound:
    """A script with its variables: what is done to one dataset, with or without pixels."""

    def __init__(self, parsed: Script, given: tuple[str, ...]) -> None:
        pairs = [each.partition("=") for each in given]
        if any(not name or not equals for name, equals, _ in pairs):
            raise click.UsageError("--var is written NAME=VALUE")
        self._variables: Mapping[str, str] = {name: value for name, _, value in pairs}
        known = {name.lower() for name in self._variables}
        if missing := [name for name in parsed.variables if name.lower() not in known]:
            raise click.UsageError(f"the script needs --var for {', '.join(missing)}")
        self._script = parsed
        self.edit: Callable[..., None] = dicom.edit_pixels if parsed.alters_pixels else dicom.edit

    def __call__(self, dataset: Dataset) -> Dataset:
        """Raises ScriptFailed, ScriptRejected."""
        return _foreign(lambda: self._script.apply(dataset, self._variables))


def _foreign(work: Callable[[], T]) -> T:
    """Where no home keeps diagnostics, foreign words, which may quote a patient, become one sentence of ours."""
    try:
        return work()
    except (UploaderError, MemoryError):
        raise
    except Exception as error:
        raise ScriptFailed(f"the object is written in a way that cannot be edited ({type(error).__name__})") from None


def _files(source: Path) -> list[Path]:
    if not source.is_dir():
        return [source]
    return sorted(path for path in source.rglob("*") if path.is_file() and not path.is_symlink())


def _write(path: Path, target: Path, change: Bound) -> None:
    """`target` appears whole and durably, or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        change.edit(path, part, change)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _changes(path: Path, change: Bound) -> Iterator[str]:
    seen: list[dict[str, str]] = []

    def watched(dataset: Dataset) -> Dataset:
        seen.append(_foreign(lambda: listed(dataset)))
        after = change(dataset)
        seen.append(_foreign(lambda: listed(after)))
        return after

    change.edit(path, Path(os.devnull), watched)
    return differences(*seen)

"""`uploader protocol check|explain`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import click

from uploader.cli.common import DONE, WRONG_USE
from uploader.cli.protocol.folders import REFERENCE, Folders, folders_options
from uploader.domain.errors import BadProtocol
from uploader.passes import Policy
from uploader.protocols import load
from uploader.protocols.document import Fault, lines
from uploader.protocols.loading import examined, unserved
from uploader.validators import GROUP


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@folders_options
def check(files: tuple[str, ...], folders: Folders) -> None:
    """Read protocols whole and tell all that is wrong, with file, line and place. Exit code 2 when one is wrong."""
    wrong = 0
    for reference in files:
        path = folders.find(reference)
        found = list(_faults(path, folders))
        wrong += bool(found)
        for says in found:
            click.echo(f"{path.parent.name}/{path.name}: {says}", err=True)
        if not found:
            rules = len(load(path, folders.schema()).rules)
            click.echo(f"{path.parent.name}/{path.name}: right; {rules} rules")
    raise SystemExit(WRONG_USE if wrong else DONE)


@click.command("explain")
@click.argument("reference", metavar=REFERENCE)
@click.option("--markdown", "form", flag_value="markdown", help="As Markdown.")
@click.option("--html", "form", flag_value="html", help="As one HTML file.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it here instead of showing it.")
@folders_options
def explain(reference: str, form: str | None, out: Path | None, folders: Folders) -> None:
    """Print a protocol as a page: every rule a sentence, with its number, unit, severity, name and line."""
    from uploader.protocols import page, rendering

    path, schema = folders.find(reference), folders.schema()
    made = page.page(load(path, schema), schema, lines(path.read_bytes().decode("utf-8-sig")))
    words = {"text": rendering.text, "markdown": rendering.markdown, "html": rendering.html}[form or "text"](made)
    if out is None:
        click.echo(words, nl=False)
    else:
        out.write_text(words, encoding="utf-8")


def _faults(path: Path, folders: Folders) -> Iterator[str]:
    """All that is wrong, each in a sentence with its place."""
    schema, raw = folders.schema(), path.read_bytes()
    try:
        _, found = examined(path, raw, schema)
    except BadProtocol as error:
        yield str(error).partition(": ")[2]
        return
    if found:
        yield from map(str, found)
        return
    protocol, rows = load(path, schema), lines(raw.decode("utf-8-sig"))
    for pointer, says in unserved(protocol, folders.scripts, folders.policies, Policy.read):
        yield str(Fault(rows.get(pointer, 1), pointer, says))
    known = {point.name for point in entry_points(group=GROUP)}
    missing = {rule.validator: rule.line for rule in reversed(protocol.rules) if rule.validator not in known}
    for validator, pointer in missing.items():
        yield str(Fault(rows[pointer], pointer, f"needs the validator {validator}, which is not installed here"))


@click.command("diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@folders_options
def diff(old: str, new: str, folders: Folders) -> None:
    """Say what changed from one version to another, rule by rule, and whether more or less is asked."""
    from uploader.protocols.comparing import Way, changes

    schema = folders.schema()
    found = list(changes(folders.protocol(old), folders.protocol(new), schema))
    for way in Way:
        said = [change.says for change in found if change.way is way]
        click.echo(f"{way}: {len(said)}")
        for says in said:
            click.echo(f"- {says}")

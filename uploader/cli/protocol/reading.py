"""`uploader protocol check|explain`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import click

from uploader.cli.common import DONE, WRONG_USE
from uploader.cli.protocol.folders import REFERENCE, Folders, folders_options
from uploader.domain.errors import BadProtocol
from uploader.passes import Policy
from uploader.protocols import load
from uploader.protocols.document import lines
from uploader.protocols.faults import Wrong, as_far_as_read, placed
from uploader.protocols.loading import examined, unserved
from uploader.protocols.privacy import taken
from uploader.protocols.rules import rules
from uploader.sandbox import unfit_params


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@folders_options
def check(files: tuple[str, ...], folders: Folders) -> None:
    """Read protocols whole and tell all that is wrong, with file, line and place. Exit code 2 when one is wrong.

    With --home also whether its settings allow every validator that is asked for, shut in ones among them.
    """
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
        content, found = examined(path, raw, schema)
    except BadProtocol as error:
        yield str(error).partition(": ")[2]
        return
    known = folders.validators()
    lacking = (
        unserved(content, folders.scripts, folders.policies, Policy.read),
        _not_installed(content, schema, known),
        unfit_params(content, known),
        _taken(content, folders.scripts),
    )
    further = chain.from_iterable(map(as_far_as_read, lacking) if found else lacking)
    yield from map(str, sorted({*found, *placed(raw, further)}))


def _taken(content: Mapping[str, Any], scripts: Path) -> Iterator[Wrong]:
    """What the protocol's scripts take away although it says that it stays. Raises BadScript."""
    if "privacy" in content and all((scripts / name).is_file() for name in content["scripts"]):
        from uploader.recipes import alters  # it loads all that anonymises

        yield from taken(content, partial(alters, scripts))


def _not_installed(content: Mapping[str, Any], schema: Mapping[str, Any], known: Collection[str]) -> Iterator[Wrong]:
    """Validators that are asked for and not among the `known`, each at the first place that needs it."""
    needed = [(rule.line, rule.validator) for rule in rules(content, schema)]
    needed += [(f"/checks/{n}", check["validator"]) for n, check in enumerate(content.get("checks", ()))]
    asked = dict[str, str]()
    for place, validator in needed:
        if validator not in known and asked.setdefault(validator, place) == place:
            yield place, f"needs the validator {validator}, which is not installed or not allowed here"


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

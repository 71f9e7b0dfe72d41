"""`uploader protocol test`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click

from uploader.cases import case_of, headers_below
from uploader.cli.common import DONE, REFUSED, WRONG_USE, choice_options
from uploader.cli.protocol.folders import Folders, folders_options
from uploader.domain.errors import BadProtocol, UnreadableFile
from uploader.domain.renaming import Names
from uploader.domain.trial import Protocol
from uploader.ports import Case
from uploader.protocols import examples, keptpixels, load, variants
from uploader.protocols.recording import of_nobody
from uploader.protocols.writing import write_new
from uploader.stages.validate import validate
from uploader.synonyms import as_named
from uploader.synonyms import told as renamed
from uploader.validators import GROUP, installed


@click.command("test")
@click.argument("trials", nargs=-1, required=True, metavar="TRIAL...")
@click.option(
    "--record",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Make an example of this folder of DICOM files, of nobody, with the verdict as it is now.",
)
@click.option("--name", default="", help="What the new example is called.")
@click.option("--says", default="", help="One sentence about it.")
@choice_options
@folders_options
def test(
    trials: tuple[str, ...], record: Path | None, name: str, says: str, codes: Mapping[str, str], folders: Folders
) -> None:
    """Judge the examples beside protocols, TRIAL/examples/*.json, and compare with the verdict that is expected.

    TRIAL/v2 judges all by that version; TRIAL each by the version that it names, else by the newest. Exit code 3 when
    one differs, 2 when one is wrong itself.
    """
    said = [f"--{kind}" for kind, code in codes.items() if code] + ["--name"] * bool(name) + ["--says"] * bool(says)
    if record is None and said:
        raise click.UsageError(f"{said[0]} is about the session of --record; an example says itself what was chosen")
    if record is not None:
        if not name or len(trials) != 1:
            raise click.UsageError("say for one trial, with --name, what the example is called")
        _record(folders, trials[0], record, name, says or name, {kind: code for kind, code in codes.items() if code})
    found = [_said(folders, trial, name) for trial in trials for name in _names(folders, trial)]
    raise SystemExit(WRONG_USE if WRONG_USE in found else max(found))


def _names(folders: Folders, trial: str) -> list[str]:
    folder = folders.find(trial).parent
    known = variants.names(folder)
    if not known:
        raise click.UsageError(f"there is no example in {folder / 'examples'}; make one with --record")
    return known


def _said(folders: Folders, trial: str, name: str) -> int:
    """Says how an example comes out; the exit code that this alone is worth."""
    folder = folders.find(trial).parent
    try:
        example = examples.read(folder, name)
        protocol = judging(folders, trial, example)
    except BadProtocol as error:
        click.echo(str(error), err=True)
        return WRONG_USE
    got = verdict_on(example, protocol)
    differences = list(differing(got, example.expected))
    outcome = "differs" if differences else "as expected"
    click.echo(f"{folder.name}/examples/{name}: {outcome}, {_told(got)}, judged by {protocol.version}")
    for says in (*differences, *renamed(_case(example, protocol)[1])):
        click.echo(f"  {says}")
    return REFUSED if differences else DONE


def judging(folders: Folders, reference: str, example: examples.Example) -> Protocol:
    """The version that the reference names; else the example's own, and the newest where it has none.

    Raises BadProtocol.
    """
    path = folders.find(reference)
    if folders.named(reference) is None and example.protocol:
        path = path.with_name(f"{example.protocol}.json")
        if not path.is_file():
            says = f"at /protocol: there is no {example.protocol} of the trial"
            raise BadProtocol(f"{path.parent.name}/examples/{example.name}.json: {says}")
    return load(path, folders.schema())


def _told(verdict: Mapping[str, Any]) -> str:
    """In a few words."""
    return {"refusal": "refused", "nothing": "without a finding"}.get(verdict["worst"], f"with a {verdict['worst']}")


def differing(got: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[str]:
    """Where the verdict on an example is not what it expects; what it says nothing of is not compared.

    got, expected: as `examples.expectation` tells of a verdict
    """
    if not expected:
        yield f"expects nothing yet; the verdict is: {json.dumps(got)}"
    if got["worst"] != expected.get("worst", got["worst"]):
        yield f"worst: expected {expected['worst']}, is {got['worst']}"
    yield from _rules(got["not_passed"], expected.get("not_passed", got["not_passed"]))
    for finding in sorted({*got["findings"]} ^ {*expected.get("findings", got["findings"])}):
        yield f"finding {finding}: {'not expected' if finding in got['findings'] else 'is missing'}"


def _rules(got: Mapping[str, str], expected: Mapping[str, str]) -> Iterator[str]:
    """Rules, by line, that came out otherwise; one that is not named passes."""
    for line in sorted({*got, *expected}):
        if got.get(line) != expected.get(line):
            yield f"rule {line}: expected {expected.get(line, 'pass')}, is {got.get(line, 'pass')}"


def verdict_on(example: examples.Example, protocol: Protocol) -> dict[str, Any]:
    """As the gateway would judge it, in the form of what an example expects."""
    known = {point.name for point in entry_points(group=GROUP)}
    case, _ = _case(example, protocol)
    return examples.expectation(validate(case, protocol, installed(known)))


def _case(example: examples.Example, protocol: Protocol) -> tuple[Case, Names]:
    """The session of an example as the gateway judges it, and the names that it gives by itself."""
    return as_named(replace(example.case, asked=protocol.content))


def _record(folders: Folders, trial: str, folder: Path, name: str, says: str, chosen: Mapping[str, str]) -> None:
    path = folders.find(trial)
    protocol = folders.protocol(str(path))
    document = {"says": says, "protocol": protocol.version, "chosen": dict(chosen), **_session(folder, protocol)}
    document["expected"] = verdict_on(examples.made(name, document), protocol)
    target = path.parent / "examples" / f"{name}.json"
    try:
        write_new(target, json.loads(json.dumps(document)))
    except FileExistsError:
        raise click.ClickException(f"there is {target} already") from None
    verdict = document["expected"]
    rules = [protocol.rule_name(line) or line for line, outcome in verdict["not_passed"].items() if outcome == "fail"]
    by = f" by {', '.join(rules)}" if rules else ""
    click.echo(f"recorded as the verdict that is expected from now on: {_told(verdict)}{by}")
    click.echo(f"written: {target}; look whether anything in it tells who the patient is before you pass it on")


def _session(folder: Path, protocol: Protocol) -> dict[str, Any]:
    """`scans` and `pixels` of an example."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    headers: dict[str, Any] = {}
    for name in names:
        try:
            headers |= headers_below(folder, [name])
        except UnreadableFile:
            continue
    if not headers:
        raise click.UsageError(f"there is no DICOM file in {folder}")
    case = case_of(folder, headers)
    bare = of_nobody(headers, protocol.content)
    ours = dict(zip(bare, headers, strict=True))
    doses = [entry for entry, header in bare.items() if header.get("Modality") == "RTDOSE"]
    return {
        "scans": examples.packed(bare),
        "pixels": {entry: keptpixels.packed(case.frames, ours[entry]) for entry in doses},
    }

"""`uploader validate`: a folder judged by a protocol, with no gateway around it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from uploader.cases import case_of, headers_below
from uploader.cli.common import DONE, REFUSED, choice_options
from uploader.cli.protocol.folders import Folders, folders_options
from uploader.domain.cause import by_cause
from uploader.domain.errors import UnreadableFile
from uploader.domain.finding import Finding, Verdict
from uploader.domain.trial import Protocol
from uploader.ports import Headers
from uploader.stages import validate as stage
from uploader.synonyms import as_named, told
from uploader.validators import installed


@click.command("validate")
@click.argument("session", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("reference", metavar="PROTOCOL")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the verdict here, as JSON.")
@choice_options
@folders_options
def validate(session: Path, reference: str, out: Path | None, codes: Mapping[str, str], folders: Folders) -> None:
    """Judge the DICOM files below SESSION by PROTOCOL, a trial or TRIAL/v2. Nothing is kept or sent.

    Of a trial the version that is active today judges; while there is none, the highest, be it a draft.

    Exit code 3 when the session cannot be used for the trial as it is, 2 for a protocol that asks for validators that
    run shut in: those are asked on the line alone, for they want files that are theirs to read. Structures that the
    gateway would rename by itself are judged by the names that it gives them.
    """
    protocol = folders.judging(reference)
    headers, others = _headers(session)
    chosen = {kind: code for kind, code in codes.items() if code}
    ours = installed(check.validator for check in stage.needed(protocol))
    case, names = as_named(case_of(session, headers, protocol.content, chosen))
    verdict = stage.validate(case, protocol, ours)
    click.echo(f"{verdict.protocol}: {len(headers)} DICOM file(s) judged, {others} other(s) passed over")
    if why := protocol.not_open(date.today()):
        click.echo(f"nothing can be sent under it today: it {why.removesuffix(', under which nothing can be sent')}")
    for says in told(names):
        click.echo(f"renamed   {says}")
    for finding, following in by_cause(verdict):
        _tell(finding, protocol.rule_name(finding.line))
        _tell_following(following, protocol)
    click.echo("refused" if verdict.refused else "not refused")
    if out is not None:
        out.write_text(json.dumps(_document(verdict, protocol), indent=1) + "\n")
    raise SystemExit(REFUSED if verdict.refused else DONE)


def _tell(finding: Finding, name: str) -> None:
    """What was seen, and below it what a person needs to mend or to waive it."""
    click.echo(f"{finding.severity.name.lower():8}  {finding.code}  {finding.where}: {finding.says}")
    measured = [("found", finding.found), ("expected", finding.expected)]
    rule = f"rule {name}, line {finding.line}" if finding.line else ""
    for says in (", ".join(f"{word} {value}" for word, value in measured if value), rule, finding.remedy):
        if says:
            click.echo(f"          {says}")


def _tell_following(following: Sequence[Finding], protocol: Protocol) -> None:
    """What one cause broke besides, a line each."""
    if following:
        click.echo("          from it follows, and should go with it:")
    for each in following:
        rule = f" (rule {protocol.rule_name(each.line)})" if each.line else ""
        click.echo(f"            {each.severity.name.lower():8}  {each.code}  {each.where}: {each.says}{rule}")


def _headers(folder: Path) -> tuple[Headers, int]:
    """Those of all DICOM files below the folder, and how many files are something else, as catalogues are.

    Raises UnreadableFile for a file that says it is DICOM and cannot be read.
    """
    headers: dict[str, Mapping[str, Any]] = {}
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    for name in names:
        try:
            headers |= headers_below(folder, [name])
        except UnreadableFile:
            if _says_dicom(folder / name):
                raise
    if not headers:
        raise click.UsageError(f"there is no DICOM file in {folder}")
    return headers, len(names) - len(headers)


def _says_dicom(path: Path) -> bool:
    """By its name or by the mark of PS3.10 7.1."""
    with path.open("rb") as file:
        return path.suffix.lower() == ".dcm" or file.read(132)[128:] == b"DICM"


def _document(verdict: Verdict, protocol: Protocol) -> Mapping[str, Any]:
    """Nothing of the patient: evidence stays behind."""
    findings = [{**asdict(f.bare), "severity": f.severity.name.lower()} for f in verdict.findings]
    for finding in findings:
        del finding["evidence"]
        finding["rule"] = protocol.rule_name(finding["line"])
    return {
        "protocol": verdict.protocol,
        "protocol_digest": verdict.protocol_digest,
        "refused": verdict.refused,
        "findings": findings,
        "rulings": [asdict(ruling) for ruling in verdict.rulings],
    }

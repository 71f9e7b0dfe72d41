"""`uploader protocol new|import`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from uploader.cli.common import WRONG_USE
from uploader.cli.protocol.folders import Folders, folders_options
from uploader.domain.trial import LABEL, LONGEST_PREFIX
from uploader.protocols import labels
from uploader.protocols.drafting import LABELS, Answers, draft, pattern_like
from uploader.protocols.loading import examined
from uploader.protocols.seen import Roi, Seen
from uploader.protocols.writing import text, write_new

SEVERITIES = click.Choice(["note", "question", "refusal"])


@click.command("new")
@click.argument("session", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@folders_options
def new(session: Path | None, folders: Folders) -> None:
    """Ask what a trial expects and write its first protocol. With a SESSION, a folder of DICOM files such as the trial
    will get, it proposes what is found there; names of structures are taken from it as they are.

    It is written below --protocols, the protocols of --home, or ./trial_protocols.
    """
    found = _found(session) if session else Seen()
    _tell(found)
    answers = _asked(found)
    path = _written(draft(answers), folders)
    click.echo(f"written: {path}")
    click.echo(f"read it:  uploader protocol explain {path}")
    click.echo(f"edit it, and check it again:  uploader protocol check {path}")
    if answers.status == "draft":
        click.echo("when it is right, set its status to active")


@click.command("import")
@click.argument("permitted", metavar="TRIAL_labels.txt", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--title", default="", help="What the trial is called on screens.")
@click.option("--sponsor", default="PLACEHOLDER", help="Who runs it.")
@click.option("--example", default="", help="An ID of a subject.")
@folders_options
def import_(permitted: Path, title: str, sponsor: str, example: str, folders: Folders) -> None:
    """Make a protocol of a DASHER trial's lists: TRIAL_labels.txt, and TRIAL_required_labels.txt beside it.

    A structure that is not listed is refused, as DASHER did.
    """
    trial = permitted.name.removesuffix("_labels.txt")
    if trial == permitted.name or not LABEL.fullmatch(trial):
        raise click.UsageError(f"expected a file TRIAL_labels.txt, where TRIAL is {LABEL.pattern}")
    lists = _lists(permitted, permitted.with_name(f"{trial}_required_labels.txt"))
    document = draft(
        Answers(
            trial=trial,
            title=title or trial,
            sponsor=sponsor,
            example=example or f"{trial[:LONGEST_PREFIX]}-001",
            modalities={"CT": 1, "RTSTRUCT": 1},
            unlisted="refusal",
            note="From DASHER's lists of labels. Inputs, subject IDs and sponsor are PLACEHOLDERS unless given.",
        )
    )
    document["rois"] = labels.rois(lists)
    click.echo(f"written: {_written(document, folders)}")


def _lists(permitted: Path, required: Path) -> labels.Lists:
    """Exits with all that is wrong in them."""
    if not required.is_file():
        raise click.UsageError(f"there is no {required.name} beside {permitted.name}; it may be empty")
    read = []
    for path in (permitted, required):
        try:
            read.append(labels.read(path.read_bytes()))
        except ValueError as error:
            raise click.UsageError(f"{path.name}: {error}") from None
    lists = labels.Lists(*read)
    for says in labels.warnings(lists):
        click.echo(f"note: {says}", err=True)
    if wrong := list(labels.faults(lists)):
        for says in wrong:
            click.echo(says, err=True)
        raise SystemExit(WRONG_USE)
    return lists


def _found(folder: Path) -> Seen:
    """What the files below the folder show; those that are not DICOM are passed over."""
    from uploader.cases import headers_below
    from uploader.domain.errors import UnreadableFile
    from uploader.protocols.seen import seen

    headers: dict[str, Any] = {}
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    for index, name in enumerate(names):
        try:
            headers[str(index)] = next(iter(headers_below(folder, [name]).values()))
        except UnreadableFile:
            continue
    if not headers:
        raise click.UsageError(f"there is no DICOM file in {folder}")
    return seen(headers)


def _tell(found: Seen) -> None:
    for name, each in found.modalities.items():
        spacing = f", slices {each.spacing_mm:g} mm apart" if each.spacing_mm else ""
        click.echo(f"found: {LABELS.get(name, name)}: {each.scans} series of {each.fewest} or more instances{spacing}")
    if found.rois:
        click.echo(f"found: structures {', '.join(roi.name for roi in found.rois)}")
        click.echo("A name that tells who a patient is must not get into a protocol: leave it out below.")


def _asked(found: Seen) -> Answers:
    trial = _trial()
    title = _needed("What it is called on screens")
    sponsor = _needed("Who runs it")
    contact = click.prompt("Whom a site asks about the protocol", default="", show_default=False)
    example = _label("An example of a subject ID", default=f"{trial[:LONGEST_PREFIX]}-001")
    pattern = click.prompt("A subject ID matches", default=pattern_like(example, trial))
    modalities = _modalities(found)
    spacing = _spacing(found) if {"CT", "MR", "PT"} & modalities.keys() else None
    named = _names(found.rois) if "RTSTRUCT" in modalities else {}
    dose = _prescription(found, named["required"]) if "RTPLAN" in modalities and named else {}
    return Answers(
        trial=trial,
        title=title,
        sponsor=sponsor,
        contact=contact,
        example=example,
        pattern=pattern,
        modalities=modalities,
        spacing_mm=spacing,
        types={roi.name: roi.interpreted for roi in found.rois if roi.interpreted},
        status=click.prompt("Status", type=click.Choice(["draft", "active"]), default="draft"),
        **named,
        **dose,
    )


def _trial() -> str:
    while (answer := _label("ID of the trial, in capitals")) != answer.upper():
        click.echo(f"in capitals, please, such as {answer.upper()}")
    return answer


def _needed(question: str, default: str | None = None) -> str:
    """An answer with something in it; Enter alone is told that one is needed."""
    while not (answer := str(click.prompt(question, default=default or "", show_default=bool(default))).strip()):
        click.echo("an answer is needed here")
    return answer


def _label(question: str, default: str | None = None) -> str:
    while True:
        answer = _needed(question, default)
        if LABEL.fullmatch(answer):
            return answer
        click.echo("letters, digits, hyphens and underscores, 64 at most, beginning with a letter or digit")


def _modalities(found: Seen) -> dict[str, int]:
    proposed = list(found.modalities) or ["CT", "RTSTRUCT", "RTPLAN", "RTDOSE"]
    order = [name for name in LABELS if name in proposed] + [name for name in proposed if name not in LABELS]
    wanted = _several("Modalities that a session has", order)
    return {
        name: click.prompt(f"At most how many series of {name}", type=click.IntRange(1), default=_scans(found, name))
        for name in wanted
    }


def _scans(found: Seen, modality: str) -> int:
    return found.modalities[modality].scans if modality in found.modalities else 1


def _spacing(found: Seen) -> float:
    seen = [each.spacing_mm for each in found.modalities.values() if each.spacing_mm]
    spacing: float = click.prompt("Widest slice spacing in mm", type=float, default=max(seen, default=3.0))
    return spacing


def _names(rois: Sequence[Roi]) -> dict[str, Any]:
    click.echo("Names of structures, with commas between; * stands for any characters; - for none.")
    required = _several("Structures that must be there", [roi.name for roi in rois if roi.drawn])
    permitted = _several("Structures that may be there", [roi.name for roi in rois if roi.name not in required])
    unlisted = click.prompt("A structure that is not listed is a", type=SEVERITIES, default="question")
    return {"required": required, "permitted": permitted, "unlisted": unlisted}


def _several(question: str, proposed: Iterable[str]) -> list[str]:
    answer: str = click.prompt(question, default=", ".join(proposed) or "-")
    return list(dict.fromkeys(each.strip() for each in answer.split(",") if each.strip() not in ("", "-")))


def _prescription(found: Seen, required: Sequence[str]) -> dict[str, Any]:
    targets = [name for name in required if "PTV" in name.upper()]
    target = click.prompt("Structure to which a dose is prescribed, - for none", default=(targets or ["-"])[0])
    if target == "-":
        return {}
    total = click.prompt("Total dose in Gy", type=click.FloatRange(0, min_open=True), default=found.total_gy)
    fractions = click.prompt("Number of fractions", type=click.IntRange(1), default=found.fractions)
    return {"target": target, "total_gy": total, "fractions": fractions}


def _written(document: dict[str, Any], folders: Folders) -> Path:
    """Writes a protocol that is right; shows what is wrong in one that is not, and keeps nothing of it."""
    path: Path = folders.into / document["trial"] / f"{document['version']}.json"
    raw = text(document).encode()
    _, wrong = examined(path, raw, folders.schema())
    if wrong:
        for fault in wrong:
            click.echo(str(fault), err=True)
        raise click.ClickException("the answers make no protocol, and nothing was written")
    try:
        write_new(path, document)
    except FileExistsError:
        raise click.ClickException(f"there is {path} already; a version is never written over") from None
    return path

"""`uploader protocol template`."""

from __future__ import annotations

from pathlib import Path

import click

from uploader.cli.protocol.folders import REFERENCE, Folders, folders_options


@click.command("template")
@click.argument("reference", metavar=REFERENCE)
@click.argument("out", metavar="OUT.dcm", type=click.Path(path_type=Path, dir_okay=False))
@folders_options
def template(reference: str, out: Path, folders: Folders) -> None:
    """Write the structures that a protocol expects as an RT Structure Set without contours, for planning systems."""
    from pydicom.filewriter import dcmwrite

    from uploader.protocols import template as templates

    protocol = folders.protocol(reference)
    made = templates.template(protocol)
    if not made.StructureSetROISequence:
        raise click.ClickException("the protocol names no structures")
    if out.exists():
        raise click.ClickException(f"there is {out} already")
    dcmwrite(out, made, enforce_file_format=True)
    click.echo(f"written: {out}, {len(made.StructureSetROISequence)} structures")
    for name in templates.left_out(protocol.content):
        click.echo(f"left to whoever draws: {name}")

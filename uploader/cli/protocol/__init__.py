"""Trial protocols by themselves: check them, read them, compare, try, make and export them. No home is needed.

folders     where protocols, scripts and policies lie, and which protocol is meant
reading     check, explain, diff
making      new, import
exporting   template
trying      test
"""

from __future__ import annotations

import click

from uploader.cli.protocol import exporting, making, reading, trying


@click.group()
def protocol() -> None:
    """Trial protocols: check, explain, compare, make."""


for command in (
    reading.check,
    reading.explain,
    reading.diff,
    making.new,
    making.import_,
    exporting.template,
    trying.test,
):
    protocol.add_command(command)

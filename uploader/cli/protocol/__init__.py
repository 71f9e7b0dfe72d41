"""Trial protocols by themselves: check them, read them, compare, try, make and export them. No home is needed.

folders     where protocols, scripts and policies lie, and which protocol is meant
reading     check, explain, diff
"""

from __future__ import annotations

import click

from uploader.cli.protocol import reading


@click.group()
def protocol() -> None:
    """Trial protocols: check, explain, diff."""


for command in (reading.check, reading.explain):
    protocol.add_command(command)

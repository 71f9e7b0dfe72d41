"""The commands. Each parses, calls, and prints; what they do is written elsewhere.

Exit codes: 0 done, 2 wrong use or a wrong installation, 3 refused by the protocol, 4 held or still waiting;
`anonymise`, which knows no waiting: 3 when anything was held.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

from uploader import __version__
from uploader.domain.errors import UploaderError

COMMANDS = {
    "init": "setup",
    "serve": "serve",
    "run": "submissions",
    "anonymise": "anonymise",
    "status": "submissions",
    "show": "submissions",
    "choose": "choosing",
    "sign": "submissions",
    "release": "submissions",
    "retry": "submissions",
    "override": "submissions",
    "waive": "choosing",
    "roi": "rois",
    "withdraw": "submissions",
    "recall": "recall",
    "receipt": "receipt",
    "quarantine": "submissions",
    "demo-session": "setup",
    "account": "people",
    "audit": "prove",
    "protocol": "protocol",
    "script": "scripts",
    "validate": "validate",
    "archive": "archive",
    "central": "centre",
    "records": "records",
    "worker": "worker",
    "listener": "listener",
    "desk": "desk",
    "provision": "provision",
    "doctor": "doctor",
    "backup": "backup",
    "restore": "backup",
}
"""Command -> module. Loaded when asked for: an archive's process need not load the durable engine."""


class Commands(click.Group):
    """The commands, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"uploader.cli.{COMMANDS[cmd_name]}"), cmd_name.replace("-", "_"))
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__)
def group() -> None:
    """Carry imaging sessions from a hospital to a trial, and no identity with them."""


def main() -> None:
    """Entry point: our errors become one sentence and an exit code, never a traceback."""
    try:
        group.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except UploaderError as error:
        click.echo(f"uploader: {error} [{error.code}]", err=True)
        sys.exit(2)

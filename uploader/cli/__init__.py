"""The commands. Each parses, calls, and prints; what they do is written elsewhere.

Exit codes: 0 done, 2 wrong use or a wrong installation, 3 refused by the protocol, 4 held or still waiting.
"""

from __future__ import annotations

import sys

import click

from uploader import __version__
from uploader.cli.people import account
from uploader.cli.prove import audit
from uploader.cli.services import archive, desk, serve, worker
from uploader.cli.setup import demo_session, init
from uploader.cli.submissions import quarantine, release, retry, run, show, sign, status, withdraw
from uploader.domain.errors import UploaderError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__)
def group() -> None:
    """Carry imaging sessions from a hospital to a trial, and no identity with them."""


for command in (
    init,
    demo_session,
    serve,
    run,
    status,
    show,
    sign,
    release,
    retry,
    withdraw,
    quarantine,
    account,
    audit,
    archive,
    worker,
    desk,
):
    group.add_command(command)


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

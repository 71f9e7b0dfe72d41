"""One embedded archive as a process of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import click

from uploader.archives.embedded import Server
from uploader.cli.common import home_option, listening
from uploader.config import FILE, Settings
from uploader.home import ARCHIVES, Home
from uploader.hosted import embedded_server
from uploader.logs import listen, say
from uploader.supervisor import stop_signal


@click.group()
def archive() -> None:
    """The embedded archives."""


@archive.command("serve")
@home_option
@click.option("--name", "names", type=click.Choice(ARCHIVES), required=True, multiple=True, help="May be repeated.")
@click.option("--port", type=int, help="Another port than the settings say, for one archive; 0 for any free one.")
@click.option("--listen", "address", help="Another address than the settings say, e.g. 0.0.0.0 in a container.")
def archive_serve(home: Path, names: tuple[str, ...], port: int | None, address: str | None) -> None:
    """Run one embedded archive alone, or several in one process."""
    listen()
    if port is not None and len(names) > 1:
        raise click.UsageError("--port goes with one --name")
    if not (home / FILE).exists():
        from uploader.cli.setup import make_home

        make_home(home)
    stopping = stop_signal()
    with ThreadPoolExecutor() as pool:  # checking passwords and letting connections go take a while each
        servers = list(pool.map(partial(embedded_server, Settings.read(home), port=port, host=address), names))
        for name, server in zip(names, servers, strict=True):
            _start(name, server)
        stopping.wait()
        list(pool.map(Server.stop, servers))


@archive.command("move")
@home_option
@click.option("--name", type=click.Choice(("identifiable", "anonymised")), required=True)
@click.option("--from", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder of the embedded one.")
def archive_move(home: Path, name: str, folder: Path | None) -> None:
    """Bring every session of an embedded archive into the one that the settings now name, each read back."""
    from uploader.gateway import open_home
    from uploader.moving import move

    built = open_home(home)
    moved = 0
    for receipt in move(built, name, folder or Home(built.settings.home).archive(name)):
        moved += 1
        click.echo(f"{moved}: {receipt.files} files, read back")
    click.echo(f"{moved} session(s) of {name} moved; the embedded archive is as it was: keep it until you are sure")


def _start(name: str, server: Server) -> None:
    with listening(f"archive {name}", server.url):
        server.start()
    say("serving", place=name, url=server.url)

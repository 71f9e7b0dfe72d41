"""The DICOM listener as a process of its own: it needs the settings and the watched folder, no key and no records."""

from __future__ import annotations

from pathlib import Path

import click

from uploader.cli.common import home_option, listening
from uploader.config import FILE, ListenerSettings, Settings
from uploader.dimse import Access, Receiver, Tls
from uploader.domain.errors import BadSettings
from uploader.logs import listen, say
from uploader.sources.storescp import HandOver
from uploader.supervisor import stop_signal

PLACE = "listener"


@click.command()
@home_option
def listener(home: Path) -> None:
    """Receive sessions that are sent by DICOM C-STORE into the watched folder."""
    listen()
    stopping = stop_signal()
    settings = Settings.read(home)
    about = settings.listener
    if about is None:
        raise BadSettings(f"{FILE}: there is no table [listener], which says where to listen")
    if not about.calling or not about.peers:
        click.echo("The listener takes from anybody: set listener.calling and listener.peers.", err=True)
    sink = HandOver(settings.folder.path)
    receiver = Receiver(about.host, about.port, access_of(about), sink, PLACE)
    sink.recover()
    with listening("the listener", receiver.url):
        receiver.start()
    say("serving", place=PLACE, url=receiver.url)
    stopping.wait()
    receiver.stop()
    sink.close()


def access_of(about: ListenerSettings) -> Access:
    """Who may send. Raises BadSettings."""
    if bool(about.tls_certificate) != bool(about.tls_key) or (about.tls_clients and not about.tls_key):
        raise BadSettings(f"{FILE}: listener.tls_certificate and listener.tls_key go together, and with tls_clients")
    tls = None
    if about.tls_certificate and about.tls_key:
        tls = Tls(certificate=about.tls_certificate, key=about.tls_key, clients=about.tls_clients)
    return Access(
        ae_title=about.ae_title,
        calling=about.calling,
        peers=about.peers,
        tls=tls,
        most=about.most,
        most_by_address=about.most_by_address,
        idle_seconds=about.idle_seconds,
        reserve_bytes=about.reserve_bytes,
    )

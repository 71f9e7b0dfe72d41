"""Receipts: shown by the site that has them, verified by whoever has its public key."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from uploader.archives.xnat import XnatArchive
from uploader.central.settings import FILE as CENTRAL
from uploader.central.settings import CentralSettings
from uploader.cli.common import DONE, HELD, REFUSED, home_option, password_for, print_json
from uploader.domain.consignment import Consignment, Recall
from uploader.domain.errors import BadSeal, BadSettings, Transient
from uploader.domain.manifest import Manifest
from uploader.domain.session import Address
from uploader.home import Home
from uploader.receipt import read
from uploader.seal import PublicKey, opened, unsealed


@dataclass(frozen=True, slots=True)
class Spoken:
    """A password that somebody has just said, in the place of a file that holds one."""

    password: str

    def read_text(self) -> str:
        return self.password


@click.group()
def receipt() -> None:
    """Receipts, and the signatures of sites."""


@receipt.command("show")
@click.argument("submission")
@home_option
def show(submission: str, home: Path) -> None:
    """Print the receipt of a released session."""
    from uploader.gateway import build_review, open_home  # loaded here: to verify a receipt takes no home

    print_json(build_review(open_home(home)).receipt(submission))


@receipt.command("verify")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="The site's public key, its site.pub.")
@click.option("--against", metavar="URL", help="The centre's XNAT: look whether it still holds just these files.")
@click.option("--login", metavar="NAME", help="Account at the centre that may see the site's project there.")
@click.option("--ca-file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Authority of its TLS.")
@home_option
def verify(
    file: Path, key: Path | None, against: str | None, login: str | None, ca_file: Path | None, home: Path
) -> None:
    """Check signature and digests of a receipt, or of a consignment or recall as the centre has them.

    Without --key the keys of the home are tried. Exit 0 all is right, 3 something is not, 4 the centre is away.
    """
    if bool(against) != bool(login):
        raise click.UsageError("--against URL and --login NAME go together")
    try:
        address, manifest = _checked(file, key, home)
        if against and login and manifest:
            centre = XnatArchive("centre", against, login, Spoken(password_for(login)), ca_file=ca_file)
            _compare(centre, address, manifest)
    except BadSeal as error:
        click.echo(f"NOT VALID: {error}", err=True)
        sys.exit(REFUSED)
    except Transient as error:
        click.echo(f"not compared: {error}", err=True)
        sys.exit(HELD)
    sys.exit(DONE)


def _checked(file: Path, key: Path | None, home: Path) -> tuple[Address, Manifest | None]:
    """Where the centre has the session, and its files; says what was right. Raises BadSeal."""
    data = file.read_bytes()
    public, site = (PublicKey.read(key), "") if key else _known(str(unsealed(data)["key"]), home)
    document = opened(data, public)
    if site and document.get("site") != site:
        raise BadSeal(f"it speaks of another site than {site}, whose key signed it")
    address, manifest = _said(document)
    click.echo(f"signature  fits the key {public.fingerprint[:16]}…, of site {document['site']}")
    if manifest:
        click.echo(f"digests    agree: {len(manifest)} files, {manifest.digest}")
    return address, manifest


def _said(document: dict[str, Any]) -> tuple[Address, Manifest | None]:
    if document.get("kind") == "uploader-receipt":
        return read(document)
    if document.get("kind") == "uploader-recall":
        recall = Recall.read(document)
        return Address(recall.project, recall.subject, recall.session), None
    consignment = Consignment.read(document)
    return Address(consignment.project, consignment.subject, consignment.session), consignment.manifest


def _known(fingerprint: str, home: Path) -> tuple[PublicKey, str]:
    """The key of that fingerprint and, where the home's settings say it, the site that it belongs to: the key of this
    site's home, or one of those of a centre's."""
    for key, site in (*_of_centre(home), *_beside(home)):
        if key.fingerprint == fingerprint:
            return key, site
    raise BadSettings(f"no key {fingerprint[:16]}… is known here; name the site's public key with --key FILE")


def _of_centre(home: Path) -> list[tuple[PublicKey, str]]:
    if not (home / CENTRAL).exists():
        return []
    return [(key, site) for site, keys in CentralSettings.read(home).keys().items() for key in keys]


def _beside(home: Path) -> list[tuple[PublicKey, str]]:
    files = [path for path in (Home(home).public_key, *sorted(home.glob("keys/*.pub"))) if path.exists()]
    return [(PublicKey.read(path), "") for path in files]


def _compare(centre: XnatArchive, address: Address, manifest: Manifest) -> None:
    """Raises BadSeal when a file of the session is gone from the centre, or another."""
    held = list(centre.held(address))
    names = {entry.name for entry in manifest}
    lacking = [entry.name for entry in manifest.lacking(held)]
    wrong = sorted({*lacking, *(name for name in manifest.differing(held) if name in names)})
    if wrong:
        raise BadSeal(f"the centre does not hold {len(wrong)} of the files as they were sent, first {wrong[0]}")
    further = len({each.name for each in held} - names)
    click.echo(f"centre     holds all of them{f', and {further} file(s) that were not sent' if further else ''}")

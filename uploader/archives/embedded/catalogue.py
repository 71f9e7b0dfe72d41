"""XNAT's catalogue of a resource, written when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from uploader.archives.embedded.database import Row
from uploader.archives.embedded.find import Holder
from uploader.archives.embedded.resources import Kept


def catalogue(holder: Holder, row: Row, files: Iterable[Kept]) -> str:
    """The XML. Clients look at its opening bytes: ``cat:DCMCatalog`` for scans, ``cat:Catalog`` otherwise."""
    kind, entry = ("DCMCatalog", "dcmEntry") if holder.uid else ("Catalog", "entry")
    uid = f" UID={quoteattr(holder.uid)}" if holder.uid else ""
    spaces = 'xmlns:cat="http://nrg.wustl.edu/catalog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    entries = "".join(_entry(entry, kept) for kept in files)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<cat:{kind} ID={quoteattr(row["label"])}{uid} {spaces}>\n'
        f"<cat:entries>\n{entries}</cat:entries>\n</cat:{kind}>\n"
    )


def _entry(kind: str, kept: Kept) -> str:
    path = quoteattr(kept.found.path)
    return f'<cat:entry xsi:type="cat:{kind}" ID={path} URI={path} name={path} digest="{kept.md5}"/>\n'

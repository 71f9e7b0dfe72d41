"""Whose archive answers at a port: an archive says by a header of every answer which folder it keeps, so that a
command of one home takes no other home's archive for its own, and gives it no password."""

from __future__ import annotations

import hashlib
from pathlib import Path

HEADER = "X-Uploader-Archive"


def mark(root: Path) -> str:
    """Stands for the folder of an archive on this machine and tells nothing of it; empty when there is none.

    By device and inode: a copy of the folder is another one, and the same folder by another path is not.
    """
    try:
        found = root.stat()
    except OSError:
        return ""
    return hashlib.sha256(f"{found.st_dev}:{found.st_ino}".encode()).hexdigest()[:16]

"""Serve one, to look at with other clients: `python -m tests.archives.strict_xnat FOLDER [--well-behaved]`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.archives.central import LINE, archive_with_projects
from tests.archives.strict_xnat.server import StrictXnat
from tests.archives.traps import served

if __name__ == "__main__":
    archive = archive_with_projects(Path(sys.argv[1]))
    with served(StrictXnat(archive.app, strict_xnat="--well-behaved" not in sys.argv)) as url:
        print(f"{url} account {LINE.login}, password {LINE.password}", flush=True)
        while True:
            time.sleep(60)

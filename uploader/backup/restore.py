"""Make a home of a copy, once every byte of it is proven."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from uploader.backup import sums
from uploader.domain.errors import BadBackup
from uploader.home import Home
from uploader.stages.ingest.durable import flush_folder, flush_tree

_SHOWN = 5


def restore(copy: Path, secrets: Path, root: Path) -> int:
    """Make the home `root`, which must not be there, of a copy and of the one with its keys; returns the files.

    Raises BadBackup, with nothing made, when a file of either is missing or not as it was copied.
    """
    if root.exists() and any(root.iterdir()):
        raise BadBackup(
            f"{root} is not empty; a home is restored into a new folder, and the old one kept until it works"
        )
    for place in (copy, secrets):
        _prove(place)
    if not (secrets / "secrets").is_dir():
        raise BadBackup(f"{secrets} holds no keys: name the copy that was taken with --secrets-to")
    part = root.with_name(f"{root.name}.part")
    if part.exists():
        raise BadBackup(f"{part} is left of a restore that broke off; look at it and remove it")
    part.mkdir(mode=0o700, parents=True)
    count = sum(_fill(place, part) for place in (copy, secrets))
    home = Home(part)
    home.lay_out()
    for file in _secret_files(home):
        file.chmod(0o600)
    flush_tree(part)
    if root.exists():
        root.rmdir()
    part.rename(root)
    flush_folder(root.parent)
    return count


def _prove(copy: Path) -> None:
    if bad := list(sums.wrong(copy)):
        shown = ", ".join(bad[:_SHOWN])
        raise BadBackup(f"{copy}: {len(bad)} file(s) are missing or changed, first {shown}; take an older copy")


def _fill(copy: Path, part: Path) -> int:
    paths = sums.read(copy)
    for path, sha256 in paths.items():
        target = part / path
        if ".." in Path(path).parts or Path(path).is_absolute():
            raise BadBackup(f"{copy / sums.NAME} names a file outside of the copy")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(copy / path, target)
        if sums.digest(target) != sha256:
            raise BadBackup(f"{copy / path} changed while it was restored")
    return len(paths)


def _secret_files(home: Home) -> Iterator[Path]:
    yield from (path for path in home.secrets.rglob("*") if path.is_file())

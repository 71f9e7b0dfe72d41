"""Whether what the engine makes is less valid than what it was given: `python -m bench.validity FOLDER [TRIAL]`.

The judge is dciodvfy of Debian's dicom3tools. Only errors that the original had not are told, without values.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from uploader.domain.errors import UploaderError
from uploader.domain.identity import Identity
from uploader.domain.private import Private
from uploader.home import shipped
from uploader.protocols import Protocols
from uploader.recipes import Kitchen, recipe_of
from uploader.stages.anonymise import Recipe, Work

JUDGE = "dciodvfy"
_VALUES = re.compile(
    r"(?<== )<[^>]*>|(?<=value )<[^>]*>|\[\d+\]|\(0x[0-9a-f]+,0x[0-9a-f]+\)|'.'|\b\d+(?:\.\d+)*$|\b\d+(?:\.\d+)+\b"
)
"""What dciodvfy quotes of the object; names of attributes and modules stay."""


def errors(path: Path) -> Counter[str]:
    """The errors that the judge finds in an object, values taken out, and how often each."""
    told = subprocess.run([JUDGE, str(path)], capture_output=True, timeout=120, check=False).stderr.decode("latin-1")
    return Counter(_VALUES.sub("", line).strip() for line in told.splitlines() if line.startswith("Error"))


def new_errors(before: Path, after: Path) -> list[str]:
    """The kinds of errors that the copy has and the original had not."""
    return sorted(errors(after).keys() - errors(before).keys())


def recipe(originals: Sequence[Path], trial: str = "DEMO-RT") -> Recipe:
    """The recipe that a shipped protocol makes for these files."""
    protocol = Protocols(shipped("trial_protocols"), [trial]).newest(trial)
    kitchen = Kitchen(*map(shipped, ("dicomedit_scripts", "privacy_policies", "blanking_rules")), "SITE01", b"validity")
    who = Private(Identity("validity", "", ""))
    subject = protocol.subject_example
    return recipe_of(kitchen, protocol, who, subject, protocol.label(subject, 1), originals)[0]


def copies(originals: Sequence[Path], target: Path, work: Work) -> Iterator[tuple[Path, Path]]:
    """(original, anonymised copy in `target`) of each file that is not held."""
    for number, path in enumerate(originals):
        try:
            work.file(path, target / f"{number}.dcm")
        except UploaderError:
            continue
        yield path, target / f"{number}.dcm"


def main() -> None:
    if shutil.which(JUDGE) is None:
        sys.exit(f"{JUDGE} is not here; install Debian's dicom3tools")
    originals = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.is_file())
    work = Work(recipe(originals, *sys.argv[2:3]))
    with tempfile.TemporaryDirectory() as target:
        _print((path, new_errors(path, copy)) for path, copy in copies(originals, Path(target), work))


def _print(found: Iterable[tuple[Path, list[str]]]) -> None:
    files, kinds = 0, Counter[str]()
    for path, new in found:
        files += 1
        kinds.update(new)
        for error in new:
            print(f"{path}: {error}")
    print(f"{files} files, {sum(kinds.values())} new errors of {len(kinds)} kinds")


if __name__ == "__main__":
    main()

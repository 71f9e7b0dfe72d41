"""Anonymise and verify a folder of CT slices, as one command: `python -m bench.engine FOLDER JOBS`."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

from uploader import passes
from uploader.dicomedit import parse
from uploader.domain.manifest import Manifest, measure
from uploader.home import shipped
from uploader.protocols import Protocols
from uploader.recipes import Scripted
from uploader.stages.anonymise import Recipe, anonymise
from uploader.stages.verify import verify


def manifest_of(folder: Path) -> Manifest:
    entries = set()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as data:
            entries.add(measure(path.relative_to(folder).as_posix(), data))
    return Manifest(frozenset(entries))


def recipe() -> Recipe:
    protocol = Protocols(shipped("trial_protocols"), ["DEMO-RT"]).newest("DEMO-RT")
    variables = {"project": "DEMO-RT", "subject": "DEMO-001", "session": "DEMO-001_1"}
    scripts = [
        Scripted(parse((shipped("dicomedit_scripts") / name).read_text(), name), variables) for name in protocol.scripts
    ]
    key = hashlib.sha256(b"bench").digest()
    steps = passes.standard(key=key, days=17, protocol=protocol, subject="DEMO-001", label="DEMO-001_1", site="SITE01")
    return Recipe(tuple(scripts), steps)


def main() -> None:
    folder, jobs = Path(sys.argv[1]), int(sys.argv[2])
    before = manifest_of(folder)
    with tempfile.TemporaryDirectory(dir=folder.parent) as out:
        after = anonymise(folder, Path(out), before, recipe(), jobs)
        keep = frozenset({"DEMO-001", "DEMO-001_1", "DEMO-RT", "SITE01"})
        findings = verify(folder, Path(out), before, after, keep=keep, jobs=jobs)
    refusals = [f for f in findings if f.severity == 2]
    if refusals:
        sys.exit(f"{len(refusals)} findings, first {refusals[0].code} at {refusals[0].where}")


if __name__ == "__main__":
    main()

"""`python -m bench.validating FOLDER PROTOCOL`: read the headers of a folder and judge them, as the line does."""

from __future__ import annotations

import json
import sys
from collections import Counter
from importlib.metadata import entry_points
from pathlib import Path
from time import perf_counter

from uploader.cases import case_of, headers_below
from uploader.protocols import SCHEMA, load
from uploader.stages.validate import validate

PROTOCOLS = Path(__file__).parent.parent / "trial_protocols"


def main(folder: Path, protocol: Path) -> None:
    began = perf_counter()
    loaded = load(protocol, json.loads((PROTOCOLS / SCHEMA).read_text()))
    headers = headers_below(folder, sorted(path.name for path in folder.iterdir()))
    read = perf_counter()
    validators = {each.name: each.load() for each in entry_points(group="uploader.validators")}
    verdict = validate(case_of(folder, headers, loaded.content), loaded, validators)
    outcomes = Counter(ruling.outcome.value for ruling in verdict.rulings)
    codes = Counter(finding.code for finding in verdict.findings)
    took = {"read": round(read - began, 2), "judge": round(perf_counter() - read, 2)}
    print(json.dumps({**took, "files": len(headers), "rulings": outcomes, "findings": codes}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

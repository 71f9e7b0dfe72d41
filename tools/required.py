"""Writes uploader/passes/tables/required.json: what an object must have at its top level, by IOD.

    pip download --no-deps highdicom==0.28.2 --dest wheels
    python -m tools.required wheels

Attributes of type 1 and 2 of the mandatory modules (PS3.3 A.1.3); what depends on a condition is not there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydicom.datadict import tag_for_keyword

from tools.tables import TABLES, Wheel


def main(folder: Path) -> None:
    highdicom = Wheel(folder, "highdicom")
    inside = "highdicom/_standard/module_attribute_map.json"
    modules = json.loads(highdicom.text(inside))
    iods = json.loads(highdicom.text("highdicom/_standard/iod_module_map.json"))
    rows = {
        iod: _by_type(a for m in used if m["usage"] == "M" for a in modules.get(m["key"], ()))
        for iod, used in sorted(iods.items())
    }
    table = {"source": highdicom.source(inside, standard="DICOM PS3.3"), "iods": rows}
    (TABLES / "required.json").write_text(json.dumps(table, indent=0, separators=(",", ":")) + "\n")


def _by_type(attributes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Tags as 8 hexadecimal digits each, run together, by type; the more demanding where two modules differ."""
    most: dict[int, str] = {}
    for attribute in attributes:
        tag = tag_for_keyword(attribute["keyword"])
        if tag and not attribute["path"] and attribute["type"] in ("1", "2"):
            most[tag] = min(attribute["type"], most.get(tag, "2"))
    return {kind: "".join(f"{tag:08x}" for tag in sorted(most) if most[tag] == kind) for kind in ("1", "2")}


if __name__ == "__main__":
    main(Path(sys.argv[1]))

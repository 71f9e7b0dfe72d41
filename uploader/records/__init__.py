"""What this gateway remembers. The laws of this folder:

* every change of a record goes through `audit.changing`: one transaction, with its line, or not at all;
* the records hold labels, digests and counts, never a value of a patient; identities are in the link table only,
  sealed, in a file of its own that this program opens with a key kept elsewhere;
* foreign errors leave as ours, without their text (`database.Database`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uploader.records.audit import AuditReport, anchor, verify
    from uploader.records.submissions import SqlRecords, open_records

__all__ = ["AuditReport", "SqlRecords", "anchor", "open_records", "verify"]

_IN = {"SqlRecords": "submissions", "open_records": "submissions"}


def __getattr__(name: str) -> Any:
    """Loaded when asked for: who needs the link table alone is spared SQLAlchemy."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_IN.get(name, 'audit')}"), name)

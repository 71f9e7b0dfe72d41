"""What this gateway remembers. The laws of this folder:

* every change of a record goes through `audit.changing`: one transaction, with its line, or not at all;
* the records hold labels, digests and counts, never a value of a patient; identities are in the link table only,
  sealed, in a file of its own that this program opens with a key kept elsewhere;
* foreign errors leave as ours, without their text (`database.Database`).
"""

from uploader.records.audit import AuditReport, anchor, verify
from uploader.records.submissions import SqlRecords, open_records

__all__ = ["AuditReport", "SqlRecords", "anchor", "open_records", "verify"]

"""Sort what arrives into sessions, and keep each durably before its source may go.

`facts` reads one file, `group` decides, `scans` names, `spool` and `quarantine` keep, `journal` remembers what a
crash must not double, and `intake` is the edge that holds them together.
"""

from uploader.stages.ingest.intake import Intake
from uploader.stages.ingest.oneshot import take_folder
from uploader.stages.ingest.quarantine import listed_quarantine
from uploader.stages.ingest.spool import arrival_in

__all__ = ["Intake", "arrival_in", "listed_quarantine", "take_folder"]

"""Copies of a home, from which it can be made anew.

    plan.py     what goes into a copy, in which order, and what into the other one with the keys
    take.py     takes it while the gateway runs; unchanged files are links to those of the copy before
    restore.py  proves a copy, and makes a home of it
    sums.py     SHA256SUMS: what a copy holds, in the form that `sha256sum --check` reads

Keys and data lie apart: a copy without its keys gives nobody's name away that is in the link table.
"""

from uploader.backup.restore import restore
from uploader.backup.take import Taken, take

__all__ = ["Taken", "restore", "take"]

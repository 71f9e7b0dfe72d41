"""From nothing to configured XNATs: what a gateway needs of its archives, asked for, set, and read back.

    wanted.py          what each archive should be like, from the settings; pure
    administration.py  what an administrator asks of an XNAT, one function a question
    accounts.py        who may do what there
    steps.py           reads, compares, changes what differs, and reads back; doing it again changes nothing

An embedded archive is provisioned by the same steps; most it has already.
"""

from uploader.provision.change import Change
from uploader.provision.steps import provision

__all__ = ["Change", "provision"]

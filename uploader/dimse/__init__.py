"""DICOM over the network, made ready for strangers: see `door` for what they may do, `receiver` for what they are told.

Over pynetdicom, which only this package may import. It knows nothing of where objects go: that is a `Sink`.
"""

from uploader.dimse.access import Access, Tls
from uploader.dimse.receiver import CANNOT_UNDERSTAND, MISMATCH, NOT_AUTHORISED, Receiver, Sink, Unfit

__all__ = ["CANNOT_UNDERSTAND", "MISMATCH", "NOT_AUTHORISED", "Access", "Receiver", "Sink", "Tls", "Unfit"]

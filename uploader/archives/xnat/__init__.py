"""Any XNAT, by REST: the embedded archives of this program and real ones alike.

client     login, requests, one login for all threads
faults     foreign errors and statuses, translated into ours
listing    what XNAT's answers say
xsi        modalities to XNAT's types
tarstream  the files of a session as one streamed body
download   one file as a stream
papers     signed documents and the trial beside a session
sharing    a session in a second project
archive    the ports Archive and Sharing
"""

from uploader.archives.xnat.archive import XnatArchive

__all__ = ["XnatArchive"]

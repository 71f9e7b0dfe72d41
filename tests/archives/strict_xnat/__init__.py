"""A test server that always behaves as XNAT does where XNAT is a trap: `strict_xnat` around an embedded archive.

server   `StrictXnat`, the WSGI application, and its one switch; `python -m tests.archives.strict_xnat` serves one
habits   what it does otherwise than the well-behaved archive behind it, whoever asks
imports  the same for the import service, which the gateway never uses
busy     one change at a time to a session, as XNAT's archiver has it

`tests.archives.traps` is for what happens once: a test puts it in the way, also in front of this server.
"""

from tests.archives.strict_xnat.server import StrictXnat

__all__ = ["StrictXnat"]

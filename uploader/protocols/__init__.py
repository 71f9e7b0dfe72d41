"""Reads trial protocols, and takes none that is not right from end to end.

loading      the protocols of a folder, all versions
document     JSON, with the line on which each thing stands
rules        what a document asks of a session, found by the annotations ``x-rule`` of the schema
"""

from uploader.protocols.loading import SCHEMA, Protocols, check, load

__all__ = ["SCHEMA", "Protocols", "check", "load"]

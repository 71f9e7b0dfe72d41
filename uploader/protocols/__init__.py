"""Reads trial protocols, and takes none that is not right from end to end.

loading       the protocols of a folder, all versions
document      JSON, with the line on which each thing stands
faults        what does not fit the schema, in words
consistency   what contradicts itself, with attributes, conditions, mentions and privacy
rules         what a document asks of a session, found by the annotations ``x-rule`` of the schema
sentences     every rule as people say it; page and rendering make a page of them; comparing tells versions apart
drafting      a first document from answers, of what is seen in a session or in DASHER's labels; writing is its text
examples      headers with the verdict that is expected, as exampleform and variants read them, with keptpixels
recording     makes them of a session, of nobody
template      the structures that are expected, as an RTSTRUCT
"""

from uploader.protocols.loading import SCHEMA, Protocols, check, load

__all__ = ["SCHEMA", "Protocols", "check", "load"]

"""DicomEdit 6: the language in which sites write down how headers are edited.

The package knows nothing of the rest of the program but its errors.
"""

from uploader.dicomedit.includes import Read
from uploader.dicomedit.script import Script, apply, parse

__all__ = ["Read", "Script", "apply", "parse"]

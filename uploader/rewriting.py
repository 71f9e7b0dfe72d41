"""DicomEdit for the archives that this program hosts. The language is loaded when the first script is met."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from uploader.domain.errors import BadScript

if TYPE_CHECKING:
    from uploader.archives.embedded.scripting import Rewrite


class DicomEdit:
    """The `Editor` of `archives.embedded.scripting`."""

    def check(self, text: str, variables: tuple[str, ...]) -> None:
        """Raises BadScript with line and column, and for a variable that is none of `variables`."""
        from uploader.dicomedit import parse

        unknown = [name for name in parse(text).variables if name.lower() not in variables]
        if unknown:
            raise BadScript(f"the script needs {', '.join(unknown)}; there are only {', '.join(variables)}")

    def opened(self, text: str, seed: bytes) -> Rewrite:
        """The script, ready to run. Pixels are copied untouched unless it alters them. Raises BadScript."""
        from uploader import dicom
        from uploader.dicomedit import parse
        from uploader.dicomedit.state import Host

        script = parse(text, host=Host(seed=seed))
        edit = dicom.edit_pixels if script.alters_pixels else dicom.edit

        def rewrite(source: Path, target: Path, variables: Mapping[str, str]) -> None:
            edit(source, target, lambda dataset: script.apply(dataset, variables))

        return rewrite

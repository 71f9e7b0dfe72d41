"""A validator that does what it must not do, and what is to be heard of it: the same for every way of running one."""

from __future__ import annotations

import json
from pathlib import Path

from uploader.cases import case_of, headers_below
from uploader.config import SandboxSettings
from uploader.domain.finding import Finding
from uploader.phantom import write_session
from uploader.ports import Case
from uploader.sandbox import Plugin
from uploader.sandbox.process import digest_of

FOLDER = Path(__file__).parent / "plugins" / "hostile"
SITE = SandboxSettings()
HURRIED = SandboxSettings(seconds=1.5)
"""For what would never end."""
ENDLESS = ("fork-bomb", "hang", "hang-closed")

SAYS = {
    "errors": "it wrote more than 1000000 bytes to its error output",
    "output": "it answered with more than 8000000 bytes",
    "hang": "it took longer than 1.5 seconds",
    "hang-closed": "it took longer than 1.5 seconds",
    "traversal": "it named a file that it was not told of",
    "absolute": "it named a file that it was not told of",
    "foreign-code": "it answered with a code that its manifest does not have",
    "text": "its answer is not JSON",
    "nothing": "it answered nothing",
    "half": "its answer is not JSON",
    "more-words": "its answer does not fit the schema",
    "no-number": "its answer is not JSON",
    "deep": "its answer is not JSON",
    "crash": "it ended with the code 3",
    "answered-and-crashed": "it ended with the code 3",
}
"""What it does -> how that is told, wherever it runs."""


def allow(home: Path) -> None:
    """Let the gateway at `home` use it, as a process, with nothing around it: so it runs wherever the tests do."""
    settings = f"""
[[plugins]]
manifest = "{FOLDER / "validator.json"}"
digest = "{digest_of(FOLDER)}"

[sandbox]
seconds = 120
bare = true
"""
    (home / "uploader.toml").write_text((home / "uploader.toml").read_text() + settings)


def demo_asks(home: Path, params: object, validator: str = "hostile") -> None:
    """The demo session's protocols also ask for it, or for another validator."""
    for path in (home / "trial_protocols" / "DEMO-RT").glob("v*.json"):
        content = json.loads(path.read_text())
        content["checks"] = [*content.get("checks", []), {"validator": validator, "params": params}]
        path.write_text(json.dumps(content))


def session(folder: Path) -> Case:
    """A small session whose files are in `folder`."""
    write_session(folder, slices=3, size=16)
    return case_of(folder, headers_below(folder, [path.name for path in folder.iterdir()]))


def said(plugin: Plugin, case: Case, does: str, **params: str) -> list[Finding]:
    """What is found when it does that; rulings left out."""
    return [each for each in plugin(case, {"does": does, **params}) if isinstance(each, Finding)]


def running(words: bytes) -> bool:
    """Whether a process of this machine, whosever it is, was begun with these words."""
    lines = (_command_line(path) for path in Path("/proc").glob("[0-9]*/cmdline"))
    return any(words in line.replace(b"\0", b" ") for line in lines)


def _command_line(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


def broken(plugin: Plugin, case: Case, does: str) -> str:
    """How it broke, as people read it."""
    [finding] = said(plugin, case, does)
    assert (finding.code, finding.where, finding.severity.name) == ("validator.broken", "hostile", "REFUSAL")
    return finding.says

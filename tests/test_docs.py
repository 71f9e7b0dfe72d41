"""What the docs promise is what there is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from uploader.central.settings import CentralSettings
from uploader.central.word import Reason
from uploader.cli import group
from uploader.domain.errors import UploaderError, family
from uploader.validators import installed_names

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def commands(parent: click.Group, prefix: str = "uploader") -> list[str]:
    context, found = click.Context(parent), []
    for name in parent.list_commands(context):
        command = parent.get_command(context, name)
        found += commands(command, f"{prefix} {name}") if isinstance(command, click.Group) else [f"{prefix} {name}"]
    return found


@pytest.mark.parametrize("kind", list(family(UploaderError)), ids=lambda kind: kind.code)
def test_every_error_code_is_documented(kind):
    assert f"`{kind.code}`" in (DOCS / "errors.md").read_text()


@pytest.mark.parametrize("command", commands(group))
def test_every_command_is_documented(command):
    assert f"`{command}" in (DOCS / "commands.md").read_text()


def finding_codes() -> set[str]:
    """Every dotted code that the sources name."""
    text = "".join(p.read_text() for p in (ROOT / "uploader").rglob("*.py"))
    kinds = "|".join({*installed_names(), "protocol", "quarantine", "validator", "verify"})
    return {code for code in re.findall(rf'"((?:{kinds})\.[a-z0-9-]+)"', text) if not code.endswith((".html", ".json"))}


def test_there_are_findings_to_document():
    assert len(finding_codes()) > 20


@pytest.mark.parametrize("code", sorted(finding_codes()))
def test_every_finding_code_is_documented(code):
    assert f"`{code}`" in (DOCS / "findings.md").read_text()


def test_every_dependency_has_its_reason():
    project = (ROOT / "pyproject.toml").read_text()
    block = project.split("dependencies = [", 1)[1].split("]", 1)[0]
    names = re.findall(r'"([a-z0-9-]+)>=', block)
    reasons = (DOCS / "dependencies.md").read_text()
    assert names
    assert [n for n in names if f"`{n}`" not in reasons] == []


@pytest.mark.parametrize("page", [*sorted(DOCS.glob("*.md")), ROOT / "README.md"], ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page):
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [t for t in targets if not (page.parent / t).exists()] == []


@pytest.mark.parametrize("reason", list(Reason))
def test_central_teams_are_told_what_to_do_about_every_reason(reason):
    assert f"| `{reason}` |" in (DOCS / "central.md").read_text()


@pytest.mark.parametrize("setting", [each.name for each in fields(CentralSettings)])
def test_every_setting_of_the_centre_is_documented(setting):
    assert f"| `{setting}` |" in (DOCS / "central.md").read_text()

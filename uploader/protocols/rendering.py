"""The page of a protocol as plain text, Markdown or HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from textwrap import fill

from uploader.protocols.page import Fact, Line, Page

WIDTH = 100


def text(page: Page) -> str:
    """For a terminal."""
    return "\n".join(_text(page)) + "\n"


def markdown(page: Page) -> str:
    return "\n".join(_markdown(page)) + "\n"


def html(page: Page) -> str:
    """One file that needs no other; everything of the protocol is escaped."""
    return "\n".join(_html(page)) + "\n"


def _text(page: Page) -> Iterator[str]:
    yield page.title
    yield "=" * min(len(page.title), WIDTH)
    yield from _facts(page.facts)
    for section in page.sections:
        yield ""
        yield section.title
        yield "-" * len(section.title)
        yield from _facts(section.facts)
        for rule in section.rules:
            yield fill(f"- {rule.says}", WIDTH, subsequent_indent="  ")
            yield f"  [{rule.severity.name.lower()}; line {rule.row}, {rule.name}]"


def _facts(facts: Iterable[Fact]) -> Iterator[str]:
    return (fill(f"{name}: {says}", WIDTH, subsequent_indent="    ", break_long_words=False) for name, says in facts)


def _markdown(page: Page) -> Iterator[str]:
    yield f"# {_plain(page.title)}\n"
    yield from (f"- **{_plain(name)}**: {_plain(says)}" for name, says in page.facts)
    for section in page.sections:
        yield f"\n## {_plain(section.title)}\n"
        yield from (f"- **{_plain(name)}**: {_plain(says)}" for name, says in section.facts)
        if section.rules:
            yield "\n| rule | severity | name | line |\n| --- | --- | --- | --- |"
        yield from (f"| {' | '.join(map(_plain, _cells(rule)))} |" for rule in section.rules)


def _cells(rule: Line) -> tuple[str, ...]:
    return rule.says, rule.severity.name.lower(), rule.name, str(rule.row)


def _plain(words: str) -> str:
    """Signs that mean something in Markdown, as themselves."""
    return "".join(f"\\{sign}" if sign in r"\`*_[]<>|#" else sign for sign in words)


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;"
    "border-bottom:1px solid #ccc}dt{font-weight:600}dd{margin:0 0 .4rem 1rem}"
    ".refusal{color:#9b1c1c}.question{color:#7a4b00}.note{color:#444}"
)


def _html(page: Page) -> Iterator[str]:
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(page.title)}</title>'
    yield f"<style>{_STYLE}</style></head><body><main><h1>{escape(page.title)}</h1>"
    yield from _definitions(page.facts)
    for section in page.sections:
        yield f"<h2>{escape(section.title)}</h2>"
        yield from _definitions(section.facts)
        if section.rules:
            yield "<table><thead><tr><th>Rule</th><th>Severity</th><th>Name</th><th>Line</th></tr></thead><tbody>"
            yield from map(_row, section.rules)
            yield "</tbody></table>"
    yield "</main></body></html>"


def _definitions(facts: Iterable[Fact]) -> Iterator[str]:
    inside = "".join(f"<dt>{escape(name)}</dt><dd>{escape(says)}</dd>" for name, says in facts)
    if inside:
        yield f"<dl>{inside}</dl>"


def _row(rule: Line) -> str:
    says, severity, name, row = map(escape, _cells(rule))
    return f'<tr><td>{says}</td><td class="{severity}">{severity}</td><td>{name}</td><td>{row}</td></tr>'

"""Why the protocol says no, in a line."""

from __future__ import annotations

from collections.abc import Iterator

from uploader import waiving
from uploader.domain.finding import Severity
from uploader.domain.submission import Submission
from uploader.review import Review


def refused_by(review: Review, about: Submission) -> str:
    """``refused by`` the rules, as waivers call them, each with who may let it pass."""
    verdict = review.records.verdict(about.id, "protocol")
    found = [each for each in verdict.findings if each.severity is Severity.REFUSAL] if verdict else []
    roles: dict[str, list[str]] = {}
    for each in waiving.waivable(review, about.id):
        roles.setdefault(each.rule.line, []).append(each.role)
    rules = {each.line: review.rule_name(about.id, each.line) or each.code for each in found}
    return f"refused by {', '.join(_told(rules, roles))}" if rules else about.says


def _told(rules: dict[str, str], roles: dict[str, list[str]]) -> Iterator[str]:
    for line, name in rules.items():
        who = dict.fromkeys(roles.get(line, ()))
        yield f"{name} (may be waived by {' or '.join(who)})" if who else name

"""Judge a session against its trial protocol."""

from __future__ import annotations

from collections.abc import Mapping

from uploader.domain.errors import UnknownValidator
from uploader.domain.finding import Finding, Severity, Verdict, judge
from uploader.domain.trial import Check, Protocol
from uploader.ports import Headers, Validator


def validate(headers: Headers, protocol: Protocol, validators: Mapping[str, Validator]) -> Verdict:
    """Run the protocol's checks in their order and judge what they found.

    A validator that breaks is a refusal and not a pass: an unfinished check proves nothing.
    Raises UnknownValidator, before anything is checked, when the protocol names one that is not in `validators`.
    """
    unknown = sorted({check.validator for check in protocol.checks} - validators.keys())
    if unknown:
        raise UnknownValidator(
            f"protocol {protocol.trial} {protocol.version} asks for {', '.join(unknown)}, "
            "which this site has not installed or not allowed"
        )
    findings = [finding for check in protocol.checks for finding in _found(headers, check, validators[check.validator])]
    return judge(f"{protocol.trial} {protocol.version}", protocol.digest, findings)


def _found(headers: Headers, check: Check, validator: Validator) -> list[Finding]:
    try:
        found = list(validator(headers, check.params))
    except Exception as error:  # a plugin is foreign code: its words may quote the patient, so only its kind is told
        return [_broken(check, f"it could not finish ({type(error).__name__})")]
    if not all(isinstance(finding, Finding) for finding in found):
        return [_broken(check, "it answered with something that is not a finding")]
    return found


def _broken(check: Check, how: str) -> Finding:
    return Finding(
        "validator.broken",
        Severity.REFUSAL,
        check.validator,
        f"the validator {check.validator} broke: {how}",
        "tell those who run the uploader; the session is not at fault",
    )

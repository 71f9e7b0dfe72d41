"""What can go wrong, named by the fact and grouped by the remedy.

* UploaderError
  + Transient            try again later, nobody needs to look
    - ArchiveUnavailable    an archive did not answer, or was busy
    - DiskFull              no room left where something had to be kept
    - SourceBusy            files are still arriving
    - ValidatorAway         what runs a validator of the site's own is not there just now
  + Held                 stop this submission until a person has looked
    - DigestMismatch        a place does not hold the bytes it was given
    - LabelTaken            the place holds other data under this label
    - ArchiveRefused        an archive said no, and would say no again
    - NotRenamed            names that structures cannot get, or more than names would change
    - NotSigned             release without a sign-off of exactly these bytes
    - PartlySent            the same, and the centre has files of the session already
    - BadSeal               a site's signed document is not what the site signed
    - ResidueFound          the verifier found something of the patient
    - JudgedOtherwise       anonymising changed what a rule of the protocol says of the session
    - ScriptRejected        the DicomEdit script refused the instance
    - CannotBeSafe          the policy has no rule that makes objects of this kind safe
    - ScriptFailed          the DicomEdit script could not be carried out on an instance
    - SubjectTaken          the subject ID belongs to another patient
    - UnreadableFile        a file of the session cannot be read as DICOM
    - ReaderLost            the process that reads text in images was lost over one of them
    - NotTaken              a file that arrived cannot be taken, and goes to quarantine
    - Defect                this program, or a plugin, is wrong
  + Misconfigured        refuse to start, or to accept work, until put right
    - BadSettings           the settings file
    - BadPolicy             a privacy policy
    - BadProtocol           a trial protocol
    - BadScript             a DicomEdit script
    - BadBackup             a copy of a home, or the place for one
    - BadPlugin             a validator of the site's own: its programs, its image, what shuts it in
    - LoginRefused          an archive does not accept our account
    - UnknownTrial          no protocol of that name is installed
    - UnknownValidator      a protocol asks for a validator that is not allowed here
  + Refused              a person asked for something that may not be done
    - WrongPassword
    - WrongState            the submission is not where this action applies
    - NotFound

A foreign error becomes a Defect at the border of a stage, because its message may
quote the patient. What it said goes to the diagnostics folder beside the identifiable
archive, under the Defect's reference, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class UploaderError(Exception):
    """Base of every error this program raises on purpose. Messages never quote a patient."""

    code: ClassVar[str] = "uploader"

    @staticmethod
    def revive(code: str, message: str) -> UploaderError:
        """The error that was kept as `code` and `message`, with its family intact."""
        kind = next((k for k in family(UploaderError) if k.code == code), UploaderError)
        error = kind.__new__(kind)
        Exception.__init__(error, message)
        return error


def family(kind: type[UploaderError]) -> Iterator[type[UploaderError]]:
    """`kind` and all its descendants."""
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


class Transient(UploaderError):
    """The world was not ready. The same call may succeed later."""

    code = "transient"


class ArchiveUnavailable(Transient):
    """An archive did not answer, or answered that it is busy."""

    code = "archive-unavailable"


class DiskFull(Transient):
    """No room left where something had to be kept. Nothing was acknowledged."""

    code = "disk-full"


class SourceBusy(Transient):
    """Files of this session are still arriving or changing."""

    code = "source-busy"


class ValidatorAway(Transient):
    """What runs a validator of the site's own is not there just now, or was stopped while it ran. Nothing is judged."""

    code = "validator-away"


class Held(UploaderError):
    """The submission may not go on until a person has decided."""

    code = "held"


class DigestMismatch(Held):
    """A place does not hold the bytes it was given, or no longer gives the bytes it held."""

    code = "digest-mismatch"

    def __init__(self, where: str, names: tuple[str, ...]) -> None:
        super().__init__(f"{where}: {len(names)} file(s) differ from the manifest, first {names[0]}")


class LabelTaken(Held):
    """The place holds other data under this label; nothing was overwritten."""

    code = "label-taken"


class ArchiveRefused(Held):
    """An archive refused a request, and would refuse it again."""

    code = "archive-refused"


class NotSigned(Held):
    """Release was asked for without a sign-off of exactly these bytes."""

    code = "not-signed"


class PartlySent(Held):
    """What was signed is another now, and the centre has files of the session from an earlier try."""

    code = "partly-sent"


class NotRenamed(Held):
    """Structures cannot get the names that a person decided, or something else would change with them."""

    code = "not-renamed"


class BadSeal(Held):
    """A document that should bear a site's signature does not, or was changed, or is of a kind nobody knows."""

    code = "bad-seal"


class ResidueFound(Held):
    """The verifier found something of the patient, or files that are not what they should be."""

    code = "residue-found"


class JudgedOtherwise(Held):
    """A rule that anonymising must not touch says something else of the anonymised files: the fault is ours."""

    code = "judged-otherwise"


class ScriptRejected(Held):
    """The DicomEdit script refused an instance with reject[]."""

    code = "script-rejected"


class CannotBeSafe(Held):
    """Objects of this kind, such as a PDF, cannot be made safe under the policy, and are not passed on."""

    code = "cannot-be-safe"


class ScriptFailed(Held):
    """The DicomEdit script could not be carried out on an instance, which is half edited and must not be used."""

    code = "script-failed"


class SubjectTaken(Held):
    """The subject ID belongs to another patient, or this patient has another subject ID."""

    code = "subject-taken"


class UnreadableFile(Held):
    """A file of the session cannot be read as DICOM."""

    code = "unreadable-file"


class ReaderLost(UnreadableFile):
    """The process that reads text in images did not answer, twice over the same one: nobody has searched it."""

    code = "reader-lost"


class NotTaken(Held):
    """A file that arrived cannot be taken; `reason` is its code in docs/findings.md, ``quarantine.…``."""

    code = "not-taken"

    def __init__(self, reason: str, says: str) -> None:
        super().__init__(says)
        self.reason = reason


class Defect(Held):
    """Foreign code raised something this program has no name for."""

    code = "defect"

    def __init__(self, kind: str, stage: str, reference: str) -> None:
        super().__init__(f"{kind} in {stage}, see diagnostics {reference}")


class Misconfigured(UploaderError):
    """The installation is wrong; no submission can be right until it is mended."""

    code = "misconfigured"


class BadSettings(Misconfigured):
    """The settings file has an unknown, missing or impossible setting."""

    code = "bad-settings"


class BadPolicy(Misconfigured):
    """A privacy policy does not fit the schema, or asks for what no policy may."""

    code = "bad-policy"


class BadProtocol(Misconfigured):
    """A trial protocol does not fit the schema."""

    code = "bad-protocol"


class BadScript(Misconfigured):
    """A DicomEdit script cannot be parsed, or uses what this interpreter does not know."""

    code = "bad-script"


class BadBackup(Misconfigured):
    """A copy of a home is not whole, or may not lie where it was asked for."""

    code = "bad-backup"


class BadPlugin(Misconfigured):
    """A validator of the site's own is not what the settings name, or cannot be run, or not be shut in, here."""

    code = "bad-plugin"


class LoginRefused(Misconfigured):
    """An archive does not accept our account."""

    code = "login-refused"


class UnknownTrial(Misconfigured):
    """No protocol of that name is installed."""

    code = "unknown-trial"


class UnknownValidator(Misconfigured):
    """A protocol asks for a validator that is not installed or not allowed here."""

    code = "unknown-validator"


class Refused(UploaderError):
    """A person asked for something that may not be done. Nothing was changed."""

    code = "not-allowed"


class WrongPassword(Refused):
    """The name and the password do not belong together."""

    code = "wrong-password"
    MISMATCH = "the name and the password do not belong together"


class WrongState(Refused):
    """The submission is not in a state in which this may be done."""

    code = "wrong-state"


class NotFound(Refused):
    """There is no such submission, file or protocol."""

    code = "not-found"

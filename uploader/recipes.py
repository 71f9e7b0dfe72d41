"""How one patient's files are anonymised for one trial: scripts, passes and keys come together here.

Apart from the gateway, so that the engine alone need not load archives, records and web.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uploader import __version__, passes
from uploader.config import Settings
from uploader.dicomedit import Script
from uploader.dicomedit import parse as parse_script
from uploader.dicomedit.reach import Reach
from uploader.domain.errors import UnreadableFile
from uploader.domain.identity import PrivateIdentity, keyed
from uploader.domain.policy import Option, Permit
from uploader.domain.trial import Protocol
from uploader.elements import Irregular
from uploader.instance import Instance, load
from uploader.pixels.device import DeviceRules
from uploader.pixels.rules import load as load_rules
from uploader.stages.anonymise import Box, Encoded, Recipe

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_LOOKED_AT = 20
"""Files of a scan."""


@dataclass(frozen=True, slots=True)
class Kitchen:
    """What every recipe of a home is made from.

    scripts: folder of DicomEdit scripts
    policies: folder of privacy policies
    blanking: folder of rules for what devices draw into images
    site: what the trials call this hospital
    trial_key: the home's secret, from which each trial's own is derived
    """

    scripts: Path
    policies: Path
    blanking: Path
    site: str
    trial_key: bytes

    @classmethod
    def of(cls, settings: Settings, trial_key: bytes) -> Kitchen:
        return cls(settings.scripts, settings.policies, settings.blanking, settings.site, trial_key)

    def key_of(self, trial: str) -> bytes:
        """The trial's own key: nothing that it makes says anything about another trial."""
        return keyed(self.trial_key, "trial", trial.encode())


@dataclass(frozen=True, slots=True)
class Scripted:
    """A DicomEdit script with its variables bound: what a stage applies to one dataset."""

    script: Script
    variables: Mapping[str, str]

    @property
    def reach(self) -> Reach | None:
        return self.script.reach

    @property
    def repeatable(self) -> bool:
        return self.script.repeatable

    @property
    def alters_pixels(self) -> bool:
        return self.script.alters_pixels

    def edit(self, elements: Mapping[int, Encoded]) -> Mapping[int, Encoded] | None:
        return self.script.edit(elements, self.variables)

    @property
    def blanked(self) -> tuple[Box, ...]:
        return self.script.blanked

    def beyond(self, tag: int, *, top: bool) -> bool | str:
        return self.script.sweep.verdict(tag, top=top)

    def __call__(self, dataset: Dataset) -> Dataset:
        return self.script.apply(dataset, self.variables)


def recipe_of(
    kitchen: Kitchen,
    protocol: Protocol,
    identity: PrivateIdentity,
    subject: str,
    label: str,
    originals: Iterable[Path],
    policy: str | None = None,
) -> tuple[Recipe, Mapping[str, Any]]:
    """How one patient's files are anonymised for one trial: a function of bytes, scripts and the trial's key.

    originals: files of the session, as `some_of` chooses; what they say of people is looked for in texts that are kept
    policy: name of the privacy policy, unless it is the protocol's

    The facts beside it name the policy, the scripts, and what they include, as they were read for it, and versions:
    enough to make it again. Raises BadScript, BadPolicy.
    """
    key = kitchen.key_of(protocol.trial)
    variables = {"project": protocol.trial, "subject": subject, "session": label}
    parsed = [_parsed(kitchen.scripts, name) for name in protocol.scripts]
    scripts = tuple(Scripted(script, variables) for script, _ in parsed)
    texts = {name: text for _, read in parsed for name, text in read.items()}
    days = passes.offset_days(key, identity.reveal().key, protocol.max_shift_days)
    chosen, _ = _policy(kitchen, protocol, policy)
    ages = passes.Ages()
    said = passes.gathered(ages.noting(looked_at(originals)))
    cleaner = passes.Cleaner(said, _days_in_texts(chosen, days), passes.uid_in_texts(chosen, key))
    steps = passes.standard(
        chosen,
        protocol,
        key=key,
        days=days,
        subject=subject,
        label=label,
        site=kitchen.site,
        cleaner=cleaner,
        ages=ages.corrected(),
    )
    facts = {
        "uploader": __version__,
        "python": sys.version.split()[0],
        "pydicom": _version_of("pydicom"),
        "policy": {chosen.name: chosen.digest},
        "scripts": {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()},
    }
    return Recipe(scripts, steps, DeviceRules(load_rules(kitchen.blanking))), facts


@cache
def _version_of(package: str) -> str:
    from importlib.metadata import version  # here, so that workers, which only unpickle recipes, do without

    return version(package)


class Allowed(Mapping[str, frozenset[int]]):
    """SOP class UID -> the public tags that an object of it may have when a policy was carried out. Has an answer for
    every class, worked out when it is asked for."""

    def __init__(self, policy: passes.Policy) -> None:
        self._policy = policy
        self._known: dict[str, frozenset[int]] = {}

    def __getitem__(self, sop_class: str) -> frozenset[int]:
        if sop_class not in self._known:
            self._known[sop_class] = self._policy.allowed(sop_class)
        return self._known[sop_class]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def permit_of(kitchen: Kitchen, protocol: Protocol, policy: str | None = None) -> Permit:
    """Raises BadScript, BadPolicy."""
    chosen, allowed = _policy(kitchen, protocol, policy)
    scripts = [_parsed(kitchen.scripts, name)[0] for name in protocol.scripts]
    differing = frozenset(tag for script in scripts for tag in script.changed)
    return Permit(allowed, chosen.private_allowed(), differing, chosen.identities_kept())


def _days_in_texts(policy: passes.Policy, days: int) -> int | None:
    """By how much dates inside texts move: as those of their own elements do. None removes them."""
    if Option.RETAIN_MODIFIED_DATES in policy.options:
        return days
    return 0 if Option.RETAIN_FULL_DATES in policy.options else None


def _policy(kitchen: Kitchen, protocol: Protocol, policy: str | None) -> tuple[passes.Policy, Allowed]:
    """The policy as its file is now, and what it allows. Raises BadPolicy."""
    path = kitchen.policies / f"{policy or protocol.policy}.json"
    text = path.read_bytes() if path.is_file() else b""
    known = _policies.get(path)
    if known is None or known[0] != text:
        read = passes.Policy.read(path)
        known = _policies[path] = text, read, Allowed(read)
    return known[1:]


_policies: dict[Path, tuple[bytes, passes.Policy, Allowed]] = {}
"""What was read before, with what it has answered."""


_Parsed = tuple[Script, Mapping[str, bytes]]
"""A script, and the texts of its file and of those that it includes."""
_known: dict[tuple[Path, str], _Parsed] = {}
"""What was parsed before: a folder of many sessions has one set of scripts."""


def alters(folder: Path, name: str, tag: int) -> bool:
    """Whether a DicomEdit script removes or sets this element in every object, whatever it holds. Raises BadScript."""
    return _parsed(folder, name)[0].sweep.verdict(tag, top=True) is not False


def _parsed(folder: Path, name: str) -> _Parsed:
    """The script as its files are now. Raises BadScript."""
    known = _known.get((folder, name))
    if known and all(_unchanged(folder / each, text) for each, text in known[1].items()):
        return known
    texts: dict[str, bytes] = {}

    def read(each: str) -> str:
        texts[each] = (folder / each).read_bytes()
        return texts[each].decode()

    _known[folder, name] = parse_script(read(name), name, read=read), texts
    return _known[folder, name]


def _unchanged(path: Path, text: bytes) -> bool:
    try:
        return path.read_bytes() == text
    except OSError:
        return False


def some_of(names: Sequence[str]) -> list[str]:
    """Of each scan some files, the first, the last and between: a series names the same people in all its files, and
    the verifier reads every one.

    names: our names of files, those of a scan in one folder
    """
    scans: dict[str, list[str]] = {}
    for name in names:
        scans.setdefault(name.rpartition("/")[0], []).append(name)
    return [name for files in scans.values() for name in files[:: max(1, len(files) // _LOOKED_AT)]]


def looked_at(originals: Iterable[Path]) -> Iterator[Instance]:
    """Those of the files that can be read."""
    for path in originals:
        with suppress(OSError, Irregular, UnreadableFile), path.open("rb", buffering=0) as stream:
            yield load(stream)

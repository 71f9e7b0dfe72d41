"""A validator that runs shut in, as one that the line can ask like any other."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Protocol as Port

from uploader.config import PluginSettings, SandboxSettings
from uploader.diagnostics import keep_said, refuse_without_room
from uploader.domain.errors import BadPlugin, BadProtocol, BadSettings, ValidatorAway
from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.domain.trial import Protocol
from uploader.ports import Case, Headers
from uploader.sandbox.answer import read_answer
from uploader.sandbox.broke import Away, Broke, Output, Unfit
from uploader.sandbox.door import Door
from uploader.sandbox.limits import Limits
from uploader.sandbox.manifest import Manifest, read_manifest
from uploader.sandbox.process import Processes
from uploader.sandbox.request import request, told
from uploader.schema import fault


class Runner(Port):
    """How a validator is run: see `Containers`."""

    def ready(self, manifest: Manifest) -> bool: ...

    def reach(self, folder: Path) -> str: ...

    def __call__(self, manifest: Manifest, request: bytes, folder: Path | None, entries: Collection[str]) -> Output: ...


@dataclass(frozen=True, slots=True)
class Plugin:
    """Satisfies `Validator`. diagnostics: folder for what it says on its error output

    Called, it raises ValidatorAway, BadPlugin, DiskFull when it could not be asked; it never passes a session unseen.
    """

    manifest: Manifest
    runner: Runner
    diagnostics: Path

    def __call__(self, case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
        line = _line_of(self.manifest.name, case.asked, params)
        objects = told(self.manifest, case.headers)
        if not objects:
            if line:
                yield Ruling(line, Outcome.NOT_APPLICABLE, "the session has no object of the kinds it looks at")
            return
        try:
            yield from self._judged(case, objects, params, line)
        except Broke as broke:
            yield self._broken(broke)
        except Away as away:
            raise self._not_asked(away) from None
        except OSError as error:
            refuse_without_room(error)
            raise

    def ready(self) -> bool:
        """Whether it is shut in. Raises BadPlugin, ValidatorAway where it could not be run now."""
        try:
            return self.runner.ready(self.manifest)
        except Away as away:
            raise self._not_asked(away) from None

    def _judged(self, case: Case, objects: Headers, params: Mapping[str, Any], line: str) -> Sequence[Finding | Ruling]:
        if fault(params, self.manifest.parameters) is not None:
            raise Broke("the protocol's params do not fit its manifest")
        folder = _files(case, objects) if self.manifest.pixels else None
        asked = request(self.manifest, case, objects, params, self.runner.reach(folder) if folder else None)
        output = self.runner(self.manifest, asked, folder, objects.keys())
        try:
            said = read_answer(output.answer, self.manifest, objects.keys(), line, params)
        except Broke as broke:
            raise Broke(str(broke), output.answer, output.errors) from None
        if output.errors:
            keep_said(self.diagnostics, output.errors)
        return said

    def _not_asked(self, away: Away) -> BadPlugin | ValidatorAway:
        name, kept = self.manifest.name, self._kept(away.errors)
        if isinstance(away, Unfit):
            return BadPlugin(f"the validator {name} cannot be run: {away}{kept}; put it right, then try again")
        return ValidatorAway(f"the validator {name} could not be asked: {away}{kept}; it will be asked again by itself")

    def _kept(self, said: bytes) -> str:
        return f"; what was said is in diagnostics under {keep_said(self.diagnostics, said)}" if said else ""

    def _broken(self, broke: Broke) -> Finding:
        name = self.manifest.name
        kept = self._kept(broke.errors + (b"\n--- output\n" + broke.output if broke.output else b""))
        return Finding(
            "validator.broken",
            Severity.REFUSAL,
            name,
            f"the validator {name} broke: {broke}{kept}",
            "tell those who run the uploader; the session is not at fault",
        )


def plugins(
    given: Iterable[PluginSettings], site: SandboxSettings, diagnostics: Path, taken: Collection[str]
) -> Mapping[str, Plugin]:
    """Those that the settings name, by name. Nothing is run yet.

    taken: names of other validators
    Raises BadSettings.
    """
    found: dict[str, Plugin] = {}
    doors: set[Path] = set()
    for settings in given:
        manifest = read_manifest(settings.manifest)
        if manifest.name in {*taken, *found}:
            raise BadSettings(f"{settings.manifest}: there is another validator with the name {manifest.name}")
        if settings.image and settings.door:
            raise BadSettings(f"{settings.manifest}: runs by its image or behind a door; take one of the two away")
        if settings.door and settings.door.resolve() in doors:
            raise BadSettings(f"{settings.manifest}: behind its door waits another validator, which would answer")
        doors |= {settings.door.resolve()} if settings.door else set()
        found[manifest.name] = Plugin(manifest, _runner(manifest, settings, site), diagnostics)
    return found


def check_params(protocol: Protocol, known: Mapping[str, Any]) -> None:
    """Raises BadProtocol for params of a check that the validator's manifest does not take; a draft is not asked."""
    if protocol.status == "draft":
        return
    for place, says in unfit_params(protocol.content, known):
        raise BadProtocol(f"protocol {protocol.trial} {protocol.version}: at {place}: {says}")


def unfit_params(content: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Params of the checks of a protocol's document that the validator's manifest does not take: where, and why."""
    for n, check in enumerate(content.get("checks", ())):
        plugin = known.get(check["validator"])
        if isinstance(plugin, Plugin):
            try:
                bad = fault(check.get("params", {}), plugin.manifest.parameters)
            except RecursionError:
                yield f"/checks/{n}/params", "they, or the schema of the validator's manifest, go on without end"
                continue
            if bad is not None:
                yield f"/checks/{n}/params{''.join(f'/{step}' for step in bad.absolute_path)}", bad.message


def _runner(manifest: Manifest, settings: PluginSettings, site: SandboxSettings) -> Runner:
    most = Limits(site.memory_mb, site.seconds, site.processes, site.cpus, site.scratch_mb)
    limits = Limits.granted(manifest.wishes, most)
    if settings.image:
        from uploader.sandbox.container import Containers  # the SDK takes long to load

        return Containers(site.engine, settings.image, settings.digest, limits)
    beside = settings.manifest.parent.resolve()
    if settings.door:
        return Door(settings.door, beside, settings.digest, limits)
    return Processes(beside, settings.digest, limits, site.bare)


def _line_of(name: str, asked: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    for n, check in enumerate(asked.get("checks", ())):
        if check["validator"] == name and check.get("params", {}) == params:
            return f"/checks/{n}"
    return ""


def _files(case: Case, entries: Iterable[str]) -> Path:
    """The folder of the files, which the validator's account may read. Raises Broke.

    Whoever could pass the folders above it could read them too; those are the uploader's alone.
    """
    if case.folder is None:
        raise Broke("the files that it asks for are not at hand")
    folder = case.folder.resolve()
    for entry in entries:
        path = folder / entry
        _open_up(path, stat.S_IROTH)
        for above in path.parents[: len(Path(entry).parts)]:
            _open_up(above, stat.S_IROTH | stat.S_IXOTH)
    return folder


def _open_up(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)

"""A checked script, ready to be applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from uploader.dicomedit import parser
from uploader.dicomedit import statements as s
from uploader.dicomedit.check import calls, check, every, external
from uploader.dicomedit.compatible import check_text
from uploader.dicomedit.functions.text import lookup_table
from uploader.dicomedit.includes import Read, expanded
from uploader.dicomedit.interpreter import Action, compiled, run
from uploader.dicomedit.paths import Step
from uploader.dicomedit.plain import Encoded, NotPlain, Plain
from uploader.dicomedit.reach import Reach, reach, repeatable, swept
from uploader.dicomedit.source import Flaw, Source
from uploader.dicomedit.state import Host, State
from uploader.dicomedit.sweep import Sweep
from uploader.domain.errors import BadScript

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Script:
    """A DicomEdit script that has been parsed and checked.

    variables: names that must be supplied from outside, in the order of the text
    reach: the elements it needs to see, None for all; what it does to the others `sweep` tells
    repeatable: the same elements become the same every time
    alters_pixels: it can change pixels, and must be given the dataset with them
    """

    source: Source
    statements: tuple[s.Statement, ...]
    variables: tuple[str, ...]
    reach: Reach | None
    repeatable: bool
    alters_pixels: bool
    sweep: Sweep = field(repr=False)
    _actions: tuple[Action, ...] = field(repr=False)
    _host: Host = field(repr=False, default_factory=Host)

    def __reduce__(self) -> tuple[Any, ...]:
        """A script travels to other processes as its text, and is parsed there anew."""
        return _checked, (self.source, self._host)

    @property
    def name(self) -> str:
        return self.source.name

    def apply(self, dataset: Dataset, variables: Mapping[str, str] | None = None) -> Dataset:
        """Edit the dataset in place and return it. Names of variables are looked up without regard to case.

        Raises BadScript when a variable is not supplied, ScriptFailed when the script cannot be carried out on this
        dataset, ScriptRejected when it refuses it. After any of these the dataset is half edited and must not be used.
        """
        given = {name.lower(): value for name, value in (variables or {}).items()}
        missing = [name for name in self.variables if name.lower() not in given]
        if missing:
            raise BadScript(f"{self.name} needs the variable(s) {', '.join(missing)}, which were not supplied")
        state = State(dataset, {name: given[name.lower()] for name in self.variables}, self._host)
        self._host.blanked.clear()
        run(self._actions, state)
        return dataset

    def edit(
        self, elements: Mapping[int, Encoded], variables: Mapping[str, str] | None = None
    ) -> Mapping[int, Encoded] | None:
        """As `apply`, on elements at the top of a dataset as they are encoded, by tag: what the script makes of them.

        None when it asks for more than plain texts; then let it `apply` to a dataset. pydicom is not loaded for this.
        """
        plain = Plain(elements)
        try:
            self.apply(cast("Dataset", plain), variables)
        except NotPlain:
            return None
        return plain.elements

    @property
    def blanked(self) -> tuple[tuple[int, int, int, int], ...]:
        """(left, top, width, height) of what the last run has made black in the image."""
        return tuple(self._host.blanked)

    @property
    def changed(self) -> frozenset[int]:
        """The tags that assignments and deletions name, where they name exactly one."""
        changes = (s.Assign, s.AssignPresent, s.Delete)
        steps = [each.path.last for each in every(self.statements) if isinstance(each, changes)]
        return frozenset(step.bits for step in steps if isinstance(step, Step) and step.exact and not step.creator)

    def describe(self) -> list[str]:
        """What the script does, in plain words, one line a statement."""
        from uploader.dicomedit.describe import described  # here, because only people ask

        return list(described(self.statements, self.source))


def parse(
    text: str, name: str = "script", host: Host | None = None, *, compatible: bool = False, read: Read | None = None
) -> Script:
    """The script written as `text`; `name` is for messages. Raises BadScript with line, column and a caret.

    compatible: read and run it as the reference does, its defects included and without includes; for comparisons,
        never for patients
    read: where included scripts come from, by name; None refuses them
    """
    host = host or Host()
    if compatible:
        host = replace(host, compatible=True)
    return _checked(expanded(name, text, None if host.compatible else read), host)


def _checked(source: Source, host: Host) -> Script:
    try:
        if host.compatible:
            check_text(source)
        statements = parser.statements(source.prepared, host.compatible)
        check(statements, host.compatible)
    except Flaw as flaw:
        raise source.bad(flaw) from None
    actions = compiled(statements, source, sweeping=not host.compatible)
    within = None if host.compatible else reach(statements)
    sweep = Sweep(swept(statements))
    alters = any(call.name == "alterPixels" for call in calls(statements))
    return Script(
        source, statements, external(statements), within, repeatable(statements), alters, sweep, actions, host
    )


def apply(
    script_text: str,
    dataset: Dataset,
    *,
    variables: Mapping[str, str] | None = None,
    lookup: str = "",
    ignore_rejection: bool = False,
    compatible: bool = False,
) -> Dataset:
    """Parse and apply in one go; see `parse`.

    lookup: the text of the table for lookup[], one `type/key = value` a line
    """
    host = Host(lookup_table(lookup), ignore_rejection, compatible)
    return parse(script_text, host=host).apply(dataset, variables)

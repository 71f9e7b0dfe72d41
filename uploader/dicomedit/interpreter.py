"""Statements made into actions, and actions carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from uploader.dicomedit import access
from uploader.dicomedit import statements as s
from uploader.dicomedit.check import RELEASED
from uploader.dicomedit.compatible import VOID
from uploader.dicomedit.functions import FUNCTIONS
from uploader.dicomedit.functions.text import pattern_of
from uploader.dicomedit.paths import Path
from uploader.dicomedit.source import Source
from uploader.dicomedit.state import State, Value
from uploader.dicomedit.sweep import Rule, Sweep, rule
from uploader.dicomedit.values import Unfit
from uploader.domain.errors import ScriptFailed

Act = Callable[[State], object]


@dataclass(frozen=True, slots=True)
class Action:
    """One step of a run; `where` is where its statement, or the first of several, stands."""

    where: str
    act: Act


def compiled(statements: Sequence[s.Statement], source: Source, sweeping: bool = True) -> tuple[Action, ...]:
    """The actions of a block; `sweeping`: neighbouring deletions and constant `?=` are put together into sweeps."""
    ruled = [(statement, rule(statement) if sweeping else None) for statement in statements]
    actions: list[Action] = []
    for in_one, group in groupby(ruled, key=lambda pair: pair[1] is not None):
        pairs = list(group)
        if in_one:
            actions.append(Action(source.where(pairs[0][0].at), _sweep([r for _, r in pairs if r is not None])))
        else:
            actions.extend(
                Action(source.where(statement.at), _act(statement, source, sweeping)) for statement, _ in pairs
            )
    return tuple(actions)


def run(actions: tuple[Action, ...], state: State) -> None:
    """Carry the actions out. Raises ScriptFailed, ScriptRejected."""
    for action in actions:
        try:
            action.act(state)
        except Unfit as error:
            raise ScriptFailed(f"{action.where}: {error}") from None


def _sweep(rules: list[Rule]) -> Act:
    sweep = Sweep(rules)
    return lambda state: sweep(state.dataset)


def _act(statement: s.Statement, source: Source, sweeping: bool) -> Act:
    match statement:
        case s.Assign(path=path, value=value):
            return lambda state: _assign(state, path, value)
        case s.AssignPresent(path=path, value=value):
            return lambda state: _assign_present(state, path, value)
        case s.Delete(path=path):
            return lambda state: access.remove(state.dataset, path, state.host.compatible)
        case s.SetVariable(name=name, value=value):
            return lambda state: state.variables.update({name: evaluate(value, state)})
        case s.RemovePrivate():
            return _sweep([Rule(None, True, True)])
        case s.Invoke(call=call):
            return lambda state: _call(call, state)
        case s.Choice():
            return _choice(statement, source, sweeping)
        case s.Echo(value=value):
            # Nothing is printed, because it may be a patient; the value is read all the same, and may fail.
            return lambda state: evaluate(value, state)
        case s.Version(text=text):
            return lambda state: _check_version(text) if state.host.compatible else None
    return lambda state: None


def _assign(state: State, path: Path, value: s.Expression) -> None:
    text = state.text(evaluate(value, state))
    if text is not None:
        access.assign(state.dataset, path, text, state.host.compatible)


def _assign_present(state: State, path: Path, value: s.Expression) -> None:
    text = state.text(evaluate(value, state)) or ""
    access.assign_present(state.dataset, path, text, state.host.compatible)


def _check_version(text: str) -> None:
    """Raises Unfit. Only a script that is read as the reference reads it can come so far with an unknown version."""
    if text not in RELEASED:
        raise Unfit(f"this version of the language is not known; known are {', '.join(RELEASED)}")


def _choice(choice: s.Choice, source: Source, sweeping: bool) -> Act:
    branches = [(condition, compiled(block, source, sweeping)) for condition, block in choice.branches]
    otherwise = compiled(choice.otherwise, source, sweeping)

    def act(state: State) -> None:
        chosen = next((block for condition, block in branches if holds(condition, state)), otherwise)
        run(chosen, state)

    return act


def evaluate(expression: s.Expression, state: State) -> Value:
    """The value of an expression; a path is read. Raises Unfit."""
    if isinstance(expression, s.Call) and FUNCTIONS[expression.name].effect:
        if not state.host.compatible or expression.name not in VOID:
            raise Unfit(f"{expression.name} gives no value")
        _call(expression, state)
        return "VOID"
    value = _argument(expression, state)
    return state.text(value) if isinstance(expression, s.PathValue) else value


def _argument(expression: s.Expression, state: State) -> Value:
    """The value as a function gets it: a path stays a path."""
    match expression:
        case s.Literal(text=text):
            return text
        case s.PathValue(path=path):
            return path
        case s.Variable(name=name):
            if name not in state.variables:
                raise Unfit(f"the variable {name} has no value here")
            return state.variables[name]
        case s.Nothing():
            return None
        case s.Listing(entries=entries):
            return [_argument(entry, state) for entry in entries]
        case s.Call():
            return _call(expression, state)


def _call(call: s.Call, state: State) -> Value:
    function, given = FUNCTIONS[call.name], len(call.arguments)
    if given < function.least or (function.most is not None and given > function.most):
        raise Unfit(f"{call.name} is given {given} argument(s), and takes {function.least}")
    return function.run(state, tuple(_argument(a, state) for a in call.arguments))


def holds(condition: s.Condition, state: State) -> bool:
    """Whether a condition is met. A missing element equals nothing and fits no pattern. Raises Unfit."""
    if isinstance(condition, s.Call):
        return state.true(evaluate(condition, state))
    left = state.text(evaluate(condition.left, state))
    if condition.operator in {"~", "!~"}:
        pattern = pattern_of(state, evaluate(condition.right, state))
        return (left is not None and pattern.fits(left)) is (condition.operator == "~")
    right = state.text(evaluate(condition.right, state))
    return (left is not None and left == right) is (condition.operator == "=")

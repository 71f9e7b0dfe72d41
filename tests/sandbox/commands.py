"""What XNAT's Container Service asks of a command.json, from its own model of one (container-service, Command.java)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

NAME = re.compile(r"[A-Za-z0-9_-]+")
FIELDS = {
    "name", "label", "description", "version", "schema-version", "info-url", "image", "container-name", "type", "index",
    "hash", "working-directory", "command-line", "override-entrypoint", "mounts", "environment-variables", "ports",
    "inputs", "outputs", "xnat", "reserve-memory", "limit-memory", "limit-cpu", "runtime", "ipc-mode", "auto-remove",
    "shm-size", "network", "container-labels", "gpus", "generic-resources", "ulimits",
}  # fmt: skip
INPUT = {
    "name", "label", "description", "type", "required", "matcher", "default-value", "replacement-key",
    "command-line-flag", "command-line-separator", "true-value", "false-value", "sensitive", "select-values",
    "multiple-delimiter",
}  # fmt: skip
INPUT_TYPES = {"string", "boolean", "number", "select-one", "select-many", "file"}
WRAPPED = {
    "name", "label", "description", "type", "matcher", "default-value", "required", "user-settable", "sensitive",
    "replacement-key", "provides-value-for-command-input", "provides-files-for-command-mount", "via-setup-command",
    "load-children", "derived-from-wrapper-input", "derived-from-xnat-object-property", "multiple",
}  # fmt: skip
WRAPPED_TYPES = {
    "string", "boolean", "number", "file", "Directory", "File[]", "File", "Project", "ProjectAsset", "Subject",
    "SubjectAssessor", "Session", "Scan", "Assessor", "Resource", "Config",
}  # fmt: skip
HANDLER = {
    "name", "type", "accepts-command-output", "via-wrapup-command", "as-a-child-of", "label", "format", "content",
}  # fmt: skip
LONGEST = 2048
"""Characters of a command line that it keeps."""


def wrong(command: Mapping[str, Any]) -> Iterator[str]:
    """All for which it would refuse the command, or do something else than is meant."""
    yield from (f"unknown: {name}" for name in command.keys() - FIELDS)
    if not command["name"] or command["type"] != "docker" or command["schema-version"] != "1.0":
        yield "not a command of a docker image"
    if not re.fullmatch(r".+:[a-zA-Z0-9_.-]+", command["image"]):
        yield "the image has no tag"
    mounts = {mount["name"] for mount in command["mounts"] if mount["path"].startswith("/")}
    if len(mounts) != len(command["mounts"]):
        yield "a mount without a path, or two of a name"
    yield from _command_line(command)
    yield from (each for given in command["inputs"] for each in _input(given))
    yield from (f"output {o['name']}: no such mount" for o in command["outputs"] if o["mount"] not in mounts)
    for wrapper in command["xnat"]:
        yield from _wrapper(wrapper, mounts, {output["name"] for output in command["outputs"]})


def _command_line(command: Mapping[str, Any]) -> Iterator[str]:
    if len(command["command-line"]) > LONGEST:
        yield "the command line is too long"
    asked = set(re.findall(r"#([A-Za-z0-9_-]+)#", command["command-line"]))
    if asked != {given["name"] for given in command["inputs"]}:
        yield "inputs and command line differ"


def _input(given: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"unknown: {name}" for name in given.keys() - INPUT)
    if not NAME.fullmatch(given["name"]) or given["type"] not in INPUT_TYPES:
        yield f"input {given['name']}: wrong name or type"
    values = given.get("select-values", [])
    if given["type"].startswith("select") != bool(values):
        yield f"input {given['name']}: select-values belong to a select, and only there"
    if values and given.get("default-value", values[0]) not in values:
        yield f"input {given['name']}: the default cannot be selected"


def _wrapper(wrapper: Mapping[str, Any], mounts: set[str], outputs: set[str]) -> Iterator[str]:
    inputs = [*wrapper["external-inputs"], *wrapper["derived-inputs"]]
    for given in inputs:
        yield from (f"unknown: {name}" for name in given.keys() - WRAPPED)
        if given["type"] not in WRAPPED_TYPES or given["provides-files-for-command-mount"] not in mounts:
            yield f"input {given['name']}: wrong type or mount"
    handlers = wrapper["output-handlers"]
    yield from (f"unknown: {name}" for handler in handlers for name in handler.keys() - HANDLER)
    if {handler["accepts-command-output"] for handler in handlers} != outputs:
        yield "an output that nobody handles, or a handler without one"
    if not {handler["as-a-child-of"] for handler in handlers} <= {given["name"] for given in inputs}:
        yield "a handler has no place"

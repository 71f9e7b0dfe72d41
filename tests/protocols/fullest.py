"""A protocol that says everything the schema knows, made of the schema: a field that is new there is in it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from uploader.protocols.attributes import TAKES
from uploader.protocols.consistency import BELONGS_TO
from uploader.protocols.mentions import FEWEST
from uploader.protocols.rules import resolved

Node = Mapping[str, Any]
Said = dict[str, Any]
KEYS = {"CT": "ct", "RTSTRUCT": "structures", "RTPLAN": "plan", "RTDOSE": "dose", "PT": "pet", "MR": "mr"}
"""Modality -> key of the input that is made for it."""
_OF_IMAGES = ("geometry", "pixel", "acquisition")
_TEXTS: Mapping[str, Any] = {
    "trial": "DEMO-RT",
    "version": "v2",
    "valid_from": "2020-01-01",
    "valid_to": "2099-12-31",
    "session_label": "{subject}_{timepoint}_{n}",
    "policy": "trial",
    "modality": "CT",
    "sop_class": "1.2.840.10008.5.1.4.1.1.2",
    "attr": "KVP",
    "when": "arm == 'A'",
    "metric": "D95%[Gy]",
    "pattern": "PTV.*",
    "validator": "site-own",
    "key": "ct",
    "images": "ct",
    "structure_set": "structures",
    "plan": "plan",
    "frame_of_reference_matches": "ct",
    "ref": "mr",
    "arm": "A",
    "code": "A",
}
"""Field -> what it says, of texts that must fit something."""
_LISTS: Mapping[str, Any] = {
    "supersedes": ["v1"],
    "scripts": ["trial/trial.das"],
    "sop_classes": ["1.2.840.10008.5.1.4.1.1.2"],
    "inputs": ["ct"],
    "private_allow": ["(0019,xx0C) SIEMENS MR HEADER"],
    "keep": ["KVP"],
    "reason_codes": ["renal"],
    "values": [120],
    "units": ["BQML"],
    "corrections_include": ["ATTN"],
    "plans": ["plan"],
    "any_of": ["BODY", "Skin"],
}
_BY_KIND = {"time_interval_days": "range", "same_attribute": "attr"}


def fullest(schema: Node) -> Said:
    """A document that fits the schema, with every property that it has somewhere in it."""
    said: Said = _made(schema, schema, "")
    said["subject_id"] |= {"pattern": "DEMO-[0-9]{3}", "example": "DEMO-018", "check_digit": "luhn"}
    said["subject_id"]["automatic"] = "DEMO-{digits:2}{check}"
    said["outcome"] |= {"block_on": ["question", "refusal"]}
    said["outcome"]["waivers"][0]["check"] = "ct.count"
    images = said["inputs"][0]
    said["inputs"] = [_input(images, modality) for modality in KEYS]
    said["rois"] = list(_rois(said["rois"][0]))
    said["cross_checks"] = [_cross(said["cross_checks"][0], kind) for kind in FEWEST]
    rels = schema["$defs"]["roi_relation"]["properties"]["rel"]["enum"]
    said["roi_relations"] = [_relation(said["roi_relations"][0], rel) for rel in rels]
    said["timepoints"] = [{**said["timepoints"][0], "inputs": list(KEYS.values())}]
    _give_ids(said)
    return said


def _input(said: Said, modality: str) -> Said:
    other = {block for block, modalities in BELONGS_TO.items() if modality not in modalities}
    mine = {
        name: value for name, value in said.items() if name not in {*other, "sop_classes", "match", "when", "prefer"}
    }
    mine |= {"key": KEYS[modality], "modality": modality}
    if modality == "CT":
        mine |= {name: said[name] for name in ("sop_classes", "match", "when", "prefer")}
        mine["match"] = list(_ops(said["match"][0]))[:1]
    for name in _OF_IMAGES if modality.startswith("RT") else ():
        del mine[name]
    if "acquisition" in mine:
        mine["acquisition"] = list(_ops(said["acquisition"][0]))
    return mine


def _ops(said: Said) -> Iterator[Said]:
    fields = {field for fields in TAKES.values() for field in fields}
    for op, takes in TAKES.items():
        yield {name: value for name, value in said.items() if name not in fields or name in takes} | {"op": op}


def _rois(said: Said) -> Iterator[Said]:
    spelt = {"name", "pattern", "any_of"}
    rest = {name: value for name, value in said.items() if name not in spelt}
    for name in ("name", "pattern", "any_of"):
        yield {**rest, name: said[name], "need": "conditional"}
    yield {"name": "Lung_L", "need": "required"}
    yield {"name": "Lung_R", "need": "forbidden"}


def _cross(said: Said, kind: str) -> Said:
    fewest = FEWEST[kind][0]
    mine = {**said, "kind": kind, "inputs": ["structures", "ct"][: max(fewest, 1)]}
    return {name: value for name, value in mine.items() if name not in ("attr", "range") or _BY_KIND.get(kind) == name}


def _relation(said: Said, rel: str) -> Said:
    mine = {**said, "a": "Lung_L", "b": "External", "rel": rel}
    return {name: value for name, value in mine.items() if name != "range" or rel == "expansion_mm"}


def _give_ids(said: Any, path: str = "r") -> None:
    """IDs unlike one another."""
    items = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    for name, value in items:
        if name == "id":
            said[name] = path.lower().replace("_", "-")[:60]
        _give_ids(value, f"{path}-{name}")


def _made(node: Node, root: Node, name: str) -> Any:
    node = resolved(node, root)
    if name in _LISTS and node.get("type") == "array" and _is_text(resolved(node["items"], root)):
        return list(_LISTS[name])
    if "const" in node or "enum" in node:
        return node["const"] if "const" in node else node["enum"][0]
    if name in _TEXTS and node.get("type") == "string":
        return _TEXTS[name]
    match node.get("type"):
        case "object":
            return _object(node, root)
        case "array":
            return [_made(node["items"], root, "")]
        case "boolean":
            return True
        case "integer" | "number":
            return max(1, node.get("minimum", 1))
        case _:
            return "External"


def _is_text(node: Node) -> bool:
    return node.get("type") != "object" and "enum" not in node


def _object(node: Node, root: Node) -> Said:
    """With all its properties; of a range its bounds, or the value it is about where there is one."""
    said = {name: _made(each, root, name) for name, each in node.get("properties", {}).items()}
    if {"eq", "tol", "tol_pct"} <= said.keys():
        return {"min": 0, "max": 1000}
    if node.get("additionalProperties"):
        return {"External": ["body"]}
    return said

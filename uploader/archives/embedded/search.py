"""XNAT's search documents, as far as they ask for projects, subjects or sessions with simple AND and OR criteria.

What is found is what the one who asks may read, in their own project each: the listings, once more filtered.
"""

from __future__ import annotations

import glob
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from werkzeug.exceptions import BadRequest

from uploader.archives.embedded import projects, rights, sessions, subjects
from uploader.archives.embedded.accounts import User
from uploader.archives.embedded.names import field
from uploader.archives.embedded.schemas import SESSIONS
from uploader.archives.embedded.store import Store

Row = Mapping[str, str]
PROJECT, SUBJECT = "xnat:projectData", "xnat:subjectData"
TYPES = (PROJECT, SUBJECT, *sorted(SESSIONS))
"""What can be searched for."""
MOST_CRITERIA = 100
"""Each is compared with every row."""
FIELDS = {
    PROJECT: [
        "ID",
        "NAME",
        "DESCRIPTION",
        "SECONDARY_ID",
        "KEYWORDS",
        "PI_FIRSTNAME",
        "PI_LASTNAME",
        "INSERT_DATE",
        "INSERT_USER",
        "PROJECT_ACCESS",
        "PROJECT_OWNERS",
        "PROJ_MR_COUNT",
        "PROJ_CT_COUNT",
        "PROJ_PET_COUNT",
        "PROJ_UT_COUNT",
    ],
    SUBJECT: [
        "SUBJECT_ID",
        "SUBJECT_LABEL",
        "PROJECT",
        "INSERT_DATE",
        "INSERT_USER",
        "GENDER_TEXT",
        "HANDEDNESS_TEXT",
        "DOB",
        "YOB",
        "AGE",
        "GROUP",
        "SRC",
        "SES",
        "ADD_IDS",
        "RACE",
        "ETHNICITY",
    ],
}
_OF_SESSION = [
    "SESSION_ID",
    "LABEL",
    "PROJECT",
    "SUBJECT_ID",
    "SUBJECT_LABEL",
    "DATE",
    "UID",
    "MODALITY",
    "AGE",
    "INSERT_DATE",
    "INSERT_USER",
]
_ANCESTORS = {
    ("xnat:subjectData", "id"): "subject_id",
    ("xnat:subjectData", "subject_id"): "subject_id",
    ("xnat:subjectData", "label"): "subject_label",
    ("xnat:subjectData", "subject_label"): "subject_label",
    ("xnat:projectData", "id"): "project",
}
"""(type, field) -> the column of a subject or a session that says it."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One comparison. `path`: XNAT's, with the type; `operator`: = != < > <= >= LIKE."""

    path: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Group:
    """Criteria of which all (`every`), or one at least, must be true. An empty one is true."""

    every: bool
    parts: tuple[Criterion | Group, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """A question. `columns`: XNAT paths with the type; none for all columns of the type."""

    kind: str
    columns: tuple[str, ...]
    where: Group


def read(document: ET.Element) -> Search:
    """The question that the document asks. Raises BadRequest when it is none that this archive answers."""
    kind = (document.findtext("root_element_name") or "").strip()
    if kind not in TYPES:
        raise BadRequest("Only projects, subjects and imaging sessions can be searched for.")
    if sum(1 for _ in document.iter("criteria")) > MOST_CRITERIA:
        raise BadRequest(f"A search has at most {MOST_CRITERIA} criteria.")
    columns = tuple(f"{_text(f, 'element_name')}/{_text(f, 'field_ID')}" for f in document.iterfind("search_field"))
    parts = tuple(_group(where) for where in document.iterfind("search_where"))
    return Search(kind, columns, Group(True, parts))


def fields(kind: str) -> list[str]:
    """FIELD_IDs of a type that can be searched for. Raises BadRequest."""
    if kind not in TYPES:
        raise BadRequest("Only projects, subjects and imaging sessions can be searched for.")
    return FIELDS.get(kind, _OF_SESSION)


def run(store: Store, user: User, search: Search) -> tuple[list[str], list[dict[str, str]]]:
    """(headers, rows): what the user may read and what fits. Headers are the paths' last parts in lower case."""
    found = [row for row in _rows(store, user, search.kind) if _fits(search.where, search.kind, row)]
    asked = search.columns or tuple(f"{search.kind}/{name}" for name in fields(search.kind))
    headers = {path: _header(search.kind, path) for path in asked}
    lines = [{header: _value(search.kind, row, path) for path, header in headers.items()} for row in found]
    return [*dict.fromkeys(headers.values())], lines


def _group(element: ET.Element) -> Group:
    method = element.get("method", "AND").upper()
    if method not in ("AND", "OR"):
        raise BadRequest("Criteria are joined by AND or by OR.")
    parts = [_criterion(e) if e.tag == "criteria" else _group(e) for e in element if e.tag in ("criteria", "child_set")]
    return Group(method == "AND", tuple(parts))


def _criterion(element: ET.Element) -> Criterion:
    operator = _text(element, "comparison_type").upper()
    if operator not in _OPERATORS:
        raise BadRequest("A criterion compares by =, !=, <, >, <=, >= or LIKE.")
    return Criterion(_text(element, "schema_field"), operator, _text(element, "value"))


def _text(element: ET.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _fits(group: Group, kind: str, row: Row) -> bool:
    answers = (
        _fits(part, kind, row)
        if isinstance(part, Group)
        else _OPERATORS[part.operator](_value(kind, row, part.path).lower(), part.value.lower())
        for part in group.parts
    )
    return all(answers) if group.every else not group.parts or any(answers)


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, glob.escape(pattern).replace("%", "*"))


def _comparable(value: str, other: str) -> tuple[float, float] | tuple[str, str]:
    """Both as numbers where both are, else as texts."""
    try:
        return float(value), float(other)
    except ValueError:
        return value, other


def _ordered(compare: Callable[[int], bool]) -> Callable[[str, str], bool]:
    def fits(value: str, other: str) -> bool:
        left, right = _comparable(value, other)
        return compare((left > right) - (left < right))  # type: ignore[operator]

    return fits


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "=": _ordered(lambda sign: sign == 0),
    "!=": _ordered(lambda sign: sign != 0),
    "<": _ordered(lambda sign: sign < 0),
    ">": _ordered(lambda sign: sign > 0),
    "<=": _ordered(lambda sign: sign <= 0),
    ">=": _ordered(lambda sign: sign >= 0),
    "LIKE": _like,
}


def _header(kind: str, path: str) -> str:
    """``xnat:subjectData/SUBJECT_ID`` -> ``subject_id``; of another type than the rows', with its type before it."""
    element, _, name = path.partition("/")
    own = element == kind or _base(element)
    return (name if own else f"{element}_{name}".replace(":", "_")).lower()


def _value(kind: str, row: Row, path: str) -> str:
    """The row's value of an XNAT path. Raises BadRequest for a path of a type that is none of the row's."""
    element, _, name = path.partition("/")
    short = field(path) if "/" in name else name
    if (element, name.lower()) in _ANCESTORS and element != kind:
        short = _ANCESTORS[element, name.lower()]
    elif element != kind and not _base(element):
        raise BadRequest("A search asks for fields of the type it looks for, and of its subject and project.")
    return row.get(short) or row.get(short.lower(), "")


def _base(element: str) -> bool:
    return element in ("xnat:imageSessionData", "xnat:subjectAssessorData", "xnat:experimentData")


def _rows(store: Store, user: User, kind: str) -> list[dict[str, str]]:
    if kind == PROJECT:
        return _projects(store, user)
    if kind == SUBJECT:
        return [_lower(row) | _subject(row) for row in subjects.listing(store, user, None)]
    found = (row for row in sessions.listing(store, user, None, None) if row["xsiType"] == kind)
    return [_lower(row) | {"id": row["ID"], "session_id": row["ID"]} for row in found]


def _lower(row: Row) -> dict[str, str]:
    return dict(row) | {name.rsplit("/", 1)[-1].lower(): value for name, value in row.items()}


def _subject(row: Row) -> dict[str, str]:
    told = {"male": "M", "female": "F", "unknown": "U", "right": "R", "left": "L", "ambidextrous": "A"}
    gender, hand = (row.get(f"demographics/{name}", "") for name in ("gender", "handedness"))
    texts = {"gender_text": told.get(gender, gender), "handedness_text": told.get(hand, hand)}
    return texts | {"subject_id": row["ID"], "subject_label": row["label"]}


def _projects(store: Store, user: User) -> list[dict[str, str]]:
    counts = Counter((row["project"], row["xsiType"]) for row in sessions.listing(store, user, None, None))
    owners = _owners(store, user)
    found = []
    for row in projects.listing(store, user):
        told = {f"proj_{k}_count": str(counts[row["ID"], f"xnat:{k}SessionData"] or "") for k in _COUNTED}
        people = {"project_owners": " <br/> ".join(owners[row["ID"]]), "project_access": row["accessibility"]}
        found.append(_lower(row) | told | people)
    return found


_COUNTED = ("mr", "ct", "pet", "ut")


def _owners(store: Store, user: User) -> dict[str, list[str]]:
    owners = defaultdict(list)
    with store.database.read() as c:
        may = rights.readable(c, user)
        for row in c.execute("SELECT project, login FROM members WHERE role = 'owner' ORDER BY login"):
            if row["project"] in may:
                owners[row["project"]].append(row["login"])
    return owners

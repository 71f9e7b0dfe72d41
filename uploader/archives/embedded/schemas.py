"""The data types this archive keeps, as the small XML schema from which xnatpy makes its classes.

Written for this archive; XNAT's own schema has many more types and fields.
"""

from __future__ import annotations

from functools import cache

_SESSION_KINDS = ["mr", "ct", "pet", "petmr", "rt", "otherDicom", "cr", "dx", "nm", "us", "xa", "mg"]
_SCAN_KINDS = ["mr", "ct", "pet", "rtImage", "seg", "sr", "sc", "otherDicom", "cr", "dx", "mg", "nm", "us", "xa"]
SESSIONS = frozenset(f"xnat:{kind}SessionData" for kind in _SESSION_KINDS)
"""xsiTypes a session can have."""
SCANS = frozenset(f"xnat:{kind}ScanData" for kind in _SCAN_KINDS)
"""xsiTypes a scan can have."""
NAMES = ("xdat", "xnat", "roi")
"""Schemas that are served."""

_OPEN = '<?xml version="1.0" encoding="UTF-8"?>\n<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" '
_FORMS = 'elementFormDefault="qualified" attributeFormDefault="unqualified">\n'
_XDAT_SPACE = 'xmlns:xdat="http://nrg.wustl.edu/xdat"'
_XDAT = f'targetNamespace="http://nrg.wustl.edu/xdat" {_XDAT_SPACE} '
_ROI = 'targetNamespace="http://icr.ac.uk/icr" xmlns:icr="http://icr.ac.uk/icr" xmlns:xnat="http://nrg.wustl.edu/xnat" '
_XNAT = 'targetNamespace="http://nrg.wustl.edu/xnat" xmlns:xnat="http://nrg.wustl.edu/xnat" '


@cache
def schema(name: str) -> str:
    """The schema ``xdat`` (empty, but asked for), ``xnat``, or ``roi`` of the viewer plugin."""
    if name == "xdat":
        return f"{_OPEN}{_XDAT}{_FORMS}</xs:schema>\n"
    if name == "roi":
        return f"{_OPEN}{_ROI}{_FORMS}{_roi_collection()}</xs:schema>\n"
    return f"{_OPEN}{_XNAT}{_FORMS}{_elements()}{_types()}</xs:schema>\n"


def _roi_collection() -> str:
    told = "".join(map(_el, ("UID", "collectionType", "subjectID", "name")))
    told += _list("references", "seriesUID", "xs:string")
    kind = _type("roiCollectionData", told, "", "imageAssessorData")
    return f'<xs:element name="RoiCollection" type="icr:roiCollectionData"/>\n{kind}'


def _elements() -> str:
    named = {"Project": "projectData", "Subject": "subjectData"}
    named |= {f"{kind.upper()}Session": f"{kind}SessionData" for kind in ("mr", "ct", "pet", "rt")}
    return "".join(f'<xs:element name="{name}" type="xnat:{kind}"/>\n' for name, kind in named.items())


def _types() -> str:
    return "".join((*_resource_types(), *_project_types(), *_experiment_types(), *_imaging_types()))


def _resource_types() -> list[str]:
    tagged = _el("note") + _list("tags", "tag", "xs:string")
    counted = _at("label") + _at("file_count", "xs:integer") + _at("file_size", "xs:integer")
    described = "".join(map(_at, ("URI", "format", "description", "content", "cachePath")))
    series = "".join(map(_at, ("path", "pattern", "format", "content")))
    return [
        _type("abstractResource", tagged, counted, abstract=True),
        _type("resource", "", described, "abstractResource"),
        _type("resourceCatalog", base="resource"),
        _type("resourceSeries", "", series, "abstractResource"),
    ]


def _project_types() -> list[str]:
    person = "".join(map(_el, ("title", "firstname", "lastname", "institution", "email")))
    people = _list("investigators", "investigator", "xnat:investigatorData")
    alias = _list("aliases", "alias", "xs:string", _MARK)
    about = "".join(map(_el, ("name", "type", "description", "keywords"))) + alias
    studies = _list("publications", "publication", "xnat:publicationResource") + _RESOURCES
    studies += _el("studyProtocol", "xnat:abstractProtocol", ' maxOccurs="unbounded"')
    project = about + studies + _el("PI", "xnat:investigatorData") + people + _FIELDS
    demographics = _el("dob", "xs:date") + _el("yob", "xs:integer") + _el("age", "xs:integer")
    demographics += _el("gender") + _el("handedness")
    subject = _RESOURCES + _el("group") + _el("src") + _el("investigator", "xnat:investigatorData")
    subject += _el("demographics", "xnat:abstractDemographicData") + _FIELDS + _SHARING
    subject += _list("experiments", "experiment", "xnat:subjectAssessorData")
    return [
        _type("projectParticipant", "", "".join(map(_at, ("project", "label", "visit", "protocol")))),
        _type("investigatorData", person, _at("ID")),
        _type("publicationResource", "", _at("doi"), "resource"),
        _type("abstractProtocol", "", "".join(map(_at, ("ID", "name", "data-type")))),
        _type("projectData", project, _at("ID") + _at("secondary_ID")),
        _type("abstractDemographicData"),
        _type("demographicData", demographics, base="abstractDemographicData"),
        _type("subjectData", subject, _at("ID") + _at("project") + _at("label")),
    ]


def _experiment_types() -> list[str]:
    dated = _el("date", "xs:date") + _el("time", "xs:time") + _el("note") + _el("investigator", "xnat:investigatorData")
    named = ("ID", "project", "label", "visit", "visit_id", "version", "original", "protocol")
    inputs = _list("out", "file", "xnat:abstractResource") + _list("in", "file", "xnat:abstractResource")
    quality = _el("rater") + _el("pass") + _el("comments")
    return [
        _type("experimentData", _SHARING + _RESOURCES + dated + _FIELDS, "".join(map(_at, named)), abstract=True),
        _type("subjectAssessorData", _el("subject_ID") + _el("age", "xs:float"), "", "experimentData", True),
        _type("imageAssessorData", _el("imageSession_ID"), "", "experimentData", True),
        _type("derivedData", _el("imageSession_ID") + inputs, "", "experimentData", True),
        _type("qcManualAssessorData", quality, "", "imageAssessorData"),
    ]


def _imaging_types() -> list[str]:
    scan = "".join(
        map(_el, ("image_session_ID", "note", "quality", "condition", "series_description", "documentation"))
    )
    scan += _list("file", "f", "xs:string") + _el("frames", "xs:integer") + _el("operator")
    scan += _el("startTime", "xs:time") + _el("start_date", "xs:date") + _RESOURCES + _el("modality") + _SHARING
    session = _list("scans", "scan", "xnat:imageScanData") + _list("assessors", "assessor", "xnat:imageAssessorData")
    session += _el("scanner") + _el("operator") + _el("prearchivePath")
    about = _at("modality") + _at("UID") + _at("session_type")
    return [
        _type("imageScanData", scan, "".join(map(_at, ("ID", "type", "UID", "project"))), abstract=True),
        *(_type(f"{kind}ScanData", base="imageScanData") for kind in _SCAN_KINDS),
        _type("imageSessionData", session, about, "subjectAssessorData", True),
        *(_type(f"{kind}SessionData", base="imageSessionData") for kind in _SESSION_KINDS),
    ]


def _type(name: str, elements: str = "", attributes: str = "", base: str = "", abstract: bool = False) -> str:
    body = f"<xs:sequence>{elements}</xs:sequence>{attributes}"
    if base:
        body = f'<xs:complexContent><xs:extension base="xnat:{base}">{body}</xs:extension></xs:complexContent>'
    mark = ' abstract="true"' if abstract else ""
    return f'<xs:complexType name="{name}"{mark}>{body}</xs:complexType>\n'


def _el(name: str, kind: str = "xs:string", many: str = "") -> str:
    return f'<xs:element name="{name}" type="{kind}" minOccurs="0"{many}/>'


def _at(name: str, kind: str = "xs:string") -> str:
    return f'<xs:attribute name="{name}" type="{kind}"/>'


def _list(name: str, item: str, kind: str, mark: str = "") -> str:
    """A list of `item`. `mark`: a note about each, for programs."""
    element = f'<xs:element name="{item}" type="{kind}" minOccurs="0" maxOccurs="unbounded">{mark}</xs:element>'
    return _nested(name, f"<xs:sequence>{element}</xs:sequence>")


def _nested(name: str, content: str, many: str = "", mark: str = "") -> str:
    inner = f"<xs:complexType>{content}</xs:complexType>"
    return f'<xs:element name="{name}" minOccurs="0"{many}>{mark}{inner}</xs:element>'


_NAMED_TEXT = (
    '<xs:simpleContent><xs:extension base="xs:string"><xs:attribute name="name" type="xs:string" use="required"/>'
    "</xs:extension></xs:simpleContent>"
)
_MARK = f"<xs:annotation><xs:appinfo><xdat:element {_XDAT_SPACE}/></xs:appinfo></xs:annotation>"
"""As in XNAT's schema: clients count these notes among the elements."""
_FIELD = _nested("field", _NAMED_TEXT, ' maxOccurs="unbounded"', _MARK)
_FIELDS = _nested("fields", f"<xs:sequence>{_FIELD}</xs:sequence>")
_RESOURCES = _list("resources", "resource", "xnat:abstractResource")
_SHARING = _list("sharing", "share", "xnat:projectParticipant")

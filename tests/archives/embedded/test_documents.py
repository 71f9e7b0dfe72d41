from __future__ import annotations

import io

import pytest

from tests.archives.embedded.door import SESSION, Caller
from uploader.archives.embedded import Embedded, documents

SPACE = 'xmlns:xnat="http://nrg.wustl.edu/xnat" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    f"<xnat:Subject {SPACE}><xnat:src>&b;</xnat:src></xnat:Subject>"
)
NO_ENCODING = "<?xml version='1.0' encoding='undefined'?><a/>"
SPY = (
    '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    f"<xnat:Subject {SPACE}><xnat:src>&f;</xnat:src></xnat:Subject>"
)
SESSION_XML = (
    f'<xnat:MRSession {SPACE} label="ignored"><xnat:investigator><xnat:lastname>Lovelace</xnat:lastname>'
    '</xnat:investigator><xnat:scans><xnat:scan ID="4" type="T1" xsi:type="xnat:mrScanData"/></xnat:scans>'
    "</xnat:MRSession>"
)


def put_xml(caller: Caller, url: str, text: str) -> int:
    return caller("PUT", url, text.encode(), content_type="text/xml").status_code


@pytest.mark.endpoint(11)
def test_a_project_is_made_of_its_document(olga: Caller) -> None:
    text = f'<xnat:Project {SPACE} ID="R"><xnat:name>Third</xnat:name></xnat:Project>'
    assert olga("POST", "/data/projects", text.encode(), content_type="text/xml").status_code == 200
    (row,) = olga.rows("/data/projects?ID=R")
    assert row["name"] == "Third"


@pytest.mark.endpoint(19)
def test_a_session_is_made_of_its_document_with_its_scans(olga: Caller) -> None:
    assert put_xml(olga, SESSION, SESSION_XML) == 201
    assert [row["xsiType"] for row in olga.rows(f"{SESSION}/scans")] == ["xnat:mrScanData"]
    assert "<xnat:lastname>Lovelace</xnat:lastname>" in olga("GET", f"{SESSION}?format=xml").text
    assert [row["label"] for row in olga.rows("/data/projects/P/experiments")] == ["E"]


@pytest.mark.endpoint(16)
def test_a_document_may_come_as_the_file_of_a_form(olga: Caller) -> None:
    text = f"<xnat:Subject {SPACE}><xnat:group>control</xnat:group></xnat:Subject>"
    form = {"s.xml": (io.BytesIO(text.encode()), "s.xml", "text/xml")}
    assert olga("PUT", "/data/projects/P/subjects/S", form=form).status_code == 201
    (row,) = olga.rows("/data/projects/P/subjects?columns=group")
    assert row["group"] == "control"


@pytest.mark.endpoint(12)
@pytest.mark.parametrize(
    "text", [BOMB, SPY, NO_ENCODING, "<open>", "", "<a>" * 40 + "</a>" * 40, f"<a>{'<b/>' * 20_000}</a>"]
)
def test_a_document_that_is_no_plain_data_changes_nothing(olga: Caller, text: str) -> None:
    assert put_xml(olga, "/data/projects/P?name=changed", text) == 400
    (row,) = olga.rows("/data/projects?ID=P")
    assert row["name"] == "P"


@pytest.mark.endpoint(12)
def test_a_document_larger_than_a_mebibyte_is_refused(olga: Caller) -> None:
    assert put_xml(olga, "/data/projects/P", f"<a>{'x' * documents.LARGEST}</a>") == 400


@pytest.mark.endpoint(19)
def test_who_may_only_look_changes_nothing_by_a_document(olga: Caller, archive: Embedded) -> None:
    olga.make_scan()
    assert put_xml(Caller(archive, "cora"), SESSION, SESSION_XML) == 403
    assert put_xml(Caller(archive, "nora"), SESSION, SESSION_XML) == 404
    assert "Lovelace" not in olga("GET", f"{SESSION}?format=xml").text


@pytest.mark.endpoint(23)
def test_parameters_of_a_scan_are_told_by_their_names(olga: Caller) -> None:
    olga.make_scan()
    olga("PUT", f"{SESSION}/scans/3?xnat:ctScanData/parameters/addParam[name=dose]/addField=7")
    fields = documents.flat(documents.parse(olga("GET", f"{SESSION}/scans/3?format=xml").data))
    assert fields["parameters/addParam[name=dose]/addField"] == "7"


def test_what_is_written_is_read_again() -> None:
    fields = {"ID": "3", "a/b": "x", "a/b[2]": "y & <z>", "f/field[name=n]/field": "1", "p/@ID": "k"}
    assert documents.flat(documents.parse(documents.write("A", "xnat:aData", fields, {}).encode())) == fields


def test_no_value_breaks_a_document() -> None:
    text = documents.write("A", "xnat:aData", {"note": "\x00\x0b\ud800]]>", "no path": "x", "a//b": "y"}, {})
    assert documents.flat(documents.parse(text.encode()))["note"] == "]]>"


@pytest.mark.endpoint(16)
def test_a_new_subject_may_bring_its_id_but_none_of_the_archives_own_kind(olga: Caller) -> None:
    assert olga("PUT", "/data/projects/P/subjects/S?ID=OTHER_S7").text == "OTHER_S7"
    assert olga("PUT", "/data/projects/P/subjects/T?ID=OTHER_S7").status_code == 409
    assert olga("PUT", "/data/projects/P/subjects/T?ID=CEN_S00009").status_code == 400
    assert olga("PUT", "/data/projects/P/subjects/T?ID=../../x").status_code == 400


@pytest.mark.endpoint(19)
@pytest.mark.parametrize("key", ["cen_E00009", "RoiCollection_CEN_00001", "a b"])
def test_no_session_takes_an_id_of_the_archives_own_kind(olga: Caller, key: str) -> None:
    assert olga("PUT", f"{SESSION}?xsiType=xnat:ctSessionData&ID={key}").status_code == 400


@pytest.mark.endpoint(19)
def test_a_refused_id_tells_nothing_of_labels_in_projects_of_others(olga: Caller, archive: Embedded) -> None:
    nora = Caller(archive, "nora")
    nora("PUT", "/data/projects/N")
    nora("PUT", "/data/projects/N/subjects/SECRET/experiments/HIDDEN?xsiType=xnat:ctSessionData")
    assert olga("PUT", f"{SESSION}?xsiType=xnat:ctSessionData&ID=HIDDEN").status_code == 201
    assert olga("PUT", "/data/projects/P/subjects/T?ID=SECRET").status_code == 201
    assert olga("PUT", "/data/projects/P/subjects/U?ID=T").status_code == 409

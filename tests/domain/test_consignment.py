"""What a site says of a session is taken whole and exact, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from uploader.domain.consignment import Consignment, Recall, is_paper, recall_of, signoff_digest
from uploader.domain.errors import BadSeal
from uploader.domain.evidence import SignOff
from uploader.domain.manifest import Entry, Manifest

ENTRIES = [Entry(f"scans/1/DICOM/{n}.dcm", n, f"{n}" * 64, f"{n}" * 32) for n in (1, 2)]
CONSIGNMENT = Consignment(
    site="SITE01",
    project="SITE01",
    submission="k7q29xmd",
    trial="DEMO-RT",
    protocol="v1",
    protocol_digest="a" * 64,
    subject="DEMO-001",
    session="DEMO-001_1",
    signoff="b" * 64,
    manifest=Manifest(frozenset(ENTRIES)),
)
RECALL = recall_of(CONSIGNMENT)
KINDS = [(Consignment, CONSIGNMENT), (Recall, RECALL)]
FIELDS = [(kind, one, field) for kind, one in KINDS for field in one.document()]


@pytest.mark.parametrize(("kind", "one"), KINDS)
def test_a_document_reads_back_as_what_it_was_made_of(kind, one):
    assert kind.read(one.document()) == one


@pytest.mark.parametrize(("kind", "one", "field"), FIELDS)
def test_a_document_without_one_of_its_fields_is_not_believed(kind, one, field):
    with pytest.raises(BadSeal):
        kind.read({name: value for name, value in one.document().items() if name != field})


@pytest.mark.parametrize("wrong", [None, "", 0, 2, True, 1.0, [], {}, [{}]])
@pytest.mark.parametrize(("kind", "one", "field"), FIELDS)
def test_a_field_of_another_kind_is_not_believed(kind, one, field, wrong):
    with pytest.raises(BadSeal):
        kind.read({**one.document(), field: wrong})


@pytest.mark.parametrize(("kind", "one"), KINDS)
def test_a_field_too_many_is_not_believed(kind, one):
    with pytest.raises(BadSeal):
        kind.read({**one.document(), "comment": "trust me"})


@pytest.mark.parametrize(("kind", "other"), [(Consignment, RECALL), (Recall, CONSIGNMENT)])
def test_one_document_is_not_taken_for_the_other(kind, other):
    with pytest.raises(BadSeal, match="it is no"):
        kind.read(other.document())


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "0001.dcm"},
        {"name": "scans/1/DICOM/../../x"},
        {"name": "resources/UPLOADER/files/x"},
        {"size": -1},
        {"size": True},
        {"size": 1.0},
        {"sha256": "A" * 64},
        {"sha256": "1" * 63},
        {"md5": "1" * 64},
        {"more": 1},
    ],
)
def test_a_file_that_is_not_written_as_ours_are_is_not_believed(change):
    document = CONSIGNMENT.document()
    document["files"][0] |= change
    with pytest.raises(BadSeal):
        Consignment.read(document)


@pytest.mark.parametrize("change", [lambda f: f[:1], lambda f: f + f[:1], lambda f: [], lambda f: [*f, "x"]])
def test_another_list_of_files_than_its_digest_says_is_not_believed(change):
    document = CONSIGNMENT.document()
    with pytest.raises(BadSeal):
        Consignment.read({**document, "files": change(document["files"])})


def test_the_order_of_the_files_does_not_matter():
    document = CONSIGNMENT.document()
    assert Consignment.read({**document, "files": document["files"][::-1]}) == CONSIGNMENT


def test_nobody_is_named_in_what_goes_to_the_centre():
    signoff = SignOff("ada", CONSIGNMENT.manifest.digest, "a" * 64, datetime(2026, 11, 28, tzinfo=UTC))
    assert "ada" not in signoff_digest([signoff])
    assert len(signoff_digest([signoff])) == 64


def test_the_digest_of_a_signature_of_before_there_were_roles_stays_as_it_was():
    """So that a consignment that was sent half way before an upgrade is the same to the byte after it."""
    signoff = SignOff("ada", "d" * 64, "a" * 64, datetime(2026, 11, 28, tzinfo=UTC), "looked")
    assert signoff_digest([signoff]) == "f0f44f638269b268556f78859b1d73a42ae4dc68b754bb2b7d141258fb5ef635"


@pytest.mark.parametrize("change", [{"person": "bob"}, {"digest": "c" * 64}, {"meaning": "none"}, {"role": "admin"}])
def test_another_signoff_has_another_digest(change):
    facts = {"person": "ada", "digest": "d" * 64, "protocol_digest": "a" * 64, "at": datetime(2026, 11, 28, tzinfo=UTC)}
    assert signoff_digest([SignOff(**facts)]) != signoff_digest([SignOff(**(facts | change))])


@pytest.mark.parametrize("name", [CONSIGNMENT.name, RECALL.name])
def test_the_documents_are_told_from_the_files_of_the_session(name):
    assert is_paper(f"resources/UPLOADER/files/{name}")


@pytest.mark.parametrize(
    "name",
    [
        "scans/1/UPLOADER/consignment-k7q29xmd.json",
        "resources/UPLOADER/files/consignment-.json",
        "resources/UPLOADER/files/consignment-k7q29xmd.json\n",
        "resources/UPLOADER/files/consignment-K7.json",
        "resources/UPLOADER/files/a/consignment-k7q29xmd.json",
        "resources/OTHER/files/consignment-k7q29xmd.json",
    ],
)
def test_a_file_that_is_only_called_like_one_belongs_to_the_session(name):
    assert not is_paper(name)

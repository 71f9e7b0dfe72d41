"""A sealed document means what its site signed, or nothing."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.domain.canonical import canonical, parsed
from uploader.domain.errors import BadSeal, BadSettings
from uploader.seal import PublicKey, opened, public_half, sealed

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
DOCUMENT = {"kind": "a", "files": [{"name": "é", "size": 1}], "none": None, "yes": True, "part": 0.1}
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(st.text().filter(lambda name: name not in ("key", "signature")), PLAIN, max_size=6)


def encodable(value):
    try:
        return bool(canonical({"": value}))
    except ValueError:
        return False


@given(DOCUMENTS.filter(encodable))
def test_what_is_sealed_opens_to_itself_however_it_is_laid_out(document):
    seal = sealed(document, KEY)
    for data in (
        canonical(seal),
        json.dumps(seal, indent=3).encode(),
        json.dumps(dict(reversed(seal.items()))).encode(),
    ):
        assert opened(data, public_half(KEY)) == document


@given(DOCUMENTS.filter(encodable))
def test_the_canonical_form_is_one_and_reads_back_as_it_was(document):
    data = canonical(document)
    assert canonical(parsed(data)) == data
    assert canonical(dict(reversed(document.items()))) == data


@given(DOCUMENTS.filter(encodable), st.data())
def test_no_byte_of_the_signature_and_no_other_document_is_believed(document, data):
    seal = sealed(document, KEY)
    raw = bytearray(b64decode(seal["signature"]))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BadSeal):
        opened(canonical({**seal, "signature": b64encode(raw).decode()}), public_half(KEY))
    with pytest.raises(BadSeal):
        opened(canonical({**seal, "one more": 1}), public_half(KEY))


def test_a_document_is_signed_the_same_every_time():
    assert canonical(sealed(DOCUMENT, KEY)) == canonical(sealed(dict(reversed(DOCUMENT.items())), KEY))


def test_the_key_of_another_site_opens_nothing():
    with pytest.raises(BadSeal, match="another key"):
        opened(canonical(sealed(DOCUMENT, KEY)), public_half(OTHER))


def test_a_fingerprint_that_is_put_in_place_of_another_does_not_help():
    seal = sealed(DOCUMENT, OTHER)
    with pytest.raises(BadSeal, match="does not fit"):
        opened(canonical({**seal, "key": public_half(KEY).fingerprint}), public_half(KEY))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"key": "a"}',
        b'{"key": 1, "signature": "a"}',
        b'{"key": "a", "signature": "\\ud800", "x": "\\ud800"}',
        b'{"a": NaN, "key": "a", "signature": "a"}',
        b'{"a": 1, "a": 2, "key": "a", "signature": "a"}',
    ],
    ids=range(11),
)
def test_what_is_no_signed_document_is_refused(data):
    with pytest.raises(BadSeal):
        opened(data, public_half(KEY))


@pytest.mark.parametrize("signature", ["", "?", "AAAA", "é"])
def test_a_signature_that_is_none_is_refused(signature):
    with pytest.raises(BadSeal, match="does not fit"):
        opened(json.dumps({**sealed(DOCUMENT, KEY), "signature": signature}).encode(), public_half(KEY))


def test_a_key_that_occurs_twice_is_refused_though_the_last_one_is_what_was_signed():
    data = canonical(sealed({"a": 1}, KEY))
    with pytest.raises(BadSeal, match="no JSON document"):
        opened(data.replace(b'{"a":1', b'{"a":2,"a":1'), public_half(KEY))


def test_a_public_key_comes_back_from_its_file(tmp_path):
    file = tmp_path / "site.pub"
    file.write_bytes(public_half(KEY).pem)
    assert PublicKey.read(file).fingerprint == public_half(KEY).fingerprint


@pytest.mark.parametrize("data", [b"", b"x", KEY, b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_file_that_is_no_public_key_stops_the_start(tmp_path, data):
    file = tmp_path / "site.pub"
    file.write_bytes(data)
    with pytest.raises(BadSettings, match=r"site\.pub"):
        PublicKey.read(file)


def test_a_missing_public_key_stops_the_start(tmp_path):
    with pytest.raises(BadSettings, match="cannot be read"):
        PublicKey.read(tmp_path / "site.pub")

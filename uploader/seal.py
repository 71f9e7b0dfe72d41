"""Signed documents: JSON with a site's Ed25519 signature inside.

A sealed document has two fields more: `key`, the SHA-256 of the site's public key, and `signature`, Ed25519 in base64
over the canonical form of everything else. It may be laid out anew, indented for people; its meaning is what is signed.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from uploader.domain.canonical import LARGEST, canonical, parsed
from uploader.domain.errors import BadSeal, BadSettings


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a site hands out: it checks signatures and makes none."""

    key: Ed25519PublicKey

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the 32 bytes of the key, lower-case hex."""
        return sha256(self.key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()

    @property
    def pem(self) -> bytes:
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @classmethod
    def read(cls, path: Path) -> PublicKey:
        """Raises BadSettings when the file is no public Ed25519 key in PEM."""
        try:
            key = load_pem_public_key(path.read_bytes())
        except OSError:
            raise BadSettings(f"the public key {path} cannot be read") from None
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise BadSettings(f"{path} is no public key of a site; ask the site for the site.pub of its home")
        return cls(key)


def public_half(key: bytes) -> PublicKey:
    """Of the 32 bytes of a site's key."""
    return PublicKey(Ed25519PrivateKey.from_private_bytes(key).public_key())


def sealed(document: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """The document with the signature of the 32 bytes of a site's key: the same again for the same document."""
    private = Ed25519PrivateKey.from_private_bytes(key)
    signature = private.sign(canonical({**document, "key": PublicKey(private.public_key()).fingerprint}))
    return {**document, "key": PublicKey(private.public_key()).fingerprint, "signature": b64encode(signature).decode()}


def opened(data: bytes, key: PublicKey) -> dict[str, Any]:
    """What the site signed, without the seal. Raises BadSeal unless `key` signed exactly this."""
    document = unsealed(data)
    signature = document.pop("signature")
    if document["key"] != key.fingerprint:
        raise BadSeal(f"it is signed with another key, {document['key'][:16]}…, not with {key.fingerprint[:16]}…")
    try:
        key.key.verify(b64decode(signature, validate=True), canonical(document))
    except (InvalidSignature, ValueError):
        raise BadSeal("the signature does not fit: the document was changed after the site signed it") from None
    del document["key"]
    return document


def unsealed(data: bytes) -> dict[str, Any]:
    """The document with its seal, which nobody has checked yet. Raises BadSeal when there is none."""
    if len(data) > LARGEST:
        raise BadSeal(f"it has more than {LARGEST} bytes")
    try:
        document = parsed(data)
    except ValueError as error:
        raise BadSeal(f"it is no JSON document ({type(error).__name__})") from None
    if not all(isinstance(document.get(name), str) for name in ("key", "signature")):
        raise BadSeal("it is not signed")
    return document

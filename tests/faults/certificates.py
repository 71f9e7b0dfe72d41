"""Certificates for tests: a hospital's own authority, and servers that it vouches for or not."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Signer:
    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self, path: Path) -> Path:
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path


def authority() -> Signer:
    name, key = _name("Hospital authority"), ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, name, key, days=30).add_extension(x509.BasicConstraints(True, None), critical=True)
    return Signer(name, key, builder.sign(key, hashes.SHA256()))


def server_context(folder: Path, signer: Signer | None, address: str = "127.0.0.1", days: int = 30) -> ssl.SSLContext:
    """signer: None for a certificate that is its own; days: until it is out of date"""
    name, key = _name("archive"), ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, signer.name if signer else name, key, days).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
    )
    certificate = builder.sign(signer.key if signer else key, hashes.SHA256())
    file = folder / "archive.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
    )

"""Who may send to a receiver, and how much of this machine all senders together may have."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from uploader.domain.errors import BadSettings

_TITLE = re.compile(r"[ -\[\]-~]{1,16}")
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2, as BCP 195 (RFC 9325) recommends; TLS 1.3 has no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """certificate, key: PEM files of the receiver; clients: PEM file of the authorities whose certificates senders must
    show, None where they need none."""

    certificate: Path
    key: Path
    clients: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Raises BadSettings for files that are missing or no certificates."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHERS)
        try:
            context.load_cert_chain(self.certificate, self.key)
            if self.clients:
                context.load_verify_locations(self.clients)
                context.verify_mode = ssl.CERT_REQUIRED
        except OSError:  # ssl.SSLError is one
            raise BadSettings("the receiver's TLS certificate, its key or the authorities cannot be read") from None
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a receiver allows.

    ae_title: what senders must call it
    calling: AE titles that may send; empty: any
    peers: addresses and networks that may connect, e.g. ``10.1.2.0/24``; empty: any
    pairs: (AE title, address), each empty for any, of which a sender must be one; None: any
    most, most_by_address: connections at the same time, of all and of one address
    idle_seconds: an association on which nothing comes for so long is aborted
    reserve_bytes: room that stays free on the disk; when there is less, senders are told to try later
    """

    ae_title: str
    calling: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] | None = None
    tls: Tls | None = None
    most: int = 32
    most_by_address: int = 4
    idle_seconds: float = 60
    reserve_bytes: int = 2_000_000_000
    networks: tuple[IPv4Network | IPv6Network, ...] = field(init=False)

    def __post_init__(self) -> None:
        for title in (self.ae_title, *self.calling):
            if not _TITLE.fullmatch(title) or not title.strip():
                raise BadSettings("an AE title has 1 to 16 printable ASCII characters, and no backslash")
        try:
            object.__setattr__(self, "networks", tuple(ip_network(peer, strict=False) for peer in self.peers))
        except ValueError:
            raise BadSettings("a receiver's peers are addresses or networks, such as 10.1.2.3 or 10.1.2.0/24") from None

    def admits(self, address: str) -> bool:
        """Whether this address may connect."""
        return not self.peers or any(_address(address) in network for network in self.networks)

    def knows(self, title: str, address: str) -> bool:
        """Whether who connected from this address may call themselves so."""
        found = str(_address(address))
        return self.pairs is None or any(t in ("", title) and a in ("", found) for t, a in self.pairs)


def _address(address: str) -> IPv4Address | IPv6Address:
    """An IPv4 address is one, however the socket writes it."""
    found = ip_address(address)
    return getattr(found, "ipv4_mapped", None) or found

"""A receiver that speaks TLS speaks nothing else, nothing old, and with client certificates to nobody without one."""

from __future__ import annotations

import ssl
from contextlib import closing

import pytest

from tests.dimse.certificates import Authority
from tests.dimse.senders import ASSOCIATE_AC, CT, EXPLICIT, Stranger, associate, dcmtk, kept, receiving
from tests.patience import until
from uploader.dimse import Access, Tls
from uploader.domain.errors import BadSettings


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "authority")


@pytest.fixture
def certificate(authority):
    return authority.vouches_for("receiver")


@pytest.fixture
def receiver(inbox, certificate):
    with receiving(inbox, tls=Tls(certificate=certificate[0], key=certificate[1])) as receiver:
        yield receiver


@pytest.fixture
def strict(inbox, certificate, authority):
    tls = Tls(certificate=certificate[0], key=certificate[1], clients=authority.certificate)
    with receiving(inbox, tls=tls) as receiver:
        yield receiver


def test_a_session_arrives_over_tls(receiver, inbox, authority, session):
    files = [*session.iterdir()]
    answer = dcmtk("storescu", receiver.port, "+tla", "+cf", str(authority.certificate), *files)
    assert answer.returncode == 0, answer.stderr
    assert len(kept(inbox)) == len(files)


def test_without_tls_nobody_is_served(receiver, inbox, slice_):
    assert dcmtk("storescu", receiver.port, slice_).returncode != 0
    assert not kept(inbox)


def client(certificate=None, version=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        with pytest.warns(DeprecationWarning, match="TLS"):
            context.minimum_version = context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
    if certificate:
        context.load_cert_chain(*certificate)
    return context


def test_old_versions_are_not_spoken(receiver):
    stranger = Stranger(receiver.port)
    with pytest.raises(OSError):
        client(version=ssl.TLSVersion.TLSv1_1).wrap_socket(stranger.socket)


def secured(stranger, context):
    stranger.socket = context.wrap_socket(stranger.socket)
    return stranger


def served(stranger, context):
    """Whether there is an answer. With TLS 1.3 a client learns only from that what became of its certificate."""
    try:
        return secured(stranger, context).write(associate((CT, EXPLICIT))).answer()[0] == ASSOCIATE_AC
    except OSError:
        return False


def test_who_has_a_certificate_of_the_right_authority_is_served(strict, authority):
    assert served(Stranger(strict.port), client(authority.vouches_for("pacs")))


@pytest.mark.parametrize("whose", ["nobody's", "another's"])
def test_who_has_none_is_not(strict, tmp_path, whose):
    certificate = Authority(tmp_path / "other").vouches_for("pacs") if whose == "another's" else None
    assert not served(Stranger(strict.port), client(certificate))


def test_who_never_finishes_the_handshake_keeps_nobody_waiting(receiver, authority, inbox, session):
    for _ in range(3):
        Stranger(receiver.port).write(b"\x16\x03\x01")
    answer = dcmtk("storescu", receiver.port, "+tla", "+cf", str(authority.certificate), *session.iterdir())
    assert answer.returncode == 0, answer.stderr


def test_the_end_of_a_connection_is_the_end_of_it(receiver):
    with closing(secured(Stranger(receiver.port), client()).associated()):
        pass
    until(lambda: not receiver._door._callers)


def test_files_that_are_no_certificates_stop_the_start(tmp_path, certificate):
    (tmp_path / "none").write_text("no certificate")
    for files in ((tmp_path / "none", certificate[1]), (certificate[0], tmp_path / "missing")):
        with pytest.raises(BadSettings, match="certificate"):
            Tls(certificate=files[0], key=files[1]).context()


@pytest.mark.parametrize("title", ["", "   ", "SEVENTEEN-LETTERS", "NAME\\NAME", "NÄME"])
def test_titles_that_are_none_stop_the_start(title):
    with pytest.raises(BadSettings, match="AE title"):
        Access(ae_title=title)
    with pytest.raises(BadSettings, match="AE title"):
        Access(ae_title="UPLOADER", calling=(title,))


def test_peers_that_are_no_addresses_stop_the_start():
    with pytest.raises(BadSettings, match="peers"):
        Access(ae_title="UPLOADER", peers=("pacs.hospital.example",))


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3"])
def test_an_address_is_the_same_however_it_is_written(address):
    access = Access(ae_title="UPLOADER", peers=("10.1.2.0/24",), pairs=(("PACS", "10.1.2.3"),))
    assert access.admits(address)
    assert access.knows("PACS", address)
    assert not access.knows("ANOTHER", address)
    assert not access.admits("10.1.3.3")

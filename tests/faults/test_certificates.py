"""A certificate that nobody vouches for is not trusted: nothing is sent, and the setting that helps is named."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.archives.central import adapter
from tests.faults.certificates import authority, server_context
from tests.faults.door import Door, opened
from uploader.archives.xnat import XnatArchive
from uploader.domain.errors import Misconfigured
from uploader.gateway import preflight


def test_a_self_signed_certificate_is_not_trusted_until_the_hospitals_authority_is_named(due, tmp_path):
    hospital = authority()
    with due.archives():
        port = urlsplit(due.settings.central.url).port
        with opened(Door(port, tls=server_context(tmp_path, None))) as stranger:
            due.set("central", "url", stranger.url)
            about = due.carried()
            assert (about.state, about.why) == ("held", "misconfigured")
            assert "self-signed" in about.says
            assert "central.ca_file" in about.says
            assert stranger.uploads == 0
            with pytest.raises(Misconfigured, match="certificate"):
                preflight(due.settings)
        with opened(Door(port, tls=server_context(tmp_path, hospital))) as door:
            due.set("central", "url", door.url)
            due.set("central", "ca_file", str(hospital.pem(tmp_path / "hospital.pem")))
            due.retried()


def asked(door, folder, signer):
    password = folder / "password"
    password.write_text("secret")
    return XnatArchive("central", door.url, "uploader", password, ca_file=signer.pem(folder / "ca.pem"))


@pytest.mark.parametrize(
    ("given", "says"), [({"days": -1}, "out of date"), ({"address": "10.1.2.3"}, "made for another name")]
)
def test_a_certificate_that_is_out_of_date_or_anothers_is_not_trusted(tmp_path, given, says):
    hospital = authority()
    with opened(Door(9, tls=server_context(tmp_path, hospital, **given))) as door:
        with pytest.raises(Misconfigured, match=says):
            asked(door, tmp_path, hospital).preflight()
        assert door.uploads == 0


def test_another_authority_than_the_one_that_is_named_is_not_trusted(tmp_path):
    with opened(Door(9, tls=server_context(tmp_path, authority()))) as door, pytest.raises(Misconfigured):
        asked(door, tmp_path, authority()).preflight()


def test_an_authority_in_the_environment_does_not_replace_the_one_in_the_settings(tmp_path, monkeypatch):
    named, other = authority(), authority()
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.pem(tmp_path / "other" / "ca.pem")))
    with opened(Door(9, tls=server_context(tmp_path, other))) as door, pytest.raises(Misconfigured):
        asked(door, tmp_path, named).preflight()


def test_a_ca_file_that_is_not_there_is_named(tmp_path):
    archive = XnatArchive("central", "https://127.0.0.1:9", "uploader", tmp_path / "p", ca_file=tmp_path / "gone.pem")
    (tmp_path / "p").write_text("secret")
    with pytest.raises(Misconfigured, match=r"central\.ca_file"):
        archive.preflight()


def test_without_tls_nothing_of_this_is_asked(tmp_path):
    with opened(Door(9)) as door, pytest.raises(Exception, match="no answer"):
        adapter(door.url, tmp_path).preflight()

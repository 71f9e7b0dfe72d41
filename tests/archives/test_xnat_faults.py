import http.client
from pathlib import Path

import pytest
import requests
import urllib3

from uploader.archives.xnat.client import Client, path
from uploader.archives.xnat.faults import fault, is_page, translated
from uploader.domain.errors import (
    ArchiveRefused,
    ArchiveUnavailable,
    LoginRefused,
    Misconfigured,
    UploaderError,
)

SECRET = "http://central/data?password=hunter2 DOE^JANE"


def kinds(kind):
    yield kind
    for child in kind.__subclasses__():
        yield from kinds(child)


REQUESTS = sorted(set(kinds(requests.RequestException)), key=lambda k: k.__name__)
URLLIB3 = sorted(
    (k for k in set(kinds(urllib3.exceptions.HTTPError)) if not issubclass(k, Warning)), key=lambda k: k.__name__
)
SETTINGS = {"InvalidURL", "InvalidProxyURL", "MissingSchema", "InvalidSchema", "URLRequired", "InvalidHeader"}


def made(kind):
    """An instance that carries what must not be told, whatever its constructor wants."""
    error = kind.__new__(kind)
    Exception.__init__(error, SECRET)
    return error


class Raising(requests.adapters.BaseAdapter):
    """A wire on which every request ends with the same exception."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def send(self, request, **_):
        raise self.error

    def close(self):
        pass


def client(tmp_path: Path, error: Exception) -> Client:
    password = tmp_path / "password"
    password.write_text("hunter2\n")
    made_client = Client("central", "http://central", "uploader", password, stall_seconds=1, connect_seconds=1)
    made_client.http.mount("http://", Raising(error))
    return made_client


def test_the_list_of_the_library_s_errors_is_not_empty():
    assert {"ConnectionError", "ReadTimeout", "SSLError", "ChunkedEncodingError"} <= {k.__name__ for k in REQUESTS}


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda k: k.__name__)
def test_every_error_of_requests_becomes_one_of_ours(tmp_path, kind):
    expected = Misconfigured if kind.__name__ in SETTINGS else ArchiveUnavailable
    with pytest.raises(expected):
        client(tmp_path, made(kind)).ask("GET", "/data/auth", doing="asking")


@pytest.mark.parametrize("kind", [*REQUESTS, *URLLIB3], ids=lambda k: k.__name__)
def test_no_word_of_a_foreign_error_is_told(kind):
    with pytest.raises(UploaderError) as caught, translated("central", "sending files"):
        raise made(kind)
    assert not {"hunter2", "DOE", "http"} & set(str(caught.value).replace("/", " ").replace("=", " ").split())
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "error",
    [TimeoutError(), ConnectionResetError(), http.client.IncompleteRead(b""), http.client.BadStatusLine("x")],
    ids=lambda e: type(e).__name__,
)
def test_trouble_on_the_wire_itself_becomes_unavailable(error):
    with pytest.raises(ArchiveUnavailable), translated("central", "reading a file"):
        raise error


def test_an_untrusted_certificate_is_for_a_person_to_mend():
    with pytest.raises(Misconfigured, match="certificate"), translated("central", "logging in"):
        raise requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired")


def test_an_error_of_ours_passes_unchanged():
    ours = ArchiveRefused("as it is")
    with pytest.raises(ArchiveRefused) as caught, translated("central", "sending files"):
        raise ours
    assert caught.value is ours


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"<!DOCTYPE html>", ArchiveUnavailable),
        (301, b"", ArchiveRefused),
        (302, b"", ArchiveRefused),
        (400, b"unable to read DICOM object", ArchiveRefused),
        (401, b"", LoginRefused),
        (403, b"", ArchiveRefused),
        (404, b"", ArchiveRefused),
        (409, b"<h3>Concurrent file sends of the same data is not supported.</h3>", ArchiveUnavailable),
        (409, b"<h3>session is being processed</h3>", ArchiveUnavailable),
        (409, b"<h3>already exists</h3>", ArchiveRefused),
        (400, b"java.io.IOException: No space left on device", ArchiveUnavailable),
        (408, b"", ArchiveUnavailable),
        (423, b"", ArchiveUnavailable),
        (429, b"", ArchiveUnavailable),
        (500, b"", ArchiveUnavailable),
        (502, b"", ArchiveUnavailable),
        (504, b"", ArchiveUnavailable),
        (507, b"", ArchiveUnavailable),
    ],
)
def test_a_status_means_one_of_our_errors(status, body, expected):
    assert type(fault("central", "looking", status, body)) is expected


def test_a_400_to_an_upload_is_no_proof_that_a_file_is_bad():
    assert type(fault("central", "sending files", 400, b"unable to read", upload=True)) is ArchiveUnavailable


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 409, 500])
def test_what_a_server_wrote_is_never_told(status):
    assert "DOE" not in str(fault("central", "looking", status, b"unable to read DOE^JANE"))


@pytest.mark.parametrize("body", [b"<!DOCTYPE html>", b"<html lang='en'>", b"\r\n <HTML>", b"<!doctype HTML PUBLIC"])
def test_a_web_page_is_seen_as_one(body):
    assert is_page(body)


@pytest.mark.parametrize("body", [b"", b"{}", b"CENTRAL_E00001", b'{"duplicates":["<html>"]}'])
def test_data_are_not_taken_for_a_web_page(body):
    assert not is_page(body)


def test_labels_are_quoted_in_paths():
    assert path("projects", "A/B?c=d") == "/data/projects/A%2FB%3Fc%3Dd"


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_a_label_cannot_lead_to_another_place(part):
    with pytest.raises(ArchiveRefused):
        path("projects", part)

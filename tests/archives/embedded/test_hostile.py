"""What strangers try: to hold up the server, to fill its disk or its memory, and to guess."""

from __future__ import annotations

import base64
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
import requests
from argon2 import PasswordHasher

from tests.archives.embedded.door import FILES, PASSWORDS, SESSION, Caller
from tests.patience import PATIENCE_SECONDS, until
from uploader import httpserver
from uploader.archives.embedded import Account, Embedded, accounts, serve, throttle
from uploader.archives.embedded import server as hosting

OLGA = ("olga", "owns-it")
LOGIN = base64.b64encode(b"olga:owns-it").decode()


def connected(url: str) -> socket.socket:
    address = urlsplit(url)
    assert address.hostname
    return socket.create_connection((address.hostname, address.port or 80), timeout=PATIENCE_SECONDS)


def listens(url: str) -> bool:
    try:
        connected(url).close()
    except OSError:
        return False
    return True


@contextmanager
def half_sent(url: str, count: int, text: bytes) -> Iterator[list[socket.socket]]:
    with ExitStack() as closing:
        sockets = [closing.enter_context(connected(url)) for _ in range(count)]
        for one in sockets:
            one.sendall(text)
        yield sockets


HALF = b"GET /data/projects HTTP/1.1\r\nHost: x\r\nX-Never-Ends: "


@pytest.mark.parametrize("text", [b"", b"G", HALF, HALF + b"a" * 30_000], ids=["nothing", "a letter", "half", "long"])
def test_half_sent_requests_hold_up_nobody(url: str, text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpserver, "HEADER_SECONDS", 2 * PATIENCE_SECONDS)
    with half_sent(url, 60, text):
        assert requests.get(f"{url}/data/projects", auth=OLGA, timeout=PATIENCE_SECONDS).status_code == 200


def test_a_header_that_does_not_come_is_not_waited_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpserver, "HEADER_SECONDS", 0.5)
    with half_sent(url, 1, HALF) as (one,):
        assert one.recv(1000) in (b"",)


def test_a_header_that_drips_is_not_waited_for_either(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpserver, "HEADER_SECONDS", 0.6)
    with half_sent(url, 1, HALF) as (one,):
        until(lambda: not takes(one, b"x"))


def takes(one: socket.socket, data: bytes) -> bool:
    """Whether it is still listened to."""
    try:
        one.sendall(data)
    except OSError:
        return False
    return True


def test_of_too_many_who_wait_the_oldest_goes(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpserver, "WAITING_CONNECTIONS", 5)
    with half_sent(url, 7, HALF) as sockets:
        assert sockets[0].recv(10) == b""
        sockets[6].sendall(b"\r\n\r\n")
        assert sockets[6].recv(12) == b"HTTP/1.1 401"


def test_a_header_in_two_parts_is_a_request(url: str) -> None:
    with connected(url) as one:
        one.sendall(b"GET /xapi/siteConfig/buildInfo HTTP/1.1\r\nHost: x\r\n")
        time.sleep(0.2)
        one.sendall(b"\r\n")
        assert one.recv(12) == b"HTTP/1.1 200"


def test_a_header_line_of_150_mb_is_not_read(url: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    block = b"a" * (1 << 20)
    with connected(url) as one:
        one.sendall(HALF)
        one.settimeout(0.5)
        sent = 0
        try:
            while sent < 150:
                one.sendall(block)
                sent += 1
        except OSError:  # it does not take more, or has hung up
            pass
    assert sent < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB
    assert requests.get(f"{url}/data/projects", auth=OLGA, timeout=PATIENCE_SECONDS).status_code == 200


def test_a_header_of_more_than_64_kb_is_refused(url: str) -> None:
    answer = requests.get(
        f"{url}/data/projects", auth=OLGA, headers={"X": "a" * 60_000, "Y": "b" * 4_000}, timeout=PATIENCE_SECONDS
    )
    assert answer.status_code == 200
    try:
        answer = requests.get(f"{url}/data/projects", auth=OLGA, headers={"X": "a" * 70_000}, timeout=PATIENCE_SECONDS)
        assert answer.status_code == 413
    except requests.ConnectionError:
        pass  # hung up


@contextmanager
def watched_disk(folder: Path) -> Iterator[list[int]]:
    """The most bytes that open files of this process had in `folder`, deleted ones too."""
    most, stop = [0], threading.Event()

    def watch() -> None:
        while not stop.is_set():
            for link in Path("/proc/self/fd").iterdir():
                try:
                    name = str(link.readlink())
                    if name.startswith(f"{folder}/central/") and "archive.db" not in name and not link.is_dir():
                        most[0] = max(most[0], link.stat().st_size)
                except OSError:
                    continue
            time.sleep(0.005)

    thread = threading.Thread(target=watch)
    thread.start()
    yield most
    stop.set()
    thread.join()


@pytest.mark.parametrize("path", ["/data/services/auth", "/data/services/import", FILES, "/data/nowhere"])
def test_a_form_of_100_mb_from_a_stranger_is_not_written_anywhere(url: str, tmp_path: Path, path: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    with watched_disk(tmp_path) as most:
        try:
            answer = requests.post(
                f"{url}{path}", data=part + b"a" * 100_000_000, timeout=PATIENCE_SECONDS,
                headers={"Content-Type": "multipart/form-data; boundary=x"},
            )  # fmt: skip
            assert answer.status_code in (401, 413)
        except requests.ConnectionError:
            pass  # hung up
    assert most[0] == 0


def test_the_body_of_a_wrong_login_is_not_kept_either(url: str, tmp_path: Path) -> None:
    with watched_disk(tmp_path) as most:
        answer = requests.put(
            f"{url}{FILES}/x", data=b"a" * 20_000_000, auth=("olga", "wrong"), timeout=PATIENCE_SECONDS
        )
    assert answer.status_code == 401
    assert most[0] == 0


def test_a_login_that_does_not_send_its_form_is_not_waited_for(
    archive: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(httpserver, "UNPROVEN_SECONDS", 0.5)
    monkeypatch.setattr(hosting, "STALL_SECONDS", 2 * PATIENCE_SECONDS)
    server = serve(archive, "127.0.0.1", 0)
    server.start()
    head = b"POST /data/services/auth HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n"
    kind = b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    with half_sent(server.url, 1, head + kind) as (one,):
        one.recv(1000)
    server.stop()


def test_one_who_is_known_may_pause_while_sending(url: str, olga: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    olga.make_scan()
    monkeypatch.setattr(httpserver, "UNPROVEN_SECONDS", 0.5)
    head = f"PUT {FILES}/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {LOGIN}\r\nContent-Length: 6\r\n\r\nabc"
    with half_sent(url, 1, head.encode()) as (one,):
        time.sleep(1)
        one.sendall(b"def")
        assert one.recv(12) == b"HTTP/1.1 200"


def test_requests_under_way_are_finished_when_the_server_stops(
    archive: Embedded, olga: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga.make_scan()
    monkeypatch.setattr(hosting, "STOP_SECONDS", PATIENCE_SECONDS)
    begun, answered = threading.Event(), archive.app.wsgi_app
    noted = lambda *asked: (begun.set(), answered(*asked))[1]  # noqa: E731
    monkeypatch.setattr(archive.app, "wsgi_app", noted)
    server = serve(archive, "127.0.0.1", 0)
    server.start()
    head = f"PUT {FILES}/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {LOGIN}\r\nContent-Length: 6\r\n\r\nabc"
    with half_sent(server.url, 1, head.encode()) as (one,):
        assert begun.wait(PATIENCE_SECONDS)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        until(lambda: not listens(server.url))
        one.sendall(b"def")
        assert one.recv(12) == b"HTTP/1.1 200"
        stopping.join(PATIENCE_SECONDS)
    assert olga("GET", f"{FILES}/1").data == b"abcdef"


def test_a_server_that_is_stopped_amid_many_requests_stops_without_a_stir(archive: Embedded) -> None:
    before = set(threading.enumerate())
    server = serve(archive, "127.0.0.1", 0)
    server.start()
    with ExitStack() as closing:
        callers = [closing.enter_context(connected(server.url)) for _ in range(20)]
        for one in callers:
            one.sendall(b"GET /xapi/siteConfig/buildInfo HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        server.stop()
    until(lambda: set(threading.enumerate()) <= before)


def test_wrong_passwords_are_answered_more_and_more_slowly(archive: Embedded) -> None:
    waits = [throttled.failed("olga", "1.2.3.4") for throttled in [throttle.Throttle()] for _ in range(8)]
    assert waits == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]
    begun = time.monotonic()
    for _ in range(3):
        assert Caller(archive, "olga", "wrong")("GET", "/data/auth").status_code == 401
    assert time.monotonic() - begun > 0.3


def test_after_twenty_wrong_passwords_the_right_one_is_of_no_use_for_a_while(
    archive: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "LONGEST_DELAY", 0.0)
    monkeypatch.setattr(accounts, "LONGEST_DELAY", 0.0)
    for _ in range(20):
        Caller(archive, "olga", "wrong")("GET", "/data/auth")
    assert Caller(archive, "olga")("GET", "/data/auth").status_code == 401
    elsewhere = {"REMOTE_ADDR": "10.0.0.9"}
    assert Caller(archive, "olga")("GET", "/data/auth", environ_base=elsewhere).status_code == 200
    monkeypatch.setattr(throttle, "LOCKED_SECONDS", 0.0)
    assert Caller(archive, "olga")("GET", "/data/auth").status_code == 200


def test_a_right_password_makes_up_for_wrong_ones(archive: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "LONGEST_DELAY", 0.0)
    for _ in range(2):
        for _ in range(15):
            Caller(archive, "olga", "wrong")("GET", "/data/auth")
        monkeypatch.setattr(accounts, "TRUST_SECONDS", -1)
        assert Caller(archive, "olga")("GET", "/data/auth").status_code == 200


def test_a_token_issues_no_token_not_even_through_a_session(archive: Embedded, olga: Caller) -> None:
    token = olga("GET", "/data/services/tokens/issue").json
    assert token is not None
    by_token = Caller(archive, token["alias"], token["secret"])
    assert by_token("GET", "/data/services/tokens/issue").status_code == 403
    client = archive.app.test_client()
    client.put("/data/services/auth", data={"username": token["alias"], "password": token["secret"]})
    assert client.get("/data/auth").status_code == 200
    assert client.get("/data/services/tokens/issue").status_code == 403


def test_a_token_sets_no_password_for_it_would_outlive_itself(archive: Embedded, olga: Caller) -> None:
    token = olga("GET", "/data/services/tokens/issue").json
    assert token is not None
    by_token = Caller(archive, token["alias"], token["secret"])
    assert by_token("PUT", "/xapi/users/olga", json={"password": "taken"}).status_code == 403
    assert by_token("PUT", "/xapi/users/olga", json={"firstName": "Olga"}).status_code == 200
    assert olga("GET", "/data/auth").status_code == 200


def test_a_token_for_an_account_that_is_switched_off_opens_nothing(archive: Embedded) -> None:
    admin = Caller(archive, "admin")
    assert admin("PUT", "/xapi/users/mark/enabled/false").status_code == 200
    token = admin("GET", "/data/services/tokens/issue/user/mark").json
    assert token is not None
    assert Caller(archive, token["alias"], token["secret"])("GET", "/data/auth").status_code == 401


def test_who_is_switched_off_while_their_password_is_hashed_does_not_get_in(archive: Embedded) -> None:
    class Slow(PasswordHasher):
        def verify(self, *given: Any) -> Literal[True]:
            right = super().verify(*given)
            archive.store.accounts.enable("mark", False)
            return right

    archive.store.accounts._hasher = Slow()
    client = archive.app.test_client()
    form = {"username": "mark", "password": PASSWORDS["mark"]}
    assert client.put("/data/services/auth", data=form).status_code == 401


@pytest.mark.parametrize(
    ("login", "method", "url"),
    [
        ("nora", "PUT", "/xapi/users/nora"),
        ("admin", "POST", "/xapi/users"),
        ("admin", "POST", "/xapi/siteConfig"),
        ("admin", "POST", "/xapi/dicomscp"),
        ("olga", "PUT", "/xapi/anonymize/projects/P/enabled"),
    ],
)
def test_a_setting_of_several_megabytes_is_not_read_into_memory(
    archive: Embedded, login: str, method: str, url: str
) -> None:
    long = b'{"email": "' + b"x" * (2 << 20) + b'"}'
    assert Caller(archive, login)(method, url, long, content_type="application/json").status_code == 413


def test_tokens_and_sessions_end_when_the_password_changes(archive: Embedded, olga: Caller) -> None:
    token = olga("GET", "/data/services/tokens/issue").json
    assert token is not None
    session = archive.app.test_client()
    session.put("/data/services/auth", data={"username": "olga", "password": "owns-it"})
    archive.store.accounts.settle([Account("olga", "a new one")])
    assert Caller(archive, token["alias"], token["secret"])("GET", "/data/auth").status_code == 401
    assert session.get("/data/auth").status_code == 401
    assert olga("GET", "/data/auth").status_code == 401


def test_the_database_is_for_the_archives_account_only(archive: Embedded, tmp_path: Path) -> None:
    files = list((tmp_path / "central").glob("archive.db*"))
    assert len(files) == 3
    assert {oct(p.stat().st_mode & 0o777) for p in files} == {"0o600"}


def test_who_may_only_look_cannot_carry_a_session_into_a_project_of_their_own(archive: Embedded, olga: Caller) -> None:
    olga.make_scan()
    cora = Caller(archive, "cora")
    assert cora("PUT", "/data/projects/HERS").status_code == 200
    for path in (SESSION, "/data/projects/P/subjects/S", f"/data/experiments/{olga('PUT', SESSION).text}"):
        assert cora("PUT", f"{path}/projects/HERS").status_code == 403
    assert cora.rows("/data/projects/HERS/experiments") == []
    assert cora("PUT", f"{SESSION}/projects/NONE").status_code == 404


def test_an_owner_takes_back_what_a_dismissed_member_shared(archive: Embedded, olga: Caller) -> None:
    olga.make_scan()
    mark = Caller(archive, "mark")
    assert mark("PUT", "/data/projects/HIS").status_code == 200
    assert mark("PUT", f"{SESSION}/projects/HIS").status_code == 200
    assert olga("DELETE", "/data/projects/P/users/Members/mark").status_code == 200
    assert [row["ID"] for row in olga.rows(f"{SESSION}/projects")] == ["P", "HIS"]
    assert olga("DELETE", f"{SESSION}/projects/HIS").status_code == 200
    assert mark.rows("/data/projects/HIS/experiments") == []

"""`uploader listener`: from a sender over the network to a submission, across kills."""

from __future__ import annotations

import socket
from contextlib import closing, suppress
from pathlib import Path
from threading import Timer

import pytest
from pydicom import dcmread

from tests.cli.calling import call, running
from tests.dimse.certificates import Authority
from tests.dimse.senders import CT, Stranger, command, data_set, dcmtk, fragment
from tests.homes import change_settings, demo, free_ports, new_home
from tests.patience import until
from uploader.gateway import open_home
from uploader.phantom import large_multiframe


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path / "home")


@pytest.fixture
def port(home):
    port = free_ports(1)[0]
    change_settings(home, "[desk]", f"[listener]\nport = {port}\n\n[desk]")
    return port


def answering(port):
    return lambda: dcmtk("echoscu", port).returncode == 0


def files(home):
    return [path for path in (home / "inbox").rglob("*") if path.is_file()]


def test_without_its_settings_it_does_not_start(home):
    answer = call(home, "listener")
    assert answer.returncode == 2
    assert "[listener]" in answer.stderr


def test_half_of_the_settings_for_tls_are_none(home, port):
    change_settings(home, f"port = {port}", f'port = {port}\ntls_certificate = "secrets/listener.pem"')
    answer = call(home, "listener")
    assert answer.returncode == 2
    assert "tls_key" in answer.stderr


def test_a_port_that_is_taken_is_told(home, port):
    with closing(socket.create_server(("127.0.0.1", port))):
        answer = call(home, "listener")
    assert answer.returncode == 2
    assert "the port is taken" in answer.stderr


def test_with_certificates_in_the_settings_it_speaks_tls_to_those_that_have_one(home, port, tmp_path):
    authority = Authority(tmp_path / "authority")
    certificate, key = authority.vouches_for("listener")
    ours, our_key = authority.vouches_for("pacs")
    more = f'tls_certificate = "{certificate}"\ntls_key = "{key}"\ntls_clients = "{authority.certificate}"'
    change_settings(home, f"port = {port}", f"port = {port}\n{more}")
    with running(home, "listener", out=tmp_path / "log"):
        until(lambda: "serving" in (tmp_path / "log").read_text())
        assert dcmtk("echoscu", port).returncode != 0
        trusting = ["+cf", str(authority.certificate)]
        assert dcmtk("echoscu", port, "+tla", *trusting).returncode != 0
        assert dcmtk("echoscu", port, "+tls", str(our_key), str(ours), *trusting).returncode == 0


def test_it_needs_no_key_and_no_records(home, port, tmp_path):
    for folder in ("secrets", "records", "link"):
        (home / folder).rename(tmp_path / folder)
    with running(home, "listener", out=tmp_path / "log"):
        until(answering(port))
    assert not (home / "records").exists()
    assert "set listener.calling" in (tmp_path / "log").read_text()


def test_what_is_sent_to_a_running_gateway_becomes_a_submission(home, port, tmp_path):
    session = demo(tmp_path / "session")
    built = open_home(home)
    with running(home, "serve", out=tmp_path / "log"):
        until(answering(port))
        assert dcmtk("storescu", port, *session.iterdir()).returncode == 0
        until(lambda: [str(s.state) for s in built.records.all()] == ["received"])
        until(lambda: "DICOM listener" in (tmp_path / "log").read_text())
        until(lambda: files(home) == [])
    built.records.close()
    said = (tmp_path / "log").read_text()
    assert "DICOM listener" in said
    patient = dcmread(session / "CT0001.dcm")
    assert str(patient.PatientID) not in said
    assert str(patient.PatientName.family_name) not in said


def acknowledged(port, image, before_object):
    """SOP Instance UIDs of the objects that were sent with success until the listener was gone."""
    dataset, done = dcmread(image), []
    stranger = Stranger(port).associated()
    with closing(stranger), suppress(OSError, AssertionError):
        for number in range(1000):
            dataset.SOPInstanceUID = f"1.2.3.{number}"
            dataset.save_as(image)
            stranger.write(fragment(3, command(1, CT, dataset.SOPInstanceUID)))
            before_object(number)
            stranger.write(fragment(2, data_set(image)))
            assert stranger.status() == 0x0000
            done.append(dataset.SOPInstanceUID)
    return done


@pytest.mark.parametrize("moment", ["within an object", "whenever it may be"])
def test_a_listener_that_is_killed_has_kept_all_that_it_acknowledged(home, port, tmp_path, moment):
    image = demo(tmp_path / "session") / "CT0001.dcm"
    with running(home, "listener", out=tmp_path / "log") as listener:
        until(answering(port))
        kill = Timer(0 if moment == "within an object" else 0.05, listener.kill)
        done = acknowledged(port, image, lambda number: kill.start() if number == 20 else None)
        kill.join()
    with running(home, "listener", out=tmp_path / "log"):
        until(answering(port))
    found = {dcmread(path).SOPInstanceUID: path for path in files(home)}
    assert len(done) >= 20
    assert found.keys() >= set(done)
    assert {path.suffix for path in found.values()} == {".dcm"}


def memory(pid):
    """Largest size so far, in MB."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def test_memory_does_not_grow_with_the_object(home, port, tmp_path):
    large_multiframe(tmp_path / "large.dcm", 200 << 20)
    large_multiframe(tmp_path / "small.dcm", 1 << 20)
    with running(home, "listener", out=tmp_path / "log") as listener:
        until(answering(port))
        assert dcmtk("dcmsend", port, tmp_path / "small.dcm").returncode == 0
        before = memory(listener.pid)
        assert dcmtk("dcmsend", port, tmp_path / "large.dcm").returncode == 0
        assert memory(listener.pid) < before + 20
    assert max(path.stat().st_size for path in files(home)) > 200 << 20

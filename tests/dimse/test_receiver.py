"""What is sent by C-STORE is kept to the byte, durably, or its sender is told that it is not."""

from __future__ import annotations

import logging
import resource
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless
from pynetdicom import AE

from tests.dimse.senders import (
    CT,
    TITLE,
    Stranger,
    command,
    data_set,
    dcmtk,
    fragment,
    kept,
    receiving,
    sent,
)
from tests.patience import until
from uploader.dimse.receiver import SYNTAXES
from uploader.phantom import large_multiframe
from uploader.stages.ingest.facts import is_taken


@pytest.fixture
def receiver(inbox):
    with receiving(inbox) as receiver:
        yield receiver


def test_an_echo_is_answered(receiver):
    assert dcmtk("echoscu", receiver.port).returncode == 0


@pytest.mark.parametrize("tool", ["storescu", "dcmsend"])
def test_a_session_arrives_to_the_byte_behind_a_file_meta_of_ours(receiver, inbox, session, tool):
    answer = dcmtk(tool, receiver.port, *sorted(session.iterdir()))
    assert answer.returncode == 0, answer.stderr
    originals = {dcmread(path).SOPInstanceUID: path for path in session.iterdir()}
    received = kept(inbox)
    assert received.keys() == originals.keys()
    for uid, path in originals.items():
        assert data_set(received[uid]) == data_set(path)
        meta = dcmread(received[uid], stop_before_pixels=True).file_meta
        assert meta.MediaStorageSOPInstanceUID == uid
        assert meta.TransferSyntaxUID == dcmread(path).file_meta.TransferSyntaxUID
        assert "SourceApplicationEntityTitle" not in meta


@pytest.mark.parametrize(
    ("convert", "send"),
    [
        (["dcmconv", "+ti"], ["storescu", "-xi"]),
        (["dcmconv", "+tb"], ["storescu", "-xb"]),
        (["dcmcrle"], ["storescu", "-xr"]),
        (["dcmcrle"], ["dcmsend"]),
        (["dcmcjpeg", "+e1"], ["dcmsend"]),
    ],
    ids=["implicit", "big endian", "RLE", "RLE by dcmsend", "JPEG Lossless"],
)
def test_whatever_the_syntax_the_data_set_is_as_it_was_sent(receiver, inbox, slice_, tmp_path, convert, send):
    other = tmp_path / "other.dcm"
    subprocess.run([*convert, slice_, other], check=True)
    tool, *options = send
    assert dcmtk(tool, receiver.port, *options, other).returncode == 0
    (received,) = kept(inbox).values()
    assert data_set(received) == data_set(other)
    assert dcmread(received).file_meta.TransferSyntaxUID == dcmread(other).file_meta.TransferSyntaxUID


def test_a_compressed_image_is_not_looked_into(receiver, inbox, slice_, tmp_path):
    dataset = dcmread(slice_)
    dataset.PixelData = encapsulate([b"no JPEG 2000 at all, and nobody asks"])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.save_as(tmp_path / "other.dcm")
    entity = AE("SENDER")
    entity.add_requested_context(CT, JPEG2000Lossless)
    association = entity.associate("127.0.0.1", receiver.port, ae_title=TITLE)
    assert association.send_c_store(tmp_path / "other.dcm").Status == 0x0000
    association.release()
    (received,) = kept(inbox).values()
    assert dcmread(received).PixelData == dataset.PixelData


def test_every_syntax_that_is_taken_here_is_one_that_the_intake_takes():
    assert all(is_taken(syntax) for syntax in SYNTAXES)
    assert len(SYNTAXES) > 20


def test_the_last_object_counts_as_unfinished_until_its_association_ends(receiver, inbox, slice_):
    entity = AE("SENDER")
    entity.add_requested_context(CT)
    association = entity.associate("127.0.0.1", receiver.port, ae_title=TITLE)
    association.send_c_store(slice_)
    assert [p.suffixes for p in inbox.iterdir() if p.is_file()] == [[".dcm", ".part"]]
    association.send_c_store(slice_)
    assert sorted(p.suffix for p in inbox.iterdir() if p.is_file()) == [".dcm", ".part"]
    association.release()
    until(lambda: all(p.suffix == ".dcm" for p in inbox.iterdir() if p.is_file()))


def test_what_breaks_off_leaves_what_was_acknowledged_and_nothing_of_itself(receiver, inbox, slice_, monkeypatch):
    stranger = Stranger(receiver.port).associated()
    uid = dcmread(slice_).SOPInstanceUID
    whole = fragment(3, command(1, CT, uid))
    stranger.write(whole).write(fragment(2, data_set(slice_)))
    assert stranger.status() == 0x0000
    stranger.write(whole).write(fragment(0, data_set(slice_)[:1000]))
    until(lambda: any((inbox / ".receiving").iterdir()))
    stranger.close()
    until(lambda: not any((inbox / ".receiving").iterdir()))
    assert list(kept(inbox)) == [uid]


def test_nothing_is_written_outside_of_the_folder(receiver, inbox, session, tmp_path, monkeypatch):
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    sent(receiver.port, *session.iterdir())
    assert len(kept(inbox)) == len(list(session.iterdir()))
    assert not any(elsewhere.iterdir())


@pytest.mark.parametrize("instance", ["1.2.3", "no uid", "../../../etc/passwd"])
def test_an_object_that_is_not_what_its_command_says_is_refused(receiver, inbox, slice_, instance):
    stranger = Stranger(receiver.port).associated()
    stranger.write(fragment(3, command(1, CT, instance))).write(fragment(2, data_set(slice_)))
    assert stranger.status() == 0xA900
    assert not kept(inbox)


def test_an_object_of_another_class_than_was_agreed_is_refused(receiver, inbox, session):
    path = session / "RP0001.dcm"
    plan = dcmread(path)
    stranger = Stranger(receiver.port).associated()
    stranger.write(fragment(3, command(1, plan.SOPClassUID, plan.SOPInstanceUID))).write(fragment(2, data_set(path)))
    assert stranger.status() == 0xA900
    assert not kept(inbox)


def test_what_is_no_data_set_is_refused(receiver, inbox):
    stranger = Stranger(receiver.port).associated()
    stranger.write(fragment(3, command(1))).write(fragment(2, b"\xff" * 1000))
    assert stranger.status() == 0xC000
    assert not kept(inbox)


def test_on_a_full_disk_the_sender_is_told_to_come_again(inbox, slice_):
    with receiving(inbox, reserve_bytes=shutil.disk_usage(inbox).free * 2) as receiver:
        entity = AE("SENDER")
        entity.add_requested_context(CT)
        association = entity.associate("127.0.0.1", receiver.port, ae_title=TITLE)
        assert association.send_c_store(slice_).Status == 0xA700
        association.release()
    assert not kept(inbox)
    assert not any((inbox / ".receiving").iterdir())


def test_a_disk_that_fills_up_under_an_object_is_noticed(receiver, inbox, slice_, tmp_path):
    large_multiframe(tmp_path / "large.dcm", 20 << 20)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10 << 20, before[1]))
    try:
        answer = dcmtk("dcmsend", receiver.port, "-v", tmp_path / "large.dcm", slice_)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "Refused: OutOfResources" in answer.stdout + answer.stderr
    assert [path.stat().st_size for path in kept(inbox).values()] == [slice_.stat().st_size - 14]
    assert not any((inbox / ".receiving").iterdir())


@pytest.mark.parametrize(
    ("access", "called"),
    [({}, "ANOTHER"), ({"calling": ("SCANNER",)}, TITLE), ({"peers": ("10.0.0.0/8", "192.0.2.7")}, TITLE)],
)
def test_who_is_not_expected_is_not_served(inbox, slice_, access, called):
    with receiving(inbox, **access) as receiver:
        assert dcmtk("echoscu", receiver.port, called=called).returncode != 0
        assert dcmtk("storescu", receiver.port, slice_, called=called).returncode != 0
    assert not kept(inbox)


def test_who_is_expected_is_served(inbox, slice_):
    with receiving(inbox, calling=("SCANNER", "PACS"), peers=("127.0.0.0/8",)) as receiver:
        assert dcmtk("storescu", receiver.port, "-aet", "PACS", slice_).returncode == 0
    assert len(kept(inbox)) == 1


def test_four_senders_at_once_disturb_each_other_in_nothing(receiver, inbox, session):
    files = sorted(session.iterdir())
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: dcmtk("storescu", receiver.port, *files).returncode, range(4)))
    assert done == [0] * 4
    assert len(kept(inbox)) == len(files)
    assert len(list(inbox.glob("*.dcm"))) == 4 * len(files)


def test_who_only_asks_whether_the_port_is_open_is_not_in_the_log(inbox, caplog):
    caplog.set_level(logging.DEBUG)
    with receiving(inbox, peers=("192.0.2.7",)) as receiver:
        assert Stranger(receiver.port).ends()
    assert "not-received" not in caplog.text


def test_the_log_says_nothing_of_who_was_sent_or_who_sent(receiver, session, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    dcmtk("storescu", receiver.port, "-aet", "QUILLFEATHER", *session.iterdir())
    dcmtk("echoscu", receiver.port, "-aet", "QUILLFEATHER", called="NOBODY")
    stranger = Stranger(receiver.port).associated()
    stranger.write(fragment(3, command(1))).write(fragment(2, b"Quillfeather" * 100))
    assert stranger.status() == 0xC000
    stranger.write(fragment(3, b"Quillfeather^" * 30))
    assert stranger.ends()
    printed = "".join(capfd.readouterr())
    until(lambda: "received-over-network" in caplog.text)
    until(lambda: "not-received" in caplog.text)
    names = {"QUILLFEATHER", "NOBODY", *(str(dcmread(p).SOPInstanceUID) for p in session.iterdir())}
    assert [name for name in names if name.lower() in (caplog.text + printed).lower()] == []
    assert not any(record.name.startswith("pynetdicom") for record in caplog.records)

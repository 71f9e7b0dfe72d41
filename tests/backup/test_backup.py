"""A home can be made anew from its copies: whole, proven, with keys and data kept apart."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from tests.homes import archives_of, arrive, bring_to_signature, carry, demo, gateway_at, new_home, sign_and_release
from uploader.backup import restore, sums, take
from uploader.backup.plan import RECORDS
from uploader.cli import main
from uploader.domain.errors import BadBackup
from uploader.domain.identity import Pseudonym
from uploader.gateway import build_line, open_home
from uploader.given import identifiable_session, trial_session
from uploader.home import Home
from uploader.records import anchor, verify
from uploader.records.database import connect
from uploader.records.move import move


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A home with one submission released, one awaiting its signature and one in the spool; and copies of it."""
    root = tmp_path_factory.mktemp("used")
    with gateway_at(root / "home") as built:
        released = bring_to_signature(built, demo(root / "one"))
        assert sign_and_release(built, released) == "released"
        waiting = bring_to_signature(built, demo(root / "two", seed=2), subject="DEMO-002")
        spooled = arrive(built, demo(root / "three", seed=3))
        anchor(built.records.database, built.home.anchor)
        data, keys = take(built.home, root / "copies", secrets_to=root / "keys")
    return {"root": root, "data": data.copy, "keys": keys.copy, "ids": (released, waiting, spooled)}


@pytest.fixture
def copied(used, tmp_path):
    """Copies of the copies, to be spoiled."""
    return shutil.copytree(used["data"], tmp_path / "data"), shutil.copytree(used["keys"], tmp_path / "keys")


def test_a_restored_home_holds_every_submission_with_its_files(used, tmp_path):
    restore(used["data"], used["keys"], tmp_path / "home")
    built = open_home(tmp_path / "home")
    released, waiting, spooled = used["ids"]
    with archives_of(built):
        line = build_line(built)
        for submission in (released, waiting):
            about = built.records.get(submission)
            places = ((line.identifiable, identifiable_session(line, about)), (line.anonymised, trial_session(about)))
            for archive, session in places:
                place = "identifiable" if archive is line.identifiable else "anonymised"
                manifest = built.records.manifest(submission, place)
                held = list(archive.held(session.address))
                assert not manifest.lacking(held)
                assert not manifest.differing(held)
        assert carry(built, spooled) == "received"
        assert sign_and_release(built, waiting) == "released"
    assert verify(built.records.database, anchor=built.home.anchor).broken_at is None
    built.records.close()


def test_a_home_that_was_copied_before_its_first_session_works_when_restored(tmp_path):
    data, keys = take(Home(new_home(tmp_path / "home")), tmp_path / "copies", secrets_to=tmp_path / "keys")
    restore(data.copy, keys.copy, tmp_path / "again")
    built = open_home(tmp_path / "again")
    with archives_of(built):
        assert carry(built, arrive(built, demo(tmp_path / "in"))) == "received"
    built.records.close()


def test_the_link_table_of_a_restored_home_still_knows_who_is_who(used, tmp_path):
    restore(used["data"], used["keys"], tmp_path / "home")
    built = open_home(tmp_path / "home")
    about = built.records.get(used["ids"][0])
    line = build_line(built)
    assert line.links.reveal(Pseudonym(about.trial, about.subject))
    built.records.close()


def test_keys_are_in_their_own_copy_only(used):
    secret = {path.read_bytes() for path in (used["root"] / "home" / "secrets").iterdir()}
    assert not [p for p in used["data"].rglob("*") if p.is_file() and p.read_bytes() in secret]
    assert {path.name for path in (used["keys"] / "secrets").iterdir()} >= {"link.key", "trial.key"}


@pytest.mark.parametrize("kept", ["secrets/link.key", "trial_protocols/DEMO-RT"])
def test_a_home_of_which_something_lies_elsewhere_is_not_said_to_be_copied(tmp_path, kept):
    root = new_home(tmp_path / "home")
    elsewhere = (root / kept).rename(tmp_path / "elsewhere")
    (root / kept).symlink_to(elsewhere)
    with pytest.raises(BadBackup, match="is a link"):
        take(Home(root), tmp_path / "to", secrets_to=tmp_path / "keys")
    assert not [*(tmp_path / "keys").glob("*"), *(tmp_path / "to").glob("*.part")]


def test_an_archive_on_another_disk_is_copied_though_a_link_leads_to_it(tmp_path):
    root = new_home(tmp_path / "home")
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "one.dcm").write_bytes(b"one")
    (root / "archives" / "identifiable").mkdir(parents=True)
    (root / "archives" / "identifiable" / "archive").symlink_to(tmp_path / "disk")
    (taken,) = take(Home(root), tmp_path / "to")
    assert (taken.copy / "archives" / "identifiable" / "archive" / "one.dcm").read_bytes() == b"one"


def test_nobody_else_looks_into_a_restored_home(used, tmp_path):
    restore(used["data"], used["keys"], tmp_path / "home")
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("spoil", ["change", "remove", "sums", "unfinished"])
def test_a_copy_that_is_not_whole_makes_no_home(copied, tmp_path, spoil):
    data, keys = copied
    file = next(p for p in sorted((data / "archives").rglob("*.dcm")))
    if spoil == "change":
        file.write_bytes(file.read_bytes()[:-1] + b"!")
    elif spoil == "remove":
        file.unlink()
    elif spoil == "sums":
        (data / sums.NAME).write_text("nonsense\n")
    else:
        (data / sums.NAME).unlink()
    with pytest.raises(BadBackup):
        restore(data, keys, tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_copy_without_its_keys_makes_no_home(copied, tmp_path):
    data, _ = copied
    with pytest.raises(BadBackup, match="holds no keys"):
        restore(data, data, tmp_path / "home")


def test_a_copy_whose_list_leads_outside_makes_no_home(copied, tmp_path):
    data, keys = copied
    (tmp_path / "evil").write_text("x")
    sums.write(data, {**sums.read(data), "../evil": sums.digest(tmp_path / "evil")})
    with pytest.raises(BadBackup, match="outside"):
        restore(data, keys, tmp_path / "deeper" / "home")


def test_a_home_that_is_there_is_never_restored_over(used):
    with pytest.raises(BadBackup, match="not empty"):
        restore(used["data"], used["keys"], used["root"] / "home")


def test_what_did_not_change_is_linked_to_the_copy_before_and_what_did_is_copied(used, tmp_path):
    home = open_home(used["root"] / "home").home
    (first,) = take(home, tmp_path / "to")
    file = next(p for p in sorted((home.root / "trial_protocols").rglob("*.json")))
    file.write_text(file.read_text() + " ")
    first.copy.rename(first.copy.with_name("2020-01-01T00-00-00Z"))
    (second,) = take(home, tmp_path / "to")
    path = file.relative_to(home.root)
    old = tmp_path / "to" / "2020-01-01T00-00-00Z"
    assert not (second.copy / path).samefile(old / path)
    image = next(p for p in sorted(second.copy.rglob("*.dcm")))
    assert image.samefile(old / image.relative_to(second.copy))
    assert not list(sums.wrong(second.copy))


@pytest.mark.parametrize("place", ["home/inside", "home"])
def test_a_copy_does_not_lie_inside_the_home(used, place):
    with pytest.raises(BadBackup, match="inside the home"):
        take(open_home(used["root"] / "home").home, used["root"] / place)


def test_keys_do_not_lie_with_the_data(used, tmp_path):
    with pytest.raises(BadBackup, match="must not lie with the data"):
        take(open_home(used["root"] / "home").home, tmp_path / "a", secrets_to=tmp_path / "a" / "b")


def test_a_copy_taken_while_sessions_arrive_lacks_nothing_that_its_records_speak_of(tmp_path):
    with gateway_at(tmp_path / "home") as built:
        done = threading.Event()

        def work() -> None:
            for seed in range(1, 4):
                submission = arrive(built, demo(tmp_path / f"in{seed}", seed=seed))
                carry(built, submission)
            done.set()

        thread = threading.Thread(target=work)
        thread.start()
        copies: list[Path] = []
        while not done.is_set():
            (taken,) = take(built.home, tmp_path / f"copy{len(copies)}")
            copies.append(taken.copy)
        thread.join()
        (keys,) = take(built.home, tmp_path / "last", secrets_to=tmp_path / "keys")[1:]
    for number, copy in enumerate(copies[-3:]):
        restore(copy, keys.copy, tmp_path / f"again{number}")
        _complete(tmp_path / f"again{number}")


def _complete(root: Path) -> None:
    """Every submission of the records is in the spool or in the identifiable archive, whole."""
    built = open_home(root)
    with archives_of(built, "identifiable"):
        line = build_line(built)
        for about in built.records.all():
            manifest = built.records.manifest(about.id, "identifiable")
            held = list(line.identifiable.held(identifiable_session(line, about).address))
            spooled = built.home.spool / about.id
            assert not manifest.lacking(held) or all((spooled / entry.name).is_file() for entry in manifest)
    built.records.close()


def test_the_two_commands_say_what_they_did(used, tmp_path, monkeypatch, capsys):
    home = str(used["root"] / "home")
    monkeypatch.setattr("sys.argv", ["uploader", "backup", str(tmp_path / "to"), "--home", home])
    main()
    said = capsys.readouterr()
    assert "files" in said.out
    assert "The keys are not in it" in said.err
    (copy,) = (tmp_path / "to").iterdir()
    args = ["uploader", "restore", str(copy), "--secrets", str(used["keys"]), "--home", str(tmp_path / "new")]
    monkeypatch.setattr("sys.argv", args)
    main()
    assert "proven and restored" in capsys.readouterr().out
    assert (tmp_path / "new" / "uploader.toml").is_file()


def test_records_on_a_server_are_in_the_copy_as_the_file_of_a_home(tmp_path, postgres):
    with gateway_at(tmp_path / "home") as built:
        submission = arrive(built, demo(tmp_path / "in"))
        assert carry(built, submission) == "received"
        server = connect(postgres.url(postgres.new_database()))
        move(built.records.database, server)
        (built.home.root / RECORDS).unlink()
        data, keys = take(built.home, tmp_path / "copies", secrets_to=tmp_path / "keys", server=server)
        before = verify(server)
        server.close()
    restore(data.copy, keys.copy, tmp_path / "again")
    again = open_home(tmp_path / "again")
    assert verify(again.records.database) == before
    assert again.records.get(submission).state == "received"
    again.records.close()

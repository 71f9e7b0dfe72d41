"""A site that outgrows its embedded archives changes one setting and moves, losing nothing."""

from __future__ import annotations

import shutil

import pytest

from tests.homes import archives_of, bring_to_signature, change_settings, demo, free_ports, gateway_at, sign_and_release
from uploader.cli import main
from uploader.doctor import kept
from uploader.doctor.observation import Grade
from uploader.domain.errors import BadSettings
from uploader.gateway import open_home
from uploader.moving import move


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """A home with one submission that awaits its signature, its archives stopped."""
    root = tmp_path_factory.mktemp("left") / "home"
    with gateway_at(root) as built:
        bring_to_signature(built, demo(root.parent / "in"))
    return root


@pytest.fixture
def moved_out(left, tmp_path):
    """The home with its two embedded archives laid aside, and empty ones at other ports in their place."""
    root = shutil.copytree(left, tmp_path / "home")
    for name, port in zip(("identifiable", "anonymised"), free_ports(2), strict=True):
        (root / "archives" / name).rename(tmp_path / name)
        change_settings(
            root, f'url = "{getattr(open_home(root).settings, name).url}"', f'url = "http://127.0.0.1:{port}"'
        )
    return root


def real(root):
    """The settings as they are when the archives are somebody else's."""
    for _ in range(2):
        change_settings(root, "embedded = true", "embedded = false")
    return open_home(root)


def test_every_session_is_in_the_new_archives_and_can_be_signed_there(moved_out, tmp_path):
    with archives_of(open_home(moved_out)):
        built = real(moved_out)
        for name in ("identifiable", "anonymised"):
            (receipt,) = move(built, name, tmp_path / name)
            assert receipt.files == 9
        (found,) = kept.look(built)
        assert found.grade is Grade.WELL
        (submission,) = built.records.all()
        assert sign_and_release(built, submission.id) == "released"


def test_moving_again_sends_nothing_twice(moved_out, tmp_path):
    with archives_of(open_home(moved_out)):
        built = real(moved_out)
        first, again = (list(move(built, "identifiable", tmp_path / "identifiable")) for _ in range(2))
        assert [r.digest for r in first] == [r.digest for r in again]


def test_the_embedded_archive_is_left_as_it_was(moved_out, tmp_path):
    before = {p: p.read_bytes() for p in (tmp_path / "identifiable" / "archive").rglob("*.dcm")}
    with archives_of(open_home(moved_out)):
        list(move(real(moved_out), "identifiable", tmp_path / "identifiable"))
    assert before == {p: p.read_bytes() for p in (tmp_path / "identifiable" / "archive").rglob("*.dcm")}


def test_moving_onto_itself_or_from_nothing_is_refused(moved_out, tmp_path):
    with pytest.raises(BadSettings, match="still embedded"):
        next(move(open_home(moved_out), "identifiable", tmp_path / "identifiable"))
    with pytest.raises(BadSettings, match="no embedded archive in"):
        next(move(real(moved_out), "identifiable", tmp_path / "nothing"))


def test_the_command_says_what_it_moved(moved_out, tmp_path, monkeypatch, capsys):
    with archives_of(open_home(moved_out)):
        real(moved_out)
        args = [
            "archive",
            "move",
            "--name",
            "anonymised",
            "--from",
            str(tmp_path / "anonymised"),
            "--home",
            str(moved_out),
        ]
        monkeypatch.setattr("sys.argv", ["uploader", *args])
        main()
    assert "1 session(s) of anonymised moved" in capsys.readouterr().out

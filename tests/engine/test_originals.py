"""Files of IN that others change while a run goes on."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.engine.making import digests
from tests.homes import demo
from uploader.engine import Order, anonymise_tree


def remove(path, other):
    path.unlink()


def link(path, other):
    path.unlink()
    path.symlink_to(other)


def overwrite(path, other):
    shutil.copy(other, path)


def replace(path, other):
    other.replace(path)


def pipe(path, other):
    path.unlink()
    os.mkfifo(path)


def change_after(stage, path, other, change, home, target):
    """The report of a run in which `change` is made when a stage is through."""

    def progress(now, done, total):
        if (now, done) == (stage, total):
            change(path, other)

    order = Order(home=home, source=path.parent, target=target, trial="DEMO-RT")
    return anonymise_tree(order, progress).document()


@pytest.mark.parametrize("change", [remove, link, overwrite, replace, pipe])
def test_a_file_that_another_has_replaced_since_it_was_sorted_is_held_alone(change, home, tmp_path):
    path, other = demo(tmp_path / "IN", 40) / "CT0002.dcm", demo(tmp_path / "other", 41) / "CT0002.dcm"
    report = change_after("look", path, other, change, home, tmp_path / "OUT")
    assert [h["code"] for s in report["sessions"] for h in s["held"]] == ["unreadable-file"]
    assert len(digests(tmp_path / "OUT")) == 8


@pytest.mark.parametrize("change", [remove, link, overwrite, replace])
def test_a_session_of_which_a_file_was_replaced_before_it_was_verified_is_held(change, home, tmp_path):
    path, other = demo(tmp_path / "IN", 42) / "CT0002.dcm", demo(tmp_path / "other", 43) / "CT0002.dcm"
    report = change_after("anonymise", path, other, change, home, tmp_path / "OUT")
    assert (report["totals"]["written"], report["totals"]["held"]) == (0, 9)
    assert digests(tmp_path / "OUT") == {}

"""What the records remember of the watched folder."""

from __future__ import annotations


def test_images_seen_before_are_known_again_however_many(records):
    tokens = [f"{n:032x}" for n in range(1201)]
    records.seen.remember(tokens[:700])
    records.seen.remember(tokens)
    assert records.seen.all(tokens)


def test_one_image_never_seen_makes_all_unknown(records):
    records.seen.remember(["a", "b"])
    assert not records.seen.all(["a", "b", "c"])


def test_a_notice_replaces_the_one_before(records):
    records.notices.post("waiting", ["one", "two"])
    records.notices.post("waiting", ["three"])
    assert records.notices.read("waiting") == ["three"]


def test_what_was_never_posted_is_silence(records):
    assert records.notices.read("quarantined") == []

"""Who may touch the spool, and what a look at it must not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.making import Site, ct
from uploader.domain.errors import Misconfigured
from uploader.stages.ingest.quarantine import listed_quarantine


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def everything(root: Path) -> dict[str, tuple[int, int]]:
    return {str(p.relative_to(root)): (p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(root.rglob("*"))}


def at_work(site: Site) -> None:
    """A worker that has something unpacked, half copied, and in quarantine."""
    (site.drop / "letter").write_bytes(b"Dear colleague, " * 20)
    site.later()
    for half in ("spool/.unpacked/7", "spool/abcd2345/scans", "quarantine/.q123"):
        (site.root / half).mkdir(parents=True)
    (site.root / "spool/.journal/x.json.part").write_text("{")


def test_listing_what_is_in_quarantine_changes_nothing(site: Site) -> None:
    at_work(site)
    before = everything(site.root)
    (item,) = listed_quarantine(site.root / "quarantine")
    assert item.code == "quarantine.not-dicom"
    assert everything(site.root) == before


def test_a_second_intake_that_only_lists_changes_nothing(site: Site) -> None:
    at_work(site)
    before = everything(site.root)
    assert [q.code for q in Site(site.root).intake.quarantined()] == ["quarantine.not-dicom"]
    assert everything(site.root) == before


def test_a_quarantine_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert listed_quarantine(tmp_path / "none") == ()
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("act", ["poll", "leftover", "recover"])
def test_two_intakes_cannot_use_one_spool(site: Site, act: str) -> None:
    at_work(site)
    before = everything(site.root)
    with pytest.raises(Misconfigured):
        getattr(Site(site.root).intake, act)()
    assert everything(site.root) == before


def test_a_spool_is_free_when_its_intake_is_gone(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    site.later()
    site.restart()
    assert len(site.intake.leftover()) == 1


def test_a_spool_is_free_when_its_intake_is_closed(site: Site) -> None:
    site.later()
    site.intake.close()
    Site(site.root).intake.recover()


DAMAGE = {
    "torn": b'{"submission": "',
    "empty": b"",
    "no text": b"\xff\xfe\x00",
    "another shape": b"[1, 2]",
    "lacking": b'{"submission": "x", "entries": []}',
    "very deep": b"[" * 100_000,
}


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_session_is_set_aside_with_its_files_and_others_go_on(site: Site, content: bytes) -> None:
    for n in (1, 2):
        (site.drop / f"{n}").write_bytes(ct(f"1.{n}.1", f"1.{n}"))
    one, other = site.later()
    (one.folder / "manifest.json").write_bytes(content)
    site.restart()
    assert [a.submission for a in site.intake.leftover()] == [other.submission]
    assert site.codes() == ["quarantine.damaged"]
    (kept,) = site.intake.quarantined()
    assert list((site.root / "quarantine" / kept.reference).rglob("0001.dcm"))
    assert not one.folder.exists()


def test_a_manifest_that_leads_elsewhere_is_damaged(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (arrival,) = site.later()
    manifest = arrival.folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace("scans/3/DICOM/0001.dcm", "../../drop/a"))
    site.restart()
    assert site.intake.leftover() == []
    assert site.codes() == ["quarantine.damaged"]


def test_a_session_damaged_before_it_was_registered_arrives_anew_from_its_source(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (arrival,) = site.later()
    (arrival.folder / "manifest.json").write_bytes(b"{")
    site.restart()
    assert site.intake.leftover() == []
    (again,) = site.later()
    assert again.submission != arrival.submission
    assert site.left() == ["a"]


def test_a_session_damaged_while_the_worker_runs_does_not_stop_it(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (arrival,) = site.later()
    (arrival.folder / "manifest.json").write_bytes(b"{")
    assert len(site.later()) == 1
    assert site.codes() == ["quarantine.damaged"]


def test_a_damaged_note_loses_nothing_and_stops_nothing(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (arrival,) = site.later()
    (site.root / f"spool/.journal/{arrival.submission}.json").write_bytes(b"{")
    site.restart()
    assert [a.submission for a in site.intake.leftover()] == [arrival.submission]
    assert site.left() == ["a"]


def test_what_is_in_quarantine_is_listed_even_when_its_reason_is_damaged(site: Site) -> None:
    at_work(site)
    (reason,) = (site.root / "quarantine").glob("q*/reason.json")
    reason.write_bytes(b"{")
    assert site.codes() == ["quarantine.damaged"]


@pytest.mark.parametrize("order", [("HOSP", ""), ("", "HOSP")])
def test_the_arrival_is_of_the_patient_with_the_named_issuer_when_some_files_leave_it_out(
    site: Site, order: tuple[str, str]
) -> None:
    for n, issuer in enumerate(order, 1):
        (site.drop / f"{n}").write_bytes(ct(f"1.2.3.{n}", IssuerOfPatientID=issuer, PatientName=f"Name^{n}"))
    (arrival,) = site.later()
    assert arrival.identity.reveal().issuer == "HOSP"

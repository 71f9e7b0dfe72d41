"""From a watched folder to a complete session in the spool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.sources.making import LIMITS, Site, ct, rtdose, rtplan, rtstruct, zipped
from uploader.domain.arrival import Piece
from uploader.domain.manifest import measure
from uploader.phantom import write_session
from uploader.sources.folder import FolderSource
from uploader.stages.ingest.durable import all_or_nothing
from uploader.stages.ingest.intake import Intake
from uploader.stages.ingest.spool import arrival_in


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_session_arrives_when_it_has_been_quiet(site: Site) -> None:
    (site.drop / "a").write_bytes(ct("1.2.3.1"))
    (site.drop / "b").write_bytes(ct("1.2.3.2"))
    assert site.intake.poll() == []
    site.clock.now += 11
    (arrival,) = site.intake.poll()
    assert [e.name for e in arrival.manifest] == ["scans/3/DICOM/0001.dcm", "scans/3/DICOM/0002.dcm"]
    assert arrival.scans == {"3": "CT"}
    assert arrival.identity.reveal().patient_id == "MRN-0815"
    assert arrival.instances.reveal() == {"1.2.3.1", "1.2.3.2"}


def test_the_phantom_session_arrives_whole(site: Site) -> None:
    write_session(site.drop / "session", slices=4, size=32)
    count = len([p for p in site.drop.rglob("*") if p.is_file()])
    (arrival,) = site.later()
    assert len(arrival.manifest) == count
    assert sorted(arrival.scans.values()) == ["CT", "RTDOSE", "RTPLAN", "RTSTRUCT"]


def test_the_spool_holds_exactly_what_the_manifest_says(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (arrival,) = site.later()
    for entry in arrival.manifest:
        with (arrival.folder / entry.name).open("rb") as data:
            assert measure(entry.name, data) == entry
    assert arrival_in(arrival.folder) == arrival


def test_the_source_is_kept_until_the_session_is_registered(site: Site) -> None:
    (site.drop / "patient").mkdir()
    (site.drop / "patient/a").write_bytes(ct())
    (arrival,) = site.later()
    assert site.left() == ["patient", "patient/a"]
    site.intake.registered(arrival)
    assert site.left() == []


def test_a_session_is_offered_until_it_is_registered_and_is_always_the_same(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (arrival,) = site.later()
    assert list(site.intake.poll()) == [arrival]
    site.intake.registered(arrival)
    assert list(site.intake.poll()) == []


def test_a_source_that_changed_after_the_copy_is_not_deleted(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (arrival,) = site.later()
    (site.drop / "a").write_bytes(ct("1.2.3.2"))
    site.intake.registered(arrival)
    assert site.left() == ["a"]
    assert len(site.later()) == 1


def test_a_file_that_grows_is_waited_for(site: Site) -> None:
    data = ct()
    for end in (50, 200, len(data) - 3):
        (site.drop / "a").write_bytes(data[:end])
        assert site.later(6) == []
    assert site.intake.waiting() == ("1 file(s) are still arriving.",)
    (site.drop / "a").write_bytes(data)
    assert len(site.later()) == 1


def test_a_session_waits_for_a_neighbour_that_is_still_arriving(site: Site) -> None:
    (site.drop / "s").mkdir()
    (site.drop / "s/a").write_bytes(ct("1.2.3.1"))
    (site.drop / "s/b.part").write_bytes(ct("1.2.3.2")[:100])
    assert site.later() == []


def test_one_drop_does_not_wait_for_another(site: Site) -> None:
    for name, data in {"one/a": ct(), "two/b": ct("1.9.1", "1.9")[:300]}.items():
        (site.drop / name).parent.mkdir()
        (site.drop / name).write_bytes(data)
    assert len(site.later()) == 1


def test_a_file_that_breaks_off_is_quarantined_and_stays_in_case_it_is_completed(site: Site) -> None:
    (site.drop / "a").write_bytes(ct()[:-10])
    assert site.later() == []
    assert site.codes() == []
    site.later(101)
    assert site.codes() == ["quarantine.truncated"]
    assert site.left() == ["a"]


def test_a_broken_off_file_that_is_completed_later_arrives(site: Site) -> None:
    (site.drop / "a").write_bytes(ct()[:-10])
    site.later(101)
    (site.drop / "a").write_bytes(ct())
    assert len(site.later()) == 1


@pytest.mark.parametrize("cut", [0, 100, 140, 200, 330, -1])
def test_a_file_cut_anywhere_is_never_taken(site: Site, cut: int) -> None:
    (site.drop / "a").write_bytes(ct()[:cut])
    assert site.later(101) == []
    assert site.codes() == ["quarantine.truncated"]


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("quarantine.not-dicom", b"Dear colleague, please find the images attached. " * 9),
        ("quarantine.missing-id", ct(PatientID=None)),
        ("quarantine.missing-id", ct(PatientID="")),
        ("quarantine.missing-id", ct(StudyInstanceUID=None)),
        ("quarantine.missing-id", ct(SOPInstanceUID="")),
        ("quarantine.unsupported", ct().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0")),
        ("quarantine.zip-damaged", zipped({"a": ct()})[:-30]),
    ],
)
def test_what_cannot_be_taken_is_moved_to_quarantine(site: Site, code: str, data: bytes) -> None:
    (site.drop / "Quill_Ottoline.dcm").write_bytes(data)
    assert site.later(101) == []
    assert site.codes() == [code]
    (item,) = site.intake.quarantined()
    assert (site.root / "quarantine" / item.reference / "0001").read_bytes() == data
    assert site.left() == []


def test_the_name_of_a_quarantined_file_stands_in_its_reason_only(site: Site) -> None:
    (site.drop / "Quill_Ottoline.txt").write_bytes(b"text " * 50)
    site.later()
    (item,) = site.intake.quarantined()
    assert "Quill" not in repr(item)
    assert not any("Quill" in p.name for p in site.root.rglob("*"))
    reason = json.loads((site.root / "quarantine" / item.reference / "reason.json").read_text())
    assert reason["files"][0]["name"] == "Quill_Ottoline.txt"
    assert (site.root / "quarantine" / item.reference).stat().st_mode & 0o077 == 0


def test_a_text_file_beside_a_session_does_not_stop_it(site: Site) -> None:
    (site.drop / "s").mkdir()
    (site.drop / "s/a").write_bytes(ct())
    (site.drop / "s/readme").write_bytes(b"text " * 50)
    assert len(site.later()) == 1
    assert site.codes() == ["quarantine.not-dicom"]


def test_the_same_file_twice_is_one_instance(site: Site) -> None:
    for name in "ab":
        (site.drop / name).write_bytes(ct())
    (arrival,) = site.later()
    assert len(arrival.manifest) == 1
    site.intake.registered(arrival)
    assert site.left() == []


def test_one_instance_uid_with_two_contents_sets_the_whole_study_aside(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (site.drop / "b").write_bytes(ct(Rows=8, Columns=2))
    (site.drop / "c").write_bytes(ct("1.2.3.2"))
    assert site.later() == []
    assert site.codes() == ["quarantine.sop-conflict"]
    (item,) = site.intake.quarantined()
    assert len(list((site.root / "quarantine" / item.reference).glob("0*"))) == 3
    assert site.left() == []


def test_one_instance_uid_in_two_studies_sets_both_aside(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (site.drop / "b").write_bytes(ct(study="1.9"))
    assert site.later() == []
    assert site.codes() == ["quarantine.sop-conflict"]


@pytest.mark.parametrize("other", [{"PatientID": "MRN-4711"}, {"IssuerOfPatientID": "ELSEWHERE"}])
def test_two_patients_in_one_study_set_it_aside(site: Site, other: dict[str, str]) -> None:
    (site.drop / "a").write_bytes(ct("1.2.3.1", IssuerOfPatientID="HERE"))
    (site.drop / "b").write_bytes(ct("1.2.3.2", **({"IssuerOfPatientID": "HERE"} | other)))
    assert site.later() == []
    assert site.codes() == ["quarantine.patient-conflict"]


def test_two_studies_arrive_as_two_sessions(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (site.drop / "b").write_bytes(ct("1.9.1", "1.9"))
    assert len({a.submission for a in site.later()}) == 2


def test_structures_wait_for_their_images_and_say_so(site: Site) -> None:
    images = [f"1.2.3.{n}" for n in range(60)]
    (site.drop / "rs").write_bytes(rtstruct(images))
    assert site.later() == []
    assert site.intake.waiting() == ("An RTSTRUCT waits for 60 image(s) it refers to.",)
    for uid in images:
        (site.drop / uid).write_bytes(ct(uid))
    (arrival,) = site.later()
    assert len(arrival.manifest) == 61


def test_structures_of_images_received_earlier_do_not_wait(site: Site) -> None:
    site.known.add("1.2.3.1")
    (site.drop / "rs").write_bytes(rtstruct(["1.2.3.1"]))
    assert len(site.later()) == 1


def test_rt_objects_of_other_studies_join_the_images_they_are_about(site: Site) -> None:
    (site.drop / "ct").write_bytes(ct("1.2.3.1"))
    (site.drop / "rs").write_bytes(rtstruct(["1.2.3.1"], "1.5.1", "1.5"))
    (site.drop / "rp").write_bytes(rtplan("1.5.1", "1.6.1", "1.6"))
    (site.drop / "rd").write_bytes(rtdose("1.6.1", "1.7.1", "1.7"))
    (arrival,) = site.later()
    assert arrival.scans == {"3": "CT", "9": "RTSTRUCT", "9-RTPLAN1": "RTPLAN", "9-RTDOSE1": "RTDOSE"}


def test_structures_of_another_patient_do_not_join(site: Site) -> None:
    (site.drop / "ct").write_bytes(ct("1.2.3.1"))
    (site.drop / "rs").write_bytes(rtstruct(["1.2.3.1"], "1.5.1", "1.5", PatientID="MRN-4711"))
    (arrival,) = site.later()
    assert arrival.scans == {"3": "CT"}
    assert site.intake.waiting() == ("An RTSTRUCT waits for 1 image(s) it refers to.",)


def test_a_planning_system_that_leaves_out_the_issuer_names_the_same_patient(site: Site) -> None:
    (site.drop / "ct").write_bytes(ct("1.2.3.1", IssuerOfPatientID="HERE"))
    (site.drop / "rs").write_bytes(rtstruct(["1.2.3.1"]))
    (arrival,) = site.later()
    assert arrival.identity.reveal().issuer == "HERE"


def test_the_images_wait_with_structures_that_are_not_complete(site: Site) -> None:
    (site.drop / "ct").write_bytes(ct("1.2.3.1"))
    (site.drop / "rs").write_bytes(rtstruct(["1.2.3.1", "1.2.3.2"]))
    assert site.later() == []
    assert site.intake.waiting() == ("An RTSTRUCT waits for 1 image(s) it refers to.",)


def test_a_zip_is_taken_by_content_whatever_its_name_and_deleted_when_registered(site: Site) -> None:
    (site.drop / "x.dcm").write_bytes(zipped({"../../a": ct("1.2.3.1"), "b": zipped({"c": ct("1.2.3.2")})}))
    (arrival,) = site.later()
    assert len(arrival.manifest) == 2
    site.intake.registered(arrival)
    assert site.left() == []


def test_a_zip_stays_until_everything_in_it_is_settled(site: Site) -> None:
    members = {"ct": ct(), "rs": rtstruct(["1.9.1"], "1.9.5", "1.9"), "letter": b"text " * 50}
    (site.drop / "z").write_bytes(zipped(members))
    (arrival,) = site.later()
    site.intake.registered(arrival)
    assert site.left() == ["z"]
    (site.drop / "late").write_bytes(ct("1.9.1", "1.9"))
    (second,) = site.later()
    site.intake.registered(second)
    assert site.left() == []
    assert site.codes() == ["quarantine.not-dicom"]


def test_a_medium_is_taken_without_its_directory(site: Site, samples: Path) -> None:
    (site.drop / "DICOMDIR").write_bytes((samples / "dicomdir/DICOMDIR").read_bytes())
    (site.drop / "a").write_bytes(ct())
    assert len(site.later()) == 1
    assert site.codes() == ["quarantine.dicomdir"]


def test_real_bad_files_never_stop_the_intake(site: Site, samples: Path) -> None:
    count = 0
    for path in sorted((samples / "broken").iterdir()):
        (site.drop / str(count)).write_bytes(path.read_bytes())
        count += 1
    arrivals = site.later(101)
    taken = sum(len(a.manifest) for a in arrivals)
    assert taken + len(site.codes()) >= count - 1
    assert taken > 0
    assert set(site.codes()) > {"quarantine.not-dicom", "quarantine.truncated"}


def test_a_full_session_of_the_same_bytes_dropped_again_is_a_new_arrival(site: Site) -> None:
    for _ in range(2):
        (site.drop / "a").write_bytes(ct())
        (arrival,) = site.later()
        site.intake.registered(arrival)
    assert len(site.intake.leftover()) == 2


def test_what_stays_in_place_is_listed_once(site: Site) -> None:
    (site.drop / "a").symlink_to("/etc/passwd")
    (site.drop / "b").write_bytes(ct()[:-10])
    for _ in range(3):
        site.later(101)
        site.restart()
    assert sorted(site.codes()) == ["quarantine.not-regular", "quarantine.truncated"]


class Overwritten(FolderSource):
    """A folder in which somebody writes to a file just after it was opened to be copied."""

    def open(self, piece: Piece) -> BinaryIO:
        stream = super().open(piece)
        path = self._root.joinpath(*piece.origin.path.reveal())
        with path.open("r+b") as other:
            other.write(b"\0")
        return stream


def test_a_file_overwritten_while_it_is_copied_is_not_taken_until_it_is_quiet_again(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    site.later(5)
    site.restart()
    source = Overwritten(site.drop, 0, LIMITS, site.clock)
    assert Intake(source, site.root / "spool", site.root / "quarantine", site.known.issuperset).poll() == []
    assert [p.name for p in (site.root / "spool").iterdir() if not p.name.startswith(".")] == []
    site.restart()
    assert len(site.later()) == 1


def test_a_sender_that_never_pauses_holds_up_only_its_own_study(site: Site) -> None:
    (site.drop / "a").write_bytes(ct("1.2.3.1"))
    (site.drop / "b").write_bytes(ct("1.9.1", "1.9"))
    site.intake.poll()
    site.clock.now += 11
    (site.drop / "c").write_bytes(ct("1.9.2", "1.9")[:-5])
    (arrival,) = site.intake.poll()
    assert arrival.instances.reveal() == {"1.2.3.1"}


def test_the_same_session_found_again_before_it_is_registered_is_not_doubled(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (arrival,) = site.later()
    (site.drop / "a").touch()
    site.restart()
    assert {a.submission for a in site.later()} == {arrival.submission}
    site.intake.registered(arrival)
    assert site.left() == []


def test_what_another_process_is_copying_is_not_taken_for_a_ruin(site: Site) -> None:
    with all_or_nothing(site.root / "spool/abcd2345"):
        site.restart()
        site.intake.recover()
        assert (site.root / "spool/abcd2345").exists()


def test_what_a_dead_process_was_copying_is_removed(site: Site) -> None:
    (site.root / "spool/abcd2345/scans").mkdir(parents=True)
    site.restart()
    site.intake.recover()
    assert not (site.root / "spool/abcd2345").exists()


def test_nobody_but_us_may_enter_the_spool(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (arrival,) = site.later()
    assert arrival.folder.stat().st_mode & 0o077 == 0


def test_words_for_the_desk_name_nobody(site: Site) -> None:
    (site.drop / "Quill").mkdir()
    (site.drop / "Quill/a").write_bytes(rtstruct(["1.2.3.1"]))
    (site.drop / "Quill/b").write_bytes(ct("1.2.3.2", PatientID=None))
    site.later()
    words = repr((site.intake.waiting(), site.intake.quarantined(), site.intake.leftover()))
    assert not any(secret in words for secret in ("Quill", "MRN", "1.2.3"))


def test_a_share_that_goes_away_and_comes_back_doubles_nothing(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (arrival,) = site.later()
    site.drop.rename(site.root / "away")
    site.intake.registered(arrival)
    site.later()
    (site.root / "away").rename(site.drop)
    assert site.later() == []
    assert site.left() == []


def test_nothing_is_remembered_of_a_session_whose_source_is_deleted(site: Site) -> None:
    (site.drop / "a").write_bytes(ct())
    (arrival,) = site.later()
    site.intake.registered(arrival)
    assert list((site.root / "spool/.journal").iterdir()) == []

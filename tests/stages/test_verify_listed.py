"""Nothing is present that the policy does not list, and no private element of a creator that it does not."""

from __future__ import annotations

from collections.abc import Callable

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from tests.stages import sabotage
from tests.stages.sabotage import NAME, SLICES, Session, edit
from uploader.domain.policy import Permit
from uploader.stages.verify import verify

VENDOR = ("VENDOR SAFE", 0x0019, 0x0C)


@pytest.fixture(scope="module")
def everything(sound: Session) -> frozenset[int]:
    """The tags that the sound session has, at any depth."""
    files = sorted(sound.anonymised.rglob("*.dcm"))
    return frozenset(int(e.tag) for path in files for e in pydicom.dcmread(path).iterall())


def found(session: Session, allowed: dict[str, frozenset[int]] | None, *private: tuple[str, int, int]) -> list[str]:
    after = sabotage.manifest(session.anonymised)
    findings = verify(
        session.original.joinpath,
        session.anonymised,
        session.before,
        after,
        keep=sabotage.KEEP,
        permit=Permit(allowed, frozenset(private)),
    )
    return [f"{f.code} {f.where.split('/')[-1]}" for f in findings]


def vendors(creator: str, value: str = "800", element: int = 0x0C) -> Callable[[Dataset], object]:
    return lambda dataset: dataset.private_block(0x0019, creator, create=True).add_new(element, "LO", value)


def test_a_session_with_listed_elements_only_has_no_finding(session: Session, everything: frozenset[int]) -> None:
    assert found(session, {"": everything}) == []


def test_an_element_that_is_not_listed_is_refused_in_each_file(session: Session, everything: frozenset[int]) -> None:
    assert found(session, {"": everything - {0x00180060}}) == [
        f"verify.unlisted {number}.dcm (0018,0060)" for number in SLICES
    ]


def test_an_element_in_an_item_that_is_not_listed_is_refused(session: Session, everything: frozenset[int]) -> None:
    assert "verify.unlisted 0002.dcm (0008,1140)[1].(0008,1150)" in found(session, {"": everything - {0x00081150}})


def test_each_class_has_its_own_list(session: Session, everything: frozenset[int]) -> None:
    lists = {"": everything, CTImageStorage: everything - {0x00080060}}
    assert found(session, lists) == [f"verify.unlisted {number}.dcm (0008,0060)" for number in SLICES]


def test_of_a_class_that_no_list_is_for_nothing_may_be_present(session: Session, everything: frozenset[int]) -> None:
    assert {line.split()[1] for line in found(session, {CTImageStorage: everything})} == {"0004.dcm"}


def test_a_private_element_of_a_listed_creator_may_stay(session: Session) -> None:
    edit(session.file("0002"), vendors("VENDOR SAFE"))
    assert found(session, None, VENDOR) == []


def test_a_private_element_is_refused_where_none_is_listed(session: Session) -> None:
    edit(session.file("0002"), vendors("VENDOR SAFE"))
    assert found(session, None) == [
        "verify.private 0002.dcm (0019,0010)",
        "verify.private 0002.dcm (0019,100C)",
    ]


@pytest.mark.parametrize(("creator", "element"), [("OTHER", 0x0C), ("VENDOR SAFE", 0x0D)])
def test_another_private_element_is_refused(creator: str, element: int, session: Session) -> None:
    edit(session.file("0002"), vendors(creator, element=element))
    assert f"verify.private 0002.dcm (0019,10{element:02X})" in found(session, None, VENDOR)


def test_a_private_element_without_its_creator_is_refused(session: Session) -> None:
    edit(session.file("0002"), lambda d: d.add_new(0x0019100C, "LO", "800"))
    assert found(session, None, VENDOR) == ["verify.private 0002.dcm (0019,100C)"]


def test_the_creator_of_one_item_does_not_stand_for_another(session: Session) -> None:
    def spoil(dataset: Dataset) -> None:
        vendors("VENDOR SAFE")(dataset.ReferencedImageSequence[0])
        dataset.ReferencedImageSequence[1].add_new(0x0019100C, "LO", "800")

    edit(session.file("0002"), spoil)
    assert found(session, None, VENDOR) == ["verify.private 0002.dcm (0008,1140)[1].(0019,100C)"]


def test_a_private_element_that_may_stay_is_searched(session: Session) -> None:
    edit(session.file("0002"), vendors("VENDOR SAFE", f"for {NAME.split('^')[1]}"))
    assert found(session, None, VENDOR) == ["verify.residue 0002.dcm (0019,100C)"]

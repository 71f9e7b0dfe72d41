"""Whatever is found, every file is taken, set aside or waits: none twice, none not at all."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from uploader.domain.arrival import Origin, Piece, Stamp
from uploader.domain.identity import Identity
from uploader.domain.private import Private
from uploader.stages.ingest.facts import Instance
from uploader.stages.ingest.group import Asked, decide

UIDS = st.sampled_from(["1.1", "1.2", "1.3", "1.4"])
REFERENCES = st.frozensets(UIDS, max_size=2)
INSTANCES = st.builds(
    Instance,
    uid=UIDS,
    study=st.sampled_from(["2.1", "2.2"]),
    series=st.just("3"),
    series_number=st.just("1"),
    number=st.just("1"),
    modality=st.just("CT"),
    identity=st.builds(
        Private, st.builds(Identity, st.sampled_from(["P", "Q"]), st.sampled_from(["", "I", "J"]), st.just("N"))
    ),
    rt=st.sampled_from(["", "", "RTSTRUCT", "RTPLAN", "RTDOSE"]),
    images=REFERENCES,
    parts=REFERENCES,
    frames=st.frozensets(st.sampled_from(["4.1", "4.2"]), max_size=1),
)


def pieces(instances: list[Instance]) -> dict[Piece, Instance]:
    return {Piece(Origin(Private((str(n),)), Stamp(n, n, n))): instance for n, instance in enumerate(instances)}


@given(st.lists(INSTANCES, max_size=7), st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_file_has_exactly_one_fate(instances: list[Instance], same: bool) -> None:
    found = pieces(instances)
    plan = decide(found, Asked(lambda a, b: same))
    placed = [p for group in plan.ready for p in group.pieces] + [p for c in plan.conflicts for p in c.pieces]
    assert sorted(map(hash, placed)) == sorted(map(hash, found))


@given(st.lists(INSTANCES, max_size=7))
@settings(max_examples=150, deadline=None)
def test_no_session_ever_holds_two_patients(instances: list[Instance]) -> None:
    for group in decide(pieces(instances), Asked(lambda a, b: True)).ready:
        identities = [i.identity.reveal() for i in group.files.values()]
        assert len({i.patient_id for i in identities}) == 1
        assert len({i.issuer for i in identities} - {""}) <= 1


@given(st.lists(INSTANCES, max_size=7))
@settings(max_examples=100, deadline=None)
def test_nothing_is_taken_while_an_image_it_is_about_is_missing(instances: list[Instance]) -> None:
    plan = decide(pieces(instances), Asked(lambda a, b: True, known=lambda uids: False))
    here = {i.uid for i in instances}
    for group in plan.ready:
        assert all(i.images <= here and i.parts <= here for i in group.files.values() if i.rt)

"""Only what is right in every respect is shared."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.central.places import TRIALS, consignment, session
from uploader.central.rules import Facts, Listed, Share, Unshare, decide
from uploader.central.word import Reason, Word, Wrong
from uploader.domain.consignment import recall_of
from uploader.domain.lodged import Lodged, Shown
from uploader.domain.manifest import Held
from uploader.domain.session import Address

SENT = consignment(session())
NOWHERE = Shown(frozenset(), frozenset())
RIGHT = Facts(
    session=Lodged("CENTRE_E00001", Address("SITE01", SENT.subject, SENT.session)),
    word=Word(SENT, None),
    shown=NOWHERE,
    twins=(),
    held=tuple(Held(e.name, e.size, e.md5) for e in SENT.manifest),
    said="DEMO-RT",
    headers={"1": "DEMO-RT", "2": "DEMO-RT"},
)
FAULTS = {
    "nothing signed": lambda f: replace(f, word=Word(Wrong(Reason.NO_CONSIGNMENT, ""), f.word.recall)),
    "not believed": lambda f: replace(f, word=Word(Wrong(Reason.BAD_SEAL, ""), f.word.recall)),
    "another subject": lambda f: replace(f, session=relabelled(f, subject="S-002")),
    "a copy": lambda f: replace(f, session=relabelled(f, session="COPY"), twins=("S-001_1",)),
    "a file less": lambda f: replace(f, held=f.held[1:]),
    "a file more": lambda f: replace(f, held=(*f.held, Held("scans/1/NIFTI/1.nii", 1, "0" * 32))),
    "a file twice": lambda f: replace(f, held=(*f.held, *f.held[:1])),
    "a file changed": lambda f: replace(f, held=(replace(f.held[0], md5="0" * 32), *f.held[1:])),
    "a file longer": lambda f: replace(f, held=(replace(f.held[0], size=9), *f.held[1:])),
    "no field": lambda f: replace(f, said=""),
    "another field": lambda f: replace(f, said="OTHER"),
    "another header": lambda f: replace(f, headers={**f.headers, "2": "OTHER"}),
    "no header": lambda f: replace(f, headers={**f.headers, "2": ""}),
    "an unreadable file": lambda f: replace(f, headers={**f.headers, "1": None}),
    "a scan not looked at": lambda f: replace(f, headers={"1": "DEMO-RT"}),
    "a recall": lambda f: replace(f, word=Word(f.word.consignment, recall_of(SENT))),
    "a recall that is not believed": lambda f: replace(f, word=Word(f.word.consignment, Wrong(Reason.BAD_SEAL, ""))),
}


def relabelled(facts, **labels):
    return replace(facts.session, address=replace(facts.session.address, **labels))


def test_what_is_right_is_shared():
    assert decide(RIGHT, TRIALS) == Share("TRIAL-A")


@given(st.sets(st.sampled_from(sorted(FAULTS)), min_size=1))
def test_nothing_with_a_fault_is_ever_shared(faults):
    facts = RIGHT
    for fault in sorted(faults):
        facts = FAULTS[fault](facts)
    assert not isinstance(decide(facts, TRIALS), Share)


@given(st.dictionaries(st.sampled_from(["OTHER", "demo-rt", "DEMO-RT ", ""]), st.just("TRIAL-B")))
def test_a_trial_goes_into_its_own_project_or_nowhere(trials):
    assert decide(RIGHT, trials) == Listed(Wrong(Reason.UNKNOWN_TRIAL, "no trial DEMO-RT is in the settings"))


@given(st.sets(st.sampled_from(["TRIAL-A", "TRIAL-B", "STRANGE"])))
def test_a_recall_ends_all_shares_into_trials_and_names_the_others(shown):
    facts = replace(FAULTS["a recall"](RIGHT), shown=Shown(frozenset(), frozenset(shown)))
    decision = decide(facts, TRIALS)
    assert isinstance(decision, Unshare)
    assert decision.projects == shown - {"STRANGE"}
    assert len(decision.notes) == ("STRANGE" in shown)


def test_a_recall_counts_though_its_consignment_is_gone():
    word = Word(Wrong(Reason.NO_CONSIGNMENT, ""), recall_of(SENT))
    assert isinstance(decide(replace(RIGHT, word=word), TRIALS), Unshare)


@pytest.mark.parametrize("labels", [{"subject": "S-002"}, {"session": "S-001_2"}])
def test_a_recall_without_a_consignment_counts_under_its_own_labels_only(labels):
    word = Word(Wrong(Reason.NO_CONSIGNMENT, ""), recall_of(SENT))
    decision = decide(replace(RIGHT, word=word, session=relabelled(RIGHT, **labels)), TRIALS)
    assert isinstance(decision, Listed)
    assert decision.wrong.reason is Reason.BAD_RECALL

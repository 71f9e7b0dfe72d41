"""A planted patient goes through everything that meets her, and is nowhere but sealed in the link table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.records.made import ID, PROTOCOL, bring, choose, files_of
from uploader.domain.errors import UploaderError
from uploader.domain.finding import Finding, Severity, judge
from uploader.domain.identity import Identity, alias
from uploader.domain.private import Private
from uploader.domain.submission import State
from uploader.records import SqlRecords, anchor
from uploader.records.linktable import LinkTable, make_key

WHO = Private(Identity("MRN-770123", "St Elsewhere", "Quixano^Alonsa"))
PLANTED = ("MRN-770123", "770123", "Elsewhere", "Quixano", "Alonsa")


def live_through(records: SqlRecords, links: LinkTable) -> list[str]:
    """A submission of hers from arrival to release, with mishaps; returns what was said to people."""
    said = []
    records.create(ID, alias(b"key", WHO), {"1": "CT"}, State.ARRIVING)
    bring(records, State.RECEIVED)
    finding = Finding("identity.two", Severity.REFUSAL, "scans/1", "two patients", "split", Private(WHO.reveal().name))
    for kind in ("protocol", "verification"):
        records.keep_verdict(ID, kind, judge("DEMO-RT v1", PROTOCOL, [finding]))
    choose(records)
    links.assign("DEMO-RT", WHO, "DEMO-001")
    mistakes: list[Callable[[], object]] = [
        lambda: records.note("reviewer", "looked", ID, {"patient": WHO}),
        lambda: records.get(WHO.reveal().name),
        lambda: records.accounts.check(WHO.reveal().name, WHO.reveal().patient_id),
        lambda: records.accounts.set_password(WHO.reveal().name, WHO.reveal().patient_id),
        lambda: records.accounts.add(WHO.reveal().name, WHO.reveal().patient_id, {"reviewer"}),
        lambda: links.assign("DEMO-RT", WHO, "DEMO-002"),
        lambda: links.assign("DEMO-RT", Private(Identity("other", "", "")), "DEMO-001"),
    ]
    for mistake in mistakes:
        with pytest.raises((UploaderError, TypeError)) as caught:
            mistake()
        said.append(f"{caught.value!r} {caught.value.__cause__!r}")
    records.withdraw(ID, "reviewer", "consent withdrawn")
    return said


def test_a_planted_identity_is_in_no_file_and_in_no_message(
    records: SqlRecords, kept: Callable[[], bytes], tmp_path: Path
) -> None:
    make_key(tmp_path / "link.key")
    links = LinkTable(tmp_path / "links.sqlite", tmp_path / "link.key")
    said = live_through(records, links)
    anchor(records.database, tmp_path / "anchor")
    found = kept() + b"".join(p.read_bytes() for p in files_of(f"sqlite:///{tmp_path / 'links.sqlite'}"))
    records.close()
    links.close()
    found += b"".join(path.read_bytes() for path in tmp_path.iterdir()) + "\n".join(said).encode()
    for word in PLANTED:
        for form in (word, word.lower(), word.upper()):
            assert form.encode() not in found
            assert form.encode("utf-16-le") not in found


def test_the_search_itself_would_find_her(records: SqlRecords, kept: Callable[[], bytes]) -> None:
    records.create(ID, WHO.reveal().name, {"1": "CT"}, State.ARRIVING)
    assert b"Quixano" in kept()

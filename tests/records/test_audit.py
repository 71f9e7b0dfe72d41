"""Whoever changes the audit outside this program is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.records.conftest import postgresql_only, sqlite_only
from tests.records.made import ID, bring
from tests.records.raw import Forbidden, Raw
from uploader.domain.errors import Held, Misconfigured
from uploader.domain.submission import State
from uploader.records import SqlRecords, anchor, verify
from uploader.records.audit import GENESIS, canonical, chained, changing
from uploader.records.tables import submissions


@pytest.fixture
def chain(records: SqlRecords, raw: Raw, tmp_path: Path) -> Raw:
    """The database of a released submission, its audit anchored, in the hands of someone with every right."""
    bring(records, State.RELEASED)
    anchor(records.database, tmp_path / "anchor")
    return raw


def disarm(raw: Raw) -> None:
    for name in ("audit_no_update", "audit_no_delete", "audit_only_at_the_end"):
        raw.execute(f"DROP TRIGGER {name}" if raw.sqlite else f"DROP TRIGGER {name} ON audit")


def lines(raw: Raw) -> list[tuple[int, str, str, str]]:
    return raw.execute("SELECT seq, submission, line, h FROM audit ORDER BY seq")


def write_anew(raw: Raw, contents: list[dict[str, object]]) -> None:
    """The whole chain as a careful forger makes it: numbers, links and hashes are right."""
    raw.execute("DELETE FROM audit")
    prev = GENESIS
    for seq, content in enumerate(contents, 1):
        line = canonical({**content, "seq": seq, "prev": prev})
        prev = chained(prev, line)
        raw.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (seq, content["submission"], line, prev))


def edit_actor(raw: Raw) -> None:
    raw.execute("UPDATE audit SET line = replace(line, 'reviewer', 'somebody') WHERE seq = 4")


def edit_time(raw: Raw) -> None:
    raw.execute("UPDATE audit SET line = replace(line, '2026-03-01', '2026-02-01') WHERE seq = 4")


def edit_and_rehash(raw: Raw) -> None:
    line = lines(raw)[3][2].replace("reviewer", "somebody")
    raw.execute("UPDATE audit SET line = ?, h = ? WHERE seq = 4", (line, chained(lines(raw)[2][3], line)))


def edit_hash(raw: Raw) -> None:
    raw.execute("UPDATE audit SET h = ? WHERE seq = 4", ("f" * 64,))


def edit_look_up(raw: Raw) -> None:
    raw.execute("UPDATE audit SET submission = 'another' WHERE seq = 4")


def blank_line(raw: Raw) -> None:
    raw.execute("UPDATE audit SET line = '', h = ? WHERE seq = 4", (chained(lines(raw)[2][3], ""),))


def remove_middle(raw: Raw) -> None:
    raw.execute("DELETE FROM audit WHERE seq = 4")


def remove_and_close_ranks(raw: Raw) -> None:
    raw.execute("DELETE FROM audit WHERE seq = 4")
    for seq, *_ in lines(raw)[3:]:
        raw.execute("UPDATE audit SET seq = ? WHERE seq = ?", (seq - 1, seq))


def remove_first(raw: Raw) -> None:
    raw.execute("DELETE FROM audit WHERE seq = 1")


def reorder(raw: Raw) -> None:
    raw.execute("UPDATE audit SET seq = 99 WHERE seq = 4")
    raw.execute("UPDATE audit SET seq = 4 WHERE seq = 5")
    raw.execute("UPDATE audit SET seq = 5 WHERE seq = 99")


def insert_in_the_middle(raw: Raw) -> None:
    for seq, *_ in reversed(lines(raw)[3:]):
        raw.execute("UPDATE audit SET seq = ? WHERE seq = ?", (seq + 1, seq))
    _, submission, line, _ = lines(raw)[2]
    forged = canonical({**json.loads(line), "seq": 4, "action": "forged"})
    raw.execute("INSERT INTO audit VALUES (4, ?, ?, ?)", (submission, forged, chained(lines(raw)[2][3], forged)))


def repeat_a_line(raw: Raw) -> None:
    last = lines(raw)[-1]
    raw.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (last[0] + 1, *last[1:]))


def append_unlinked(raw: Raw) -> None:
    line = canonical({"seq": len(lines(raw)) + 1, "prev": GENESIS, "submission": ID})
    raw.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (len(lines(raw)) + 1, ID, line, chained(GENESIS, line)))


SEEN_BY_THE_CHAIN = [
    edit_actor,
    edit_time,
    edit_and_rehash,
    edit_hash,
    edit_look_up,
    blank_line,
    remove_middle,
    remove_and_close_ranks,
    remove_first,
    reorder,
    insert_in_the_middle,
    repeat_a_line,
    append_unlinked,
]


def cut_one(raw: Raw) -> None:
    raw.execute("DELETE FROM audit WHERE seq = (SELECT MAX(seq) FROM audit)")


def cut_many(raw: Raw) -> None:
    raw.execute("DELETE FROM audit WHERE seq > 3")


def cut_all(raw: Raw) -> None:
    raw.execute("DELETE FROM audit")


def forge_one_and_all_after(raw: Raw) -> None:
    contents = [json.loads(line) for _, _, line, _ in lines(raw)]
    contents[3]["actor"] = "somebody"
    write_anew(raw, contents)


def forge_without_one(raw: Raw) -> None:
    contents = [json.loads(line) for _, _, line, _ in lines(raw)]
    write_anew(raw, contents[:3] + contents[4:])


def cut_and_grow_again(raw: Raw) -> None:
    contents = [json.loads(line) for _, _, line, _ in lines(raw)]
    write_anew(raw, contents[:3] + [contents[2]] * len(contents))


SEEN_BY_THE_ANCHOR = [cut_one, cut_many, cut_all, forge_one_and_all_after, forge_without_one, cut_and_grow_again]

Attack = Callable[[Raw], None]


@pytest.mark.parametrize("attack", SEEN_BY_THE_CHAIN, ids=lambda a: a.__name__)
def test_the_chain_alone_betrays(chain: Raw, records: SqlRecords, attack: Attack) -> None:
    assert verify(records.database).broken_at is None
    disarm(chain)
    attack(chain)
    assert verify(records.database).broken_at is not None


@pytest.mark.parametrize("attack", SEEN_BY_THE_ANCHOR, ids=lambda a: a.__name__)
def test_the_anchor_betrays(chain: Raw, records: SqlRecords, tmp_path: Path, attack: Attack) -> None:
    assert verify(records.database, tmp_path / "anchor").broken_at is None
    disarm(chain)
    attack(chain)
    assert verify(records.database, tmp_path / "anchor").broken_at is not None


def test_the_whole_database_set_back_does_not_match_the_anchor(
    records: SqlRecords, copied: Callable[[], str], tmp_path: Path
) -> None:
    bring(records, State.RECEIVED)
    records.close()
    old = copied()
    records.note("reviewer", "looked-at-identifiable", ID, {})
    anchor(records.database, tmp_path / "anchor")
    assert verify(old, tmp_path / "anchor").broken_at == 4


def test_the_report_names_the_first_wrong_line(chain: Raw, records: SqlRecords) -> None:
    whole = verify(records.database)
    disarm(chain)
    edit_actor(chain)
    hash_before = lines(chain)[2][3]
    broken = verify(records.database)
    assert (broken.broken_at, broken.head, broken.lines) == (4, hash_before, whole.lines)


FORBIDDEN = [
    "UPDATE audit SET line = '' WHERE seq = 1",
    "UPDATE audit SET seq = 99 WHERE seq = 1",
    "DELETE FROM audit",
    "INSERT INTO audit VALUES (0, '', '', '')",
]


def forbids(chain: Raw, statement: str) -> None:
    before = lines(chain)
    with pytest.raises(Forbidden, match="append-only"):
        chain.execute(statement)
    assert lines(chain) == before


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_database_itself_forbids_changing_lines(chain: Raw, statement: str) -> None:
    forbids(chain, statement)


@sqlite_only
def test_sqlite_forbids_replacing_a_line(chain: Raw) -> None:
    forbids(chain, "INSERT OR REPLACE INTO audit VALUES (1, '', '', '')")


@postgresql_only
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit VALUES (1, '', '', '') ON CONFLICT (seq) DO UPDATE SET line = ''",
        "TRUNCATE audit",
    ],
)
def test_postgresql_forbids_replacing_a_line_and_emptying_the_table(chain: Raw, statement: str) -> None:
    forbids(chain, statement)


def test_the_anchor_does_not_follow_a_chain_that_was_cut(chain: Raw, records: SqlRecords, tmp_path: Path) -> None:
    before = (tmp_path / "anchor").read_text()
    disarm(chain)
    cut_many(chain)
    with pytest.raises(Held):
        anchor(records.database, tmp_path / "anchor")
    assert (tmp_path / "anchor").read_text() == before


@pytest.mark.parametrize("attack", [*SEEN_BY_THE_ANCHOR, append_unlinked, repeat_a_line], ids=lambda a: a.__name__)
def test_the_anchor_does_not_follow_a_chain_whose_new_lines_do_not_fit(
    chain: Raw, records: SqlRecords, tmp_path: Path, attack: Attack
) -> None:
    before = (tmp_path / "anchor").read_text()
    disarm(chain)
    attack(chain)
    with pytest.raises(Held):
        anchor(records.database, tmp_path / "anchor", whole=False)
    assert (tmp_path / "anchor").read_text() == before


def test_an_old_line_that_was_edited_stops_the_anchor_that_looks_at_all(
    chain: Raw, records: SqlRecords, tmp_path: Path
) -> None:
    disarm(chain)
    edit_actor(chain)
    anchor(records.database, tmp_path / "anchor", whole=False)
    with pytest.raises(Held):
        anchor(records.database, tmp_path / "anchor")


@pytest.mark.parametrize("whole", [True, False])
def test_the_anchor_follows_a_chain_that_grew(records: SqlRecords, tmp_path: Path, whole: bool) -> None:
    anchor(records.database, tmp_path / "anchor")
    bring(records, State.RECEIVED)
    anchor(records.database, tmp_path / "anchor", whole=whole)
    records.note("reviewer", "looked-at-identifiable", ID, {})
    anchor(records.database, tmp_path / "anchor", whole=whole)
    assert json.loads((tmp_path / "anchor").read_text())["seq"] == verify(records.database).lines


def test_an_anchor_that_cannot_be_read_is_no_proof(records: SqlRecords, tmp_path: Path) -> None:
    (tmp_path / "anchor").write_text("{")
    with pytest.raises(Misconfigured):
        verify(records.database, tmp_path / "anchor")
    with pytest.raises(Misconfigured):
        verify(records.database, tmp_path / "nowhere")


def test_a_database_without_an_audit_is_no_proof(empty_url: str) -> None:
    with pytest.raises(Misconfigured):
        verify(empty_url)


def test_a_change_without_its_line_is_undone(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    with pytest.raises(RuntimeError), changing(records.database) as change:
        change.execute(submissions.update().values(state="released"))
    assert records.get(ID).state is State.RECEIVED


def _note_then_fail(records: SqlRecords) -> None:
    with changing(records.database) as change:
        change.note("reviewer", "forged", ID)
        change.note("reviewer", "forged", ID, value=object())


def test_a_change_that_fails_leaves_no_line(records: SqlRecords) -> None:
    bring(records, State.RECEIVED)
    before = verify(records.database)
    with pytest.raises(TypeError):
        _note_then_fail(records)
    assert verify(records.database) == before


NO_RECORDS = {"accounts.py", "linktable.py", "move.py", "notices.py", "upgrade.py", "seen.py", "workers.py"}
"""Modules that may write without an audit line: counted tries, links, whole moves, which bring the chain itself,
notices, migrations, tokens, heartbeats."""


def test_whatever_writes_past_the_audit_is_agreed_on() -> None:
    package = Path(__file__).parents[2] / "uploader" / "records"
    writing = {path.name for path in package.glob("*.py") if ".alone()" in path.read_text()}
    assert writing <= NO_RECORDS | {"audit.py"}

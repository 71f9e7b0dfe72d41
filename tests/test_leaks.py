"""The invented patient goes down the whole line with everything going wrong, and is nowhere but where she may be."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.cli.calling import call, interrupted, running
from tests.homes import PASSWORD, SMALL, new_home
from tests.leaks.search import blobs_below, found, in_base64, names_below, planted, spellings
from tests.patience import PATIENCE_SECONDS, until
from uploader.config import Settings
from uploader.phantom import PhantomIdentity, write_session
from uploader.supervisor import answers

MAY_KNOW = frozenset({"archives/identifiable", "spool", "work", "quarantine", "diagnostics", "inbox"})
"""Folders of a home that may hold what identifies a patient. The link table may too, but sealed."""


@dataclass
class Carried:
    home: Path
    evidence: Path
    identity: PhantomIdentity


@pytest.fixture(scope="module")
def carried(tmp_path_factory) -> Carried:
    root = tmp_path_factory.mktemp("gateway")
    home, evidence = new_home(root / "home"), root / "evidence"
    evidence.mkdir()
    identity = arriving(home)
    quote = root / "quote"
    quote.write_text(" ".join((*identity.values, *identity.uids)))
    with (evidence / "stdout").open("wb") as out, (evidence / "stderr").open("wb") as err:
        command = [sys.executable, "-X", "dev", "-m", "tests.leaks.carried_badly", home, quote, evidence]
        done = subprocess.run(command, check=False, stdout=out, stderr=err, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, (evidence / "stderr").read_text()[-3000:]
    ask(home, evidence)
    look(home, evidence)
    return Carried(home, evidence, identity)


def arriving(home):
    """A session whose folder and file names tell the patient, and beside it what cannot be taken."""
    hidden = home / "inbox" / ".copying"
    identity = write_session(hidden, **SMALL)
    for file in list(hidden.iterdir()):
        file.rename(hidden / f"{identity.name} {identity.patient_id} {file.name}")
    (hidden / f"about {identity.name}.txt").write_text(f"{identity.name} {identity.accession}\n" * 20)
    hidden.rename(home / "inbox" / identity.name)
    return identity


def ask(home, evidence):
    """What the commands print."""
    (submission,) = json.loads((evidence / "shown.json").read_text())[0]
    for arguments in (["status"], ["show", submission], ["quarantine"], ["audit", "verify"], ["show", "nobody"]):
        answer = call(home, *arguments)
        (evidence / f"command {arguments[0]}").write_text(answer.stdout + answer.stderr)


def look(home, evidence):
    """The desk's pages, but for those that show identifiable values and leave an audit line for it."""
    (submission,) = json.loads((evidence / "shown.json").read_text())[0]
    desk = Settings.read(home).desk.url
    with running(home, "desk", out=evidence / "desk.log") as process:
        until(lambda: answers(desk))
        with requests.Session() as person:
            form = person.get(desk + "login", timeout=PATIENCE_SECONDS).text
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form).group(1)
            login = {"login": "ada", "password": PASSWORD, "csrf_token": token}
            assert person.post(desk + "login", data=login, timeout=PATIENCE_SECONDS).ok
            one = f"submissions/{submission}"
            for page in ("", one, f"{one}/receipt.json", "submissions/nobody", f"{one}/changes?name=nobody"):
                (evidence / f"page {page.replace('/', ' ')}").write_text(
                    person.get(desk + page, timeout=PATIENCE_SECONDS).text
                )
        assert interrupted(process) == 0


def everything(carried):
    """All that may not know the patient."""
    kept = blobs_below(carried.home, MAY_KNOW)
    said = blobs_below(carried.evidence)
    return {**kept, **said, "names of files": names_below(carried.home)}


def test_the_patient_is_found_nowhere(carried):
    assert found(everything(carried), carried.identity) == set()


def test_all_that_should_be_searched_was_there_to_be_searched(carried):
    searched = everything(carried)
    for kept in (
        *("records/records.sqlite", "records/engine.sqlite", "link/links.sqlite", "link/audit-anchor.json"),
        *("debug.log", "shown.json", "command show", "page ", "desk.log"),
    ):
        assert searched[kept], kept
    assert b"/data/projects/" in searched["debug.log"], "addresses that were asked for"
    assert b"SELECT" in searched["debug.log"], "statements that went to the databases"
    for archive in ("anonymised", "central"):
        assert sum(w.startswith(f"archives/{archive}/") and w.endswith(".dcm") for w in searched) == 9
    (submission,) = json.loads(searched["shown.json"])[0]
    assert b"DEMO-001_1" in searched[f"page submissions {submission}"]


def test_everything_went_wrong_on_the_way_and_quoted_the_patient(carried):
    happened = set((carried.evidence / "mishaps.txt").read_text().splitlines())
    stages = {f"progress of {s}" for s in ("receive", "fetch", "anonymise", "verify", "keep", "release")}
    doors = {"identifiable.put", "identifiable.open", "anonymised.put", "anonymised.open", "central.put"}
    assert happened >= stages | doors | {
        "central.share",
        "links.assign",
        "protocol",
        "recipe",
        "script",
        "forgetful",
    }
    assert any(h.startswith("validator ") for h in happened)
    assert "verify.residue " in (carried.evidence / "shown.json").read_text()
    texts = [p.read_text() for p in (carried.home / "diagnostics").iterdir()]
    assert sum(carried.identity.patient_id in text for text in texts) >= len(stages | doors)


def test_she_is_where_she_may_be_so_that_the_search_does_find(carried):
    kept = blobs_below(carried.home / "archives" / "identifiable")
    assert {value for _, value in found(kept, carried.identity)} >= {*carried.identity.values, *carried.identity.uids}


def test_every_planted_value_would_be_found_in_every_spelling(carried):
    for value in planted(carried.identity):
        for form in spellings(value) | in_base64(value):
            assert ("somewhere", value) in found_one(form, carried.identity, value), (value, form)


def found_one(form, identity, value):
    alone = PhantomIdentity(**{**fields_of(identity), "values": (value,), "uids": ()})
    return found({"somewhere": b"before\0" + form + b"\0after"}, alone)


def fields_of(identity):
    return {name: getattr(identity, name) for name in PhantomIdentity.__slots__}


def test_a_value_planted_in_a_log_fails_the_search(carried):
    log = carried.home / "logs" / "planted.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text(f"read {carried.identity.name.upper()}")
    try:
        assert "logs/planted.log" in {where for where, _ in found(everything(carried), carried.identity)}
    finally:
        log.unlink()

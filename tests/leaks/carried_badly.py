"""One gateway in one process, for the leak test: `python -m tests.leaks.carried_badly HOME QUOTE_FILE EVIDENCE`.

It takes what lies in the watched folder and carries it to the trial with everything going wrong once on the way,
under the durable engine and with every logger at its most talkative. What it says goes to stdout, stderr and
EVIDENCE/debug.log; the receipt and what people were shown, to EVIDENCE.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
import time
from pathlib import Path

from tests.homes import PASSWORD, archives_of
from tests.leaks.mishaps import Mishaps, beset
from tests.patience import PATIENCE_SECONDS
from uploader import workflow
from uploader.domain.submission import State
from uploader.gateway import Built, build_intake, build_line, build_review, open_home
from uploader.logs import listen
from uploader.reception import Reception
from uploader.records import anchor


def talk(path: Path) -> None:
    """Every record of every logger, as it was meant, with its traceback."""
    listen()
    everything = logging.FileHandler(path)
    everything.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(everything)
    logging.getLogger().setLevel(logging.DEBUG)
    for name in ("uploader", "urllib3", "sqlalchemy", "cheroot", "dbos", "werkzeug"):
        logging.getLogger(name).setLevel(logging.DEBUG)


def act(built: Built, submission: str) -> None:
    """What a person would do next; before the choice the work folder is lost, so that all must be fetched again."""
    review = build_review(built)
    state = built.records.get(submission).state
    if state is State.RECEIVED:
        shutil.rmtree(built.home.work / submission)
        review.choose(submission, "DEMO-RT", "DEMO-001", "ada")
    elif state is State.AWAITING_SIGNOFF:
        review.sign(submission, "ada", PASSWORD, review.show(submission).seen)
        review.release(submission, "ada")
    elif state in (State.HELD, State.REFUSED):
        review.retry(submission, "ada")


def told(built: Built, submission: str) -> list[str]:
    """What a person is told about a submission now."""
    view = build_review(built).show(submission)
    verdicts = [v for v in (view.protocol_verdict, view.verification) if v]
    findings = [f"{f.code} {f.where} {f.says} {f.remedy}" for v in verdicts for f in v.findings]
    return [f"{view.submission.why} {view.submission.says}", *findings]


def carry_all(built: Built, mishaps: Mishaps) -> list[str]:
    """Until every submission is released; returns each sentence that people were shown on the way."""
    reception = Reception(built.records, build_intake(built), built.aliases())
    engine = workflow.start(
        beset(build_line(built), mishaps),
        built.records.workers,
        worker="leaky",
        database=built.home.engine_url,
        diagnostics=built.home.diagnostics,
        at_once=1,
    )
    said: list[str] = []
    until = time.monotonic() + PATIENCE_SECONDS
    while not (all_ := built.records.all()) or {s.state for s in all_} != {State.RELEASED}:
        assert time.monotonic() < until, [(s.state, s.says) for s in all_]
        reception.look()
        engine.adopt()
        for about in all_:
            said += told(built, about.id)
            act(built, about.id)
        time.sleep(0.05)
    workflow.stop(engine)
    anchor(built.records.database, built.home.anchor)
    return said


def main() -> None:
    home, quote, evidence = map(Path, sys.argv[1:4])
    talk(evidence / "debug.log")
    built, mishaps = open_home(home), Mishaps(quote.read_text())
    with archives_of(built):
        said = carry_all(built, mishaps)
    review = build_review(built)
    shown = {s.id: [review.receipt(s.id), review.show(s.id).history] for s in built.records.all()}
    (evidence / "shown.json").write_text(json.dumps([shown, sorted(set(said))], default=str, ensure_ascii=False))
    (evidence / "mishaps.txt").write_text("\n".join(mishaps.happened))
    built.records.close()


if __name__ == "__main__":
    main()

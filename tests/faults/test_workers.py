"""Two workers and one session: it goes once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.archives.strict_xnat import StrictXnat
from tests.archives.traps import Traps, served
from uploader.archives.embedded import Embedded
from uploader.home import Home


def one_run(home, worker):
    """A worker process that carries whatever is due until nothing moves."""
    command = [sys.executable, "-m", "tests.workflow.one_run", str(home), "-", "-", "line-2", worker]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_two_workers_at_one_session_release_it_once(due):
    with due.archives(), ThreadPoolExecutor(2) as workers:
        done = list(workers.map(lambda name: one_run(due.home, name), ("w1", "w2")))
        assert [run.returncode for run in done] == [0, 0], [run.stderr[-2000:] for run in done]
        assert {run.stdout.strip() for run in done} == {"released"}
        with due.built() as built:
            released = [line for line in built.records.history(due.submission) if "released" in str(line)]
        assert len(released) == 1, released


def test_an_xnat_with_all_its_habits_as_the_centre_gets_the_session_once(due):
    with due.archives("anonymised"):
        central = Embedded(Home(due.home).archive("central"), name="central", site_id="CENTRAL", accounts=[])
        xnat = Traps(StrictXnat(central.app))
        with served(xnat) as url:
            due.set("central", "url", url)
            due.carried_until_released()
        central.close()
        assert not [r for r in xnat.seen if "/import" in r.path]

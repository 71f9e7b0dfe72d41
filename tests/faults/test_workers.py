"""Two workers and one session: it goes once."""

from __future__ import annotations

from tests.archives.strict_xnat import StrictXnat
from tests.archives.traps import Traps, served
from tests.patience import PATIENCE_SECONDS
from tests.workflow.one_run_begun import begun, ended
from uploader.archives.embedded import Embedded
from uploader.home import Home


def test_two_workers_at_one_session_release_it_once(due):
    with due.archives():
        both = [begun(due.home, worker=name, dead_after=PATIENCE_SECONDS) for name in ("w1", "w2")]
        done = [ended(each) for each in both]
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

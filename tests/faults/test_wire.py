"""What befalls the wire between the gateway and the centre: it is gone through again, and nothing is double."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.archives import traps
from tests.archives.traps import Traps, served
from tests.faults.door import Door, Fault, opened
from uploader.archives.embedded import Embedded
from uploader.home import Home

BATCHES = 4
"""Uploads of the demo session: one for each of its scans."""


def port_of(due) -> int:
    return urlsplit(due.settings.central.url).port


def test_a_reply_lost_after_success_is_found_to_be_a_success_and_nothing_is_sent_twice(due):
    with due.archives(), opened(Door(port_of(due), Fault.LOSES_REPLY, times=1)) as door:
        due.set("central", "url", door.url)
        due.carried_until_released()
        assert door.uploads == BATCHES


def test_every_reply_lost_is_no_double_either(due):
    with due.archives(), opened(Door(port_of(due), Fault.LOSES_REPLY, times=100)) as door:
        due.set("central", "url", door.url)
        due.carried_until_released()
        assert door.uploads == BATCHES


def test_a_proxy_that_gives_up_while_the_archive_goes_on_makes_no_double(due):
    """100 s in life, half a second here; the archive takes a second for each upload."""
    with due.archives("anonymised") as built:
        central = Embedded(Home(due.home).archive("central"), name="central", site_id="CENTRAL", accounts=[])
        slow = Traps(central.app)
        slow.set(traps.UPLOAD, traps.stalls_before(1), times=2)
        with served(slow) as url, opened(Door(urlsplit(url).port, Fault.CUTS, times=100, seconds=0.5)) as door:
            due.set("central", "url", door.url)
            due.carried_until_released()
            assert door.uploads > BATCHES - 1
        central.close()
    assert built.settings.site


def test_an_archive_that_cannot_be_reached_is_waited_for(due):
    with due.archives("anonymised"):
        about = due.carried()
        assert (about.state, about.why) == ("waiting", "archive-unavailable")
        assert "no answer" in about.says
    with due.archives():
        due.carried_until_released()


def test_the_archive_killed_in_the_middle_of_an_upload_is_waited_for_and_given_the_rest(due):
    with due.archives("anonymised"):
        central = due.central_process()
        door = Door(port_of(due), Fault.BREAKS, times=1, breaks=lambda: (central.kill(), central.wait()))
        try:
            with opened(door):
                itself = due.settings.central.url
                due.set("central", "url", door.url)
                about = due.carried()
                assert (about.state, about.why) == ("waiting", "archive-unavailable")
                assert due.violations() == []
                due.set("central", "url", itself)
                central = due.central_process()
                due.carried_until_released()
        finally:
            central.kill()
            central.wait()

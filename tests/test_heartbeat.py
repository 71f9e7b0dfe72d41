"""A worker that falls silent is found dead; one that beats is not, nor is one that could not be heard."""

from __future__ import annotations

from collections.abc import Mapping

from tests.patience import until
from uploader.domain.errors import Transient
from uploader.heartbeat import Heart, Silence


def silence(*looks: tuple[float, Mapping[str, object]]) -> Silence:
    """What was heard at which second."""
    watched = Silence(3)
    for at, heard in looks:
        watched.look(heard, at)
    return watched


def test_a_silent_worker_is_found_and_a_beating_one_is_not():
    looks = [(float(at), {"silent": 1, "beating": at}) for at in range(40)]
    assert silence(*looks).longer_than(30) == ["silent"]


def test_a_worker_that_beats_again_is_alive():
    looks = [(float(at), {"late": at // 25}) for at in range(49)]
    assert silence(*looks).longer_than(25) == []


def test_time_in_which_nobody_could_be_heard_does_not_count():
    assert silence((0, {"a": 1}), (600, {"a": 1})).longer_than(4) == []


def test_a_clock_that_is_wrong_elsewhere_makes_nobody_dead():
    looks = [(float(at), {"ahead": -at}) for at in range(40)]
    assert silence(*looks).longer_than(5) == []


def test_one_that_was_forgotten_and_comes_back_starts_anew():
    watched = silence(*((float(at), {"a": 1}) for at in range(10)), (10, {}), (11, {"a": 1}))
    assert watched.longer_than(1) == []


class Listed:
    """Heartbeats in memory, which may be away."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.away = False
        self.asked = 0

    def beat(self, worker: str) -> bool:
        self.asked += 1
        if self.away:
            raise Transient("the records: busy or not reachable; nothing was changed, try again")
        known = worker in self.known
        self.known[worker] = self.known.get(worker, 0) + 1
        return known

    def heard(self) -> Mapping[str, object]:
        return dict(self.known)

    def forget(self, worker: str) -> None:
        self.known.pop(worker, None)


def test_a_heart_beats_by_itself_through_records_that_are_away():
    listed, lost = Listed(), []
    heart = Heart(listed, "one", 0.3, lambda: lost.append(1))
    heart.start()
    listed.away, asked = True, listed.asked
    until(lambda: listed.asked > asked + 2)
    listed.away, beats = False, listed.known["one"]
    until(lambda: listed.known["one"] > beats)
    heart.stop()
    assert lost == []


def test_a_heart_hears_that_it_was_taken_for_dead():
    listed, lost = Listed(), []
    heart = Heart(listed, "one", 0.3, lambda: lost.append(1))
    heart.start()
    until(lambda: listed.known["one"] > 1)
    listed.forget("one")
    until(lambda: bool(lost))
    heart.stop()


def test_a_heart_names_the_dead_and_never_itself():
    listed = Listed()
    listed.known["other"] = 1
    heart = Heart(listed, "one", 0.3, lambda: None)
    heart.start()
    until(lambda: heart.dead() == ["other"])
    heart.stop()

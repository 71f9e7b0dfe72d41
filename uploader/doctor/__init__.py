"""Whether a gateway that runs works, end to end, in words that say what to mend.

observation.py  one thing looked at: well, of note, or wrong, with the remedy
machine.py      this machine: settings, secrets, disk, records, audit
archives.py     each archive: reach, login, rights, scripts, clock, certificate
traffic.py      what else must answer: desk, worker, listener; what has been waiting too long
plugins.py      validators that are no part of the program
phantom.py      an invented session down the line into a test project, and out again
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from uploader.doctor import archives, kept, machine, phantom, plugins, traffic
from uploader.doctor.observation import Observation, observed
from uploader.gateway import Built
from uploader.home import SITE_KEY

Look = Callable[[Built], Iterator[Observation]]

LOOKS: Sequence[tuple[str, Look]] = (
    ("secrets", machine.secrets),
    ("disk", machine.disk),
    ("records", machine.records),
    ("archives", archives.look),
    ("validators", plugins.look),
    ("worker", traffic.worker),
    ("desk", traffic.desk),
    ("listener", traffic.listener),
    ("waiting", traffic.waiting),
)

PARTS: Mapping[str, Sequence[tuple[str, Look]]] = {
    "prepare": (
        ("secrets", partial(machine.secrets, keys=("link.key", "trial.key", "alias.key"))),
        ("disk", machine.disk),
        ("records", machine.records),
        ("archives", partial(archives.look, names=("identifiable", "anonymised"))),
        ("validators", plugins.look),
        ("worker", partial(traffic.worker, here=True)),
        ("waiting", traffic.waiting),
    ),
    "release": (
        ("secrets", partial(machine.secrets, keys=(SITE_KEY,))),
        ("records", machine.records),
        ("archives", partial(archives.look, names=("anonymised", "central"))),
        ("worker", partial(traffic.worker, here=True)),
    ),
    "desk": (
        ("secrets", partial(machine.secrets, keys=("desk.key",))),
        ("archives", partial(archives.look, names=("identifiable", "anonymised"))),
        ("desk", traffic.desk),
    ),
}
"""What there is to look at where one process of a home runs, with what it was given and nothing else. Each names what
it must have: a key that is lost is a fault, not a reason to look away."""


SESSIONS: Mapping[str, Look] = {
    "prepare": partial(kept.look, names=("identifiable", "anonymised"), routes=("receive", "prepare")),
    "release": partial(kept.look, names=("anonymised", "central"), routes=("release",)),
}
"""Of the parts that reach archives with their own accounts, and look into no other."""


def examine(built: Built, *, with_phantom: bool, with_sessions: bool = False) -> Iterator[Observation]:
    """Everything there is to look at, in this order; a look that fails is an observation too."""
    for about, look in LOOKS:
        yield from observed(about, look, built)
    if with_sessions:
        yield from observed("sessions", kept.look, built)
    if with_phantom:
        yield from observed("phantom", phantom.look, built)


def examine_part(built: Built, part: str, *, with_phantom: bool, with_sessions: bool = False) -> Iterator[Observation]:
    """What one of PARTS can look at; the phantom's way is that of `prepare`, sessions are those of SESSIONS."""
    for about, look in PARTS[part]:
        yield from observed(about, look, built)
    if with_sessions:
        yield from observed("sessions", SESSIONS[part], built)
    if with_phantom and part == "prepare":
        yield from observed("phantom", phantom.look, built)

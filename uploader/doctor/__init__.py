"""Whether a gateway that runs works, end to end, in words that say what to mend.

observation.py  one thing looked at: well, of note, or wrong, with the remedy
machine.py      this machine: settings, secrets, disk, records, audit
archives.py     each archive: reach, login, rights, scripts, clock, certificate
traffic.py      what else must answer: desk, worker, listener; what has been waiting too long
phantom.py      an invented session down the line into a test project, and out again
"""

from collections.abc import Callable, Iterator, Sequence

from uploader.doctor import archives, kept, machine, phantom, traffic
from uploader.doctor.observation import Observation, observed
from uploader.gateway import Built

Look = Callable[[Built], Iterator[Observation]]

LOOKS: Sequence[tuple[str, Look]] = (
    ("secrets", machine.secrets),
    ("disk", machine.disk),
    ("records", machine.records),
    ("archives", archives.look),
    ("worker", traffic.worker),
    ("desk", traffic.desk),
    ("listener", traffic.listener),
    ("waiting", traffic.waiting),
)


def examine(built: Built, *, with_phantom: bool, with_sessions: bool = False) -> Iterator[Observation]:
    """Everything there is to look at, in this order; a look that fails is an observation too."""
    for about, look in LOOKS:
        yield from observed(about, look, built)
    if with_sessions:
        yield from observed("sessions", kept.look, built)
    if with_phantom:
        yield from observed("phantom", phantom.look, built)

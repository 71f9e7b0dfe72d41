"""A watch of the container engine, from before a validator is begun until it has ended.

The engine may go away at any moment, or be restarted in the middle of a run: what a validator has said counts only
where one watch saw it end, and saw nobody end it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from uploader.sandbox.broke import Away

ENGINE_SECONDS = 60
"""How long the engine may take to answer, and to end a container."""


@contextmanager
def watched(engine: Any, made: str) -> Iterator[Iterator[Mapping[str, Any]]]:
    """What the engine does with it, from the first to the last; it ends early where the engine does."""
    with closing(engine.api.events(since=1, filters={"container": made}, decode=True)) as events:
        try:
            yield events
        finally:
            events._response.close()  # the SDK closes the socket alone, and leaves the rest to the collector


def ended_by_itself(events: Any) -> None:
    """Returns once the engine has said that it ended. Raises Away where the engine ended it, or was gone in between."""
    patience = threading.Timer(ENGINE_SECONDS, events.close)
    patience.start()
    try:
        for event in events:
            if event["Action"] == "kill":
                raise Away("it was ended from outside before it had judged, as when the machine is stopped")
            if event["Action"] == "die":
                return
    finally:
        patience.cancel()
    raise Away("the container engine was away while it ran; see that it is well")

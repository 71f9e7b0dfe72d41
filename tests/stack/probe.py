"""Run inside a container's network: which of the `address:port` words accept a connection. Prints those, one a line."""

import socket
import sys
from concurrent.futures import ThreadPoolExecutor

SECONDS = 2


def accepts(place: str) -> bool:
    address, port = place.rsplit(":", 1)
    try:
        socket.create_connection((address, int(port)), SECONDS).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    with ThreadPoolExecutor(64) as pool:
        places = sys.argv[1:]
        print("\n".join(place for place, open_ in zip(places, pool.map(accepts, places), strict=True) if open_))

"""Run inside a network: which of the `address:port` words accept a connection; prints those, one a line.

With `--answer` before them it is the other side: it accepts connections at each, until it is ended.
"""

import select
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

SECONDS = 2


def split(place: str) -> tuple[str, int]:
    address, port = place.rsplit(":", 1)
    return address, int(port)


def accepts(place: str) -> bool:
    try:
        socket.create_connection(split(place), SECONDS).close()
    except OSError:
        return False
    return True


def answer(places: list[str]) -> None:
    servers = [socket.create_server(split(place)) for place in places]
    print("answering", flush=True)
    while True:
        for server in select.select(servers, [], [])[0]:
            server.accept()[0].close()


if __name__ == "__main__":
    if sys.argv[1] == "--answer":
        answer(sys.argv[2:])
    with ThreadPoolExecutor(64) as pool:
        places = sys.argv[1:]
        print("\n".join(place for place, open_ in zip(places, pool.map(accepts, places), strict=True) if open_))

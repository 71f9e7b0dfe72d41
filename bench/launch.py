"""Runs the commands of argv[1], a JSON list, side by side and prints what they cost. Loads next to nothing.

A program of its own, for the kernel counts the memory of whoever starts a process as that process's first.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    commands, stdout = json.loads(sys.argv[1]), sys.argv[2]
    with open(stdout, "wb") as out:  # noqa: PTH123
        began = time.perf_counter()
        running = [subprocess.Popen(c, stdout=out, stderr=subprocess.DEVNULL) for c in commands]
        ended = [os.wait4(process.pid, 0) for process in running]
        seconds = time.perf_counter() - began
    codes = [os.waitstatus_to_exitcode(status) for _, status, _ in ended]
    for process, code in zip(running, codes, strict=True):
        process.returncode = code  # was waited for behind its back
    costs = {
        "seconds": seconds,
        "cpu": sum(usage.ru_utime + usage.ru_stime for _, _, usage in ended),
        "peak_mb": max(usage.ru_maxrss for _, _, usage in ended) / 1024,
        "codes": codes,
    }
    print(json.dumps(costs))


if __name__ == "__main__":
    main()

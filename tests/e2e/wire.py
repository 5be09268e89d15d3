#!/usr/bin/env python3
"""Starts the sidecar and plays at it, from outside, all that tests/wire has:
both clients, the bad-input catalogue, load and churn.

    make && python3 tests/e2e/wire.py
    LEEWAY_PROGRAM=build/asan/leeway python3 tests/e2e/wire.py

Exits 1 if anything failed, if the sidecar wrote a sanitizer's report, or if it
did not end with 0 after SIGTERM.
"""

import signal
import subprocess
import sys

from sidecar import SANITIZED, WIRE, Sidecar

PERSONA = "falstaff"
REQUESTS = 10000 if SANITIZED else 100000
CONNECTIONS = 300 if SANITIZED else 1000
TIMES = 20 if SANITIZED else 100

def steps(sidecar):
    """Name and command line of each thing to play, in order."""
    for url in (sidecar.ipc, sidecar.tcp):
        kind = url.partition(":")[0]

        def load(command, *more):
            return (f"{command} ({kind})",
                    ["python3", f"{WIRE}/load.py", command, url, *more])
        yield (f"python client ({kind})",
               ["python3", f"{WIRE}/client_live.py", url, PERSONA])
        yield (f"node client ({kind})",
               ["node", f"{WIRE}/client_live.mjs", url, PERSONA])
        yield (f"catalogue ({kind})",
               ["python3", f"{WIRE}/catalogue.py", url, "--persona", PERSONA,
                "--admin", sidecar.admin])
        yield load("pipeline", "-n", str(REQUESTS))
        yield load("pipeline", "-n", str(REQUESTS // 10), "--op", "score")
        yield load("churn", "-n", str(CONNECTIONS))
        yield load("dying", "--pid", str(sidecar.process.pid), "--persona",
                   PERSONA, "--times", str(TIMES))


def play(sidecar):
    """The names of what failed."""
    failed = []
    for name, command in steps(sidecar):
        print(f"== {name}", flush=True)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, check=False)
        lines = done.stdout.splitlines()
        fine = done.returncode == 0
        print("\n".join(lines[-1:] if fine else
                        [line for line in lines if not line.startswith("ok")]))
        if not fine:
            failed.append(name)
        if sidecar.process.poll() is not None:
            failed.append(f"the sidecar ended: {sidecar.process.returncode}")
            break
    return failed


def main():
    # Whoever ends this program ends the sidecar too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with Sidecar(tcp=True) as sidecar:
            failed = play(sidecar)
            if failed:
                print("---- the end of the sidecar's log")
                print("\n".join(sidecar.log().splitlines()[-40:]))
    except AssertionError as problem:
        print(problem)
        failed = ["the sidecar"]
    print("failed: " + ", ".join(failed) if failed else "all fine")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

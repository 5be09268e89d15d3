#!/usr/bin/env python3
"""Lines that no rule may touch (tests/data/benign), through the shipped
configuration: every one must be shipped as it is.

    python3 tests/e2e/benign.py
"""

import glob
import json
import os
import sys
import unittest

from sidecar import ROOT, Sidecar

sys.path.insert(0, os.path.join(ROOT, "proto/clients/python"))

import leeway  # noqa: E402


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


class Benign(unittest.TestCase):
    def test_nothing_is_touched(self):
        with Sidecar() as sidecar:
            client = leeway.Client(sidecar.ipc, timeout=10.0,
                                   on_unavailable="throw")
            touched = []
            count = 0
            for path in sorted(glob.glob(f"{ROOT}/tests/data/benign/*.jsonl")):
                for row in rows(path):
                    reply = client.score(text=row["text"], deadlineMs=5000)
                    envelope = reply["results"][0]
                    count += 1
                    if envelope["action"] != "ship":
                        touched.append((path, row["text"][:80],
                                        envelope["decidedBy"]))
            client.close()
        self.assertGreater(count, 1000)
        self.assertEqual(touched, [])


if __name__ == "__main__":
    unittest.main()

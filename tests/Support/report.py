"""Reads the reports of the test runner for tests/run.

counts FILE      passed, failed (with errors) and skipped
failed FILE      the names of those that failed, and what each said; of one METHOD where that is named
methods FILE     the methods of those that failed, to run them again
processes FILE   the same, of tests that start processes
slowest FILE...  the ten that took longest, in seconds
"""

import os
import sys
import xml.etree.ElementTree as xml


def tests(file):
    return list(xml.parse(file).iter("test"))


def failures(file):
    return [test for test in tests(file) if test.get("result") == "Fail"]


def counts(file):
    assemblies = list(xml.parse(file).iter("assembly"))

    def total(name):
        return sum(int(assembly.get(name) or 0) for assembly in assemblies)

    print(total("passed"), total("failed") + total("errors"), total("skipped"))


def failed(file, method=None):
    for test in failures(file):
        if method not in (None, f"{test.get('type')}.{test.get('method')}"):
            continue
        print("  failed:", test.get("name"))
        for line in (test.findtext(".//message") or "").splitlines()[:12]:
            print("   ", line[:300])


def methods(file, those=lambda test: True):
    for name in sorted({f"{test.get('type')}.{test.get('method')}" for test in failures(file) if those(test)}):
        print(name)


def processes(file):
    methods(file, lambda test: any(trait.get("name") == "processes" for trait in test.iter("trait")))


def slowest(*files):
    every = [
        (float(test.get("time") or 0), os.path.basename(file)[: -len(".xml")], test.get("name"))
        for file in files
        for test in tests(file)
    ]
    for seconds, run, name in sorted(every, reverse=True)[:10]:
        print(f"  {seconds:6.1f} s  {run}: {name[:150]}")


{"counts": counts, "failed": failed, "methods": methods, "processes": processes, "slowest": slowest}[sys.argv[1]](*sys.argv[2:])

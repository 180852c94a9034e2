"""How fast `cnnlab` is beside TensorFlow, Keras, PyTorch, SciPy and a plain im2col, and what memory it takes.

    make bench                                   everything, about ten minutes on two cores that do nothing else
    python benchmarks/speed.py --quick           a first look: fewer rounds

Each contender runs in a process of its own, with the same number of threads, and they take turns, so that whatever else
the machine does meets all of them. A round goes through everything in a table, so that what lasts some seconds meets few
rounds of any. The figures are medians over all rounds. PyTorch, SciPy and numpy-ml take part where they are installed.
Stores speed.json, and from it the tables in README.md and the picture speed.png.
"""

import argparse
import datetime
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

from contenders import CONTENDERS, WORKLOADS

HERE = Path(__file__).parent
ONE_DNN = ("TensorFlow", "TensorFlow, oneDNN off")
SLOW = ("SciPy", "numpy-ml")  # one round is enough
WAIT_LONG = ("cnnlab", "im2col", *SLOW)  # a thread of NumPy's BLAS keeps a core busy for 0.13 s after its last product
KINDS = ("forward", "with gradients")
GROWTH = {  # batch, size, channels, filters, kernel size
    "batch": [(n, 32, 32, 64, 3) for n in (16, 64, 256)],
    "image size": [(16, n, 32, 64, 3) for n in (16, 32, 64, 128)],
    "channels": [(64, 32, n, 32, 3) for n in (1, 8, 32, 128)],
    "kernel size": [(64, 32, 32, 32, n) for n in (1, 3, 5, 7)],
}


class Contender:
    """A process of contenders.py."""

    def __init__(self, name, threads):
        self.name = name
        env = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
        command = [sys.executable, HERE / "contenders.py", name, str(threads)]
        self.process = subprocess.Popen(
            command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.takes_part = bool(self.process.stdout.readline())

    def ask(self, *job):
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args[2]} broke down at {job}")
        time.sleep(0.2 if self.name in WAIT_LONG else 0.03)  # its threads give up waiting before the next one's turn
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def in_turns(jobs, rounds):
    """{job: {contender: ms}}, medians, of {job: (contenders, what to ask them)}."""
    times = {job: {name: [] for name in contenders} for job, (contenders, _) in jobs.items()}
    for number in range(rounds):
        for job, (contenders, question) in jobs.items():
            for name, contender in contenders.items():
                if not number or name not in SLOW:
                    times[job][name] += contender.ask(*question)
        print(f"round {number + 1} of {rounds}", flush=True)
    medians = {}
    for job, of_job in times.items():
        medians[job] = {name: 1000 * statistics.median(all_times) for name, all_times in of_job.items() if all_times}
        print(job, *(f"{name} {t:.2f}" for name, t in medians[job].items()), sep="  ")
    return medians


def measure_ops(contenders, rounds):
    """{batch: {"forward" or "with gradients": {workload: {contender: ms}}}}"""
    jobs = {}
    for batch in (64, 1):
        some = {name: c for name, c in contenders.items() if batch == 64 or name not in SLOW}
        for (workload, shape), (which, kind) in itertools.product(WORKLOADS.items(), enumerate(KINDS)):
            jobs[batch, kind, workload] = some, ("op", (batch, *shape), which, 0.1 if batch == 64 else 0.02)
    times = in_turns(jobs, rounds)
    return {batch: {kind: {w: times[batch, kind, w] for w in WORKLOADS} for kind in KINDS} for batch in (64, 1)}


def measure_fit(contenders, rounds):
    """{"model, batch": {contender: ms a step}}"""
    libraries = {name: contenders[name] for name in ("cnnlab", *ONE_DNN) if name in contenders}
    jobs = {}
    for deep, batch in itertools.product((True, False), (64, 128)):
        name = f"Conv32→pool→{'Conv64→pool→' if deep else ''}Dense100→Dense10, batch {batch}"
        jobs[name] = libraries, ("fit", deep, batch)
    return in_turns(jobs, rounds)


def measure_growth(contenders, rounds):
    """{what grows: {how much: {…}}}: milliseconds, and bytes of workspace beside inputs and outputs."""
    both = {name: contenders[name] for name in ("cnnlab", "TensorFlow") if name in contenders}
    jobs = {}
    for what, shapes in GROWTH.items():
        for shape, (which, kind) in itertools.product(shapes, enumerate(KINDS)):
            jobs[what, shape, kind] = both, ("op", (*shape, "same", 1), which, 0.05)
    times, found = in_turns(jobs, rounds), {}
    for what, shapes in GROWTH.items():
        found[what] = {str(shape): {kind: times[what, shape, kind] for kind in KINDS} for shape in shapes}
        for shape in shapes:
            found[what][str(shape)]["workspace"] = contenders["cnnlab"].ask("workspace", (*shape, "same", 1))
    return found


def machine(threads):
    """What was measured, and on what."""
    cpu = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), platform.machine())
    flags = next((line.split() for line in _lines("/proc/cpuinfo") if line.startswith("flags")), [])
    versions = {}
    for package in ("numpy", "tensorflow-cpu", "tensorflow", "keras", "torch", "scipy", "numpy-ml"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            pass
    return dict(
        date=datetime.date.today().isoformat(), cpu=cpu, avx512="avx512f" in flags, cores=os.cpu_count(),
        threads=threads, system=platform.system(), python=platform.python_version(), versions=versions,
    )  # fmt: skip


def _lines(path):
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", default=["ops", "fit", "growth"], choices=["ops", "fit", "growth"])
    parser.add_argument("--store", type=Path, default=HERE, help="the folder for the results")
    arguments = parser.parse_args()
    rounds = 2 if arguments.quick else 7
    contenders = {name: Contender(name, arguments.threads) for name in CONTENDERS}
    contenders = {name: c for name, c in contenders.items() if c.takes_part}
    print("taking part:", ", ".join(contenders))
    results = {"machine": machine(arguments.threads)}
    peaks = [contenders["cnnlab"].ask("peak")]
    if "ops" in arguments.only:
        results["ops"] = measure_ops(contenders, rounds)
    if "fit" in arguments.only:
        results["fit"] = measure_fit(contenders, rounds)
    if "growth" in arguments.only:
        results["growth"] = measure_growth(contenders, max(2, rounds // 2))
    results["machine"]["peak"] = max([*peaks, contenders["cnnlab"].ask("peak")])
    if "fit" in arguments.only:
        results["profile"] = contenders["cnnlab"].ask("profile", True, 64)
    for contender in contenders.values():
        contender.close()
    path = arguments.store / "speed.json"
    results = {**(json.loads(path.read_text()) if path.exists() else {}), **json.loads(json.dumps(results))}
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    from speed_report import report

    report(arguments.store)


if __name__ == "__main__":
    main()

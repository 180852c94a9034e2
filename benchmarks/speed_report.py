"""The tables in README.md and the picture speed.png, made of speed.json.

    python benchmarks/speed_report.py
"""

import json
import statistics
from pathlib import Path

from contenders import WORKLOADS

HERE = Path(__file__).parent
ONE_DNN = ("TensorFlow", "TensorFlow, oneDNN off")
GOALS = {
    "forward": {"TensorFlow": 1.5, "PyTorch": 1.0, "im2col": 2.5, "numpy-ml": 9, "SciPy": 300},
    "with gradients": {"TensorFlow": 1.2, "PyTorch": 1.0, "im2col": 3, "numpy-ml": 25},
}


def better_tensorflow(times):
    """The times with one figure for TensorFlow: at the better setting of TF_ENABLE_ONEDNN_OPTS."""
    best = min((times[name] for name in ONE_DNN if name in times), default=None)
    merged = {name: t for name, t in times.items() if name not in ONE_DNN}
    return {"cnnlab": merged.pop("cnnlab"), **({"TensorFlow": best} if best else {}), **merged}


def flops(workload, batch):
    size, channels, filters, k, padding, stride = WORKLOADS[workload]
    positions = -(-size // stride) if padding == "same" else (size - k) // stride + 1
    return 2 * batch * positions**2 * k * k * channels * filters


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ms(t):
    return f"{t:.3g}" if t < 1000 else f"{t:.0f}"


def ops_table(found, batch, kind, peak):
    rows, ratios = [], {}
    by_workload = {workload: better_tensorflow(times) for workload, times in found[kind].items()}
    others = [name for name in next(iter(by_workload.values())) if name != "cnnlab"]
    for workload, times in by_workload.items():
        size, channels, filters, k, padding, stride = WORKLOADS[workload]
        ours = times["cnnlab"]
        share = flops(workload, batch) * (1 if kind == "forward" else 3) / (ours / 1000) / peak
        shape = f"{workload} {size}×{size}×{channels}→{filters} k{k} {padding}{f' /{stride}' if stride > 1 else ''}"
        row = [shape, ms(ours), f"{share:.0%}"]
        for name in others:
            if name in times:
                ratios.setdefault(name, []).append(times[name] / ours)
                row.append(f"{ms(times[name])} ({times[name] / ours:.2f}×)")
            else:
                row.append("")
        rows.append(row)
    means = [f"**{statistics.geometric_mean(ratios[name]):.2f}×**" for name in others]
    worst = [f"{min(ratios[name]):.2f}×" for name in others]
    goals = [f"{GOALS[kind][name]}×" if batch == 64 and name in GOALS[kind] else "" for name in others]
    rows += [["geometric mean of the ratios", "", "", *means], ["smallest ratio", "", "", *worst]]
    rows += [["goal for the mean", "", "", *goals]] if batch == 64 else []
    return table(["", "cnnlab, ms", "share of peak", *(f"{name}, ms" for name in others)], rows)


def fit_table(found):
    rows = []
    for name, times in found.items():
        ours = times["cnnlab"]
        as_it_comes, off = (times[setting] for setting in ONE_DNN)
        rows.append([name, ms(ours), f"{ms(as_it_comes)} ({as_it_comes / ours:.2f}×)", f"{ms(off)} ({off / ours:.2f}×)"])
    return table(["", "cnnlab, ms a step", "Keras, oneDNN on", "Keras, oneDNN off"], rows)


def growth_table(found):
    rows = []
    for what, points in found.items():
        for shape, at in points.items():
            batch, size, channels, filters, k = shape.strip("()").split(", ")
            row = [what, f"{batch} × {size}×{size}×{channels}→{filters} k{k}"]
            for kind in ("forward", "with gradients"):
                times = at[kind]
                row += [ms(times["cnnlab"]), ms(times["TensorFlow"]) if "TensorFlow" in times else ""]
            rows.append(row + [f"{bytes_ / 2**20:.1f}" for bytes_ in at["workspace"]])
    head = ["grows", "shape", "forward, ms", "TensorFlow", "with gradients, ms", "TensorFlow"]
    return table([*head, "workspace forward, MiB", "gradients, MiB"], rows)


def picture(results, path):
    from matplotlib.figure import Figure

    figure = Figure((9, 4.5), layout="constrained")
    styles = {"TensorFlow": ("#0072b2", "o"), "PyTorch": ("#d55e00", "s"), "im2col": ("#009e73", "^")}
    for axes, kind in zip(figure.subplots(1, 2, sharey=True), ("forward", "with gradients")):
        by_workload = {w: better_tensorflow(times) for w, times in results["ops"]["64"][kind].items()}
        for name, (color, marker) in styles.items():
            ratios = {w: t[name] / t["cnnlab"] for w, t in by_workload.items() if name in t}
            if ratios:
                mean = statistics.geometric_mean(ratios.values())
                axes.plot(ratios.keys(), ratios.values(), marker, color=color, label=f"{name}: {mean:.2f}× on average")
        axes.axhline(1, color="black", linewidth=1)
        axes.set(yscale="log", title=kind, xlabel="workload")
        axes.set_yticks([0.5, 1, 2, 4, 8], ["0.5×", "1×", "2×", "4×", "8×"])
        axes.tick_params(which="minor", left=False, labelleft=False)
        axes.grid(axis="y", alpha=0.3)
        axes.legend(loc="upper left")
    figure.suptitle(f"Times of others, divided by cnnlab's: above the line, cnnlab is faster ({results['machine']['date']})")
    figure.savefig(path, dpi=100)


def report(folder=HERE):
    """Write what speed.json in the folder holds into README.md and speed.png beside it."""
    results = json.loads((folder / "speed.json").read_text())
    m = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in m["versions"].items())
    parts = [
        "## Speed",
        f"Measured on {m['date']}: {m['cpu']}{' (AVX-512)' if m['avx512'] else ''}, {m['threads']} threads of "
        f"{m['cores']} cores, {m['system']}, Python {m['python']}; {versions}. The largest speed of a matrix product (sgemm) "
        f"on it was {m['peak'] / 1e9:.0f} GFLOP/s.",
    ]
    if "ops" in results:
        for batch, found in results["ops"].items():
            for kind in found:
                parts += [f"### Convolution, {kind}, batch {batch}", ops_table(found, int(batch), kind, m["peak"])]
        picture(results, folder / "speed.png")
        parts += ["![The ratios of the tables above for batch 64, as points around a line at 1](speed.png)"]
    if "fit" in results:
        total = sum(results["profile"].values())
        by_size = sorted(results["profile"].items(), key=lambda item: -item[1])
        profile = [[part, ms(t), f"{t / total:.0%}"] for part, t in by_size]
        parts += ["### A training step, `fit` with Adam", fit_table(results["fit"])]
        parts += ["Where the time of the first of them goes:", table(["", "ms", ""], profile)]
    if "growth" in results:
        parts += ["### How time and memory grow", growth_table(results["growth"])]
    path = folder / "README.md"
    before, _, rest = (path if path.exists() else HERE / "README.md").read_text().partition("<!-- results -->")
    after = rest.partition("## Explorers")[1:]  # explorers.py prints that table
    path.write_text(before + "<!-- results -->\n\n" + "\n\n".join(parts) + "\n\n" + "".join(after))


if __name__ == "__main__":
    report()

"""Times PyTorch eager, OpenVINO and Daguerre on the same shapes in one run; prints a Markdown table.

Run: python scripts/peers/compare.py --model FOLDER --daguerre BINARY     (README.md in this folder says the rest)
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
COMPONENTS = ["step", "decode", "encode", "text"]
PEERS = ["openvino", "torch"]
RUNS = {"step": 3, "decode": 2, "encode": 2, "text": 5}
TITLES = {"step": "CFG step (batch 2)", "decode": "Decode", "encode": "Encode", "text": "Text (2 prompts)"}


class Worker:
    """A peer's process for one component, stopped while it is not its turn."""

    def __init__(self, peer, component, precision, options):
        self.peer, self.component = peer, component
        command = worker_command(peer, component, precision, options)
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.read()  # ready
        self.seconds, self.peak = [], 0
        self.process.send_signal(signal.SIGSTOP)

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the {self.peer} worker for {self.component} ended early; run it by hand to see why")
        return json.loads(line)

    def take_turn(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(f"{RUNS[self.component]}\n")
        self.process.stdin.flush()
        answer = self.read()
        self.seconds += answer["seconds"]
        self.peak = answer["peak_bytes"]
        self.process.send_signal(signal.SIGSTOP)

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.close()
        self.process.wait()


def worker_command(peer, component, precision, options):
    return [
        sys.executable, str(HERE / f"{peer}_worker.py"), "--model", str(options.model), "--component", component,
        "--precision", precision, "--size", str(options.size), "--threads", str(options.threads),
        "--cache", str(options.cache)]


def physical_cores():
    """Physical cores that this process may use."""
    cores = set()
    for cpu in os.sched_getaffinity(0):
        siblings = pathlib.Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        cores.add(siblings.read_text().strip() if siblings.exists() else str(cpu))
    return len(cores)


def machine():
    fields = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return fields[0] if fields else os.uname().machine


def bench_daguerre(options, precision):
    command = [
        options.daguerre, "bench", "--model", options.model, "--size", options.size, "--precision", precision,
        "--threads", options.threads, "--json"]
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"daguerre bench failed with {result.returncode}: {result.stderr.strip()}")
    return json.loads(result.stdout)


def measure(options, precision):
    """Samples of each contender: {contender: {component: {"seconds": […], "peak_bytes": n}}}."""
    workers = []
    # One process for each component, so that a peer's peak is that component's.
    for component in options.only:
        for peer in options.peers:
            workers.append(Worker(peer, component, precision, options))
    ours = []
    for turn in range(options.rounds):
        for worker in workers:
            worker.take_turn()
        if options.daguerre:
            ours.append(bench_daguerre(options, precision))
        print(f"{precision}: round {turn + 1} of {options.rounds} done", file=sys.stderr, flush=True)
    for worker in workers:
        worker.close()
    samples = {peer: {} for peer in options.peers}
    for worker in workers:
        samples[worker.peer][worker.component] = {"seconds": worker.seconds, "peak_bytes": worker.peak}
    if ours:
        samples["daguerre"] = {
            part: {"seconds": [result[part]["seconds"] for result in ours],
                   "gflops": [result[part]["gflops"] for result in ours]}
            for part in [*options.only, "load"]}
        samples["daguerre"]["peak_bytes"] = max(result["peak_bytes"] for result in ours)
    return samples


def table(samples, options):
    """One row for each precision and component: medians, and ours as a multiple of each peer's."""
    ours = "daguerre" in next(iter(samples.values()))
    names = {"torch": f"PyTorch {version('torch')} eager", "openvino": f"OpenVINO {version('openvino')}"}
    head = ["", "Daguerre"] if ours else [""]
    head += [names[peer] for peer in options.peers]
    head += [f"ours ÷ {names[peer].split()[0]}" for peer in options.peers] if ours else []
    head += [f"{names[peer].split()[0]} memory" for peer in options.peers]
    rows = [head, ["---"] * len(head)]
    for precision, contenders in samples.items():
        for component in options.only:
            row = [f"{TITLES[component]}, {precision}"]
            medians = {peer: statistics.median(contenders[peer][component]["seconds"]) for peer in options.peers}
            mine = statistics.median(contenders["daguerre"][component]["seconds"]) if ours else None
            row += [f"{mine:.3f} s"] if ours else []
            row += [f"{medians[peer]:.3f} s" for peer in options.peers]
            row += [f"{mine / medians[peer]:.2f}" for peer in options.peers] if ours else []
            row += [f"{contenders[peer][component]['peak_bytes'] / 2**30:.2f} GiB" for peer in options.peers]
            rows.append(row)
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    for precision, contenders in samples.items():
        mine = contenders.get("daguerre")
        if mine:
            load = statistics.median(mine["load"]["seconds"])
            speeds = ", ".join(
                f"{component} {statistics.median(mine[component]['gflops']):.0f}" for component in options.only)
            lines.append(
                f"\nDaguerre, {precision}: peak memory of the whole run {mine['peak_bytes'] / 2**30:.2f} GiB, "
                f"load to first step {load:.2f} s; GFLOP/s: {speeds}.")
    return "\n".join(lines)


def version(package):
    return importlib.metadata.version(package).split("+")[0].split("-")[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=pathlib.Path, required=True, help="a diffusers folder of the shape of SD 1.5 or XL")
    parser.add_argument("--daguerre", type=pathlib.Path, help="the built binary; without it only the peers run")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--precision", nargs="+", default=["bfloat16", "float32"], choices=["bfloat16", "float32"])
    parser.add_argument("--only", nargs="+", default=COMPONENTS, choices=COMPONENTS)
    parser.add_argument("--peers", nargs="*", default=PEERS, choices=PEERS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path("/tmp/daguerre-peers"),
                        help="where OpenVINO's converted models are kept")
    parser.add_argument("--json", type=pathlib.Path, help="write every sample to this file")
    options = parser.parse_args()
    if "openvino" in options.peers:
        for component in options.only:
            command = worker_command("openvino", component, "float32", options) + ["--convert"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    samples = {precision: measure(options, precision) for precision in options.precision}
    print(f"{machine()}, {options.threads} cores, {options.size}×{options.size}, medians of {options.rounds} rounds\n")
    print(table(samples, options))
    if options.json:
        options.json.write_text(json.dumps(samples, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""What the peers' workers share: inputs, and a loop that times the component whenever it is asked to.

A line on standard input holds a number of runs; the answer is one line of JSON on standard output.
"""

import argparse
import json
import pathlib
import resource
import sys
import time

import numpy


def inputs(component, size, model):
    """The component's inputs at `size` × `size`, a batch of two for step and text.

    A step of Stable Diffusion XL also takes pooled text and six numbers about the picture.
    """
    random = numpy.random.default_rng(1)
    latents = size // 8
    unet = json.loads((pathlib.Path(model) / "unet" / "config.json").read_text())

    def normal(*shape):
        return random.standard_normal(shape, dtype=numpy.float32)

    return {
        "text": lambda: [random.integers(0, 49000, (2, 77))],
        "step": lambda: [
            normal(2, 4, latents, latents), numpy.array(501.0, numpy.float32),
            normal(2, 77, unet["cross_attention_dim"])] + (
                [normal(2, 1280), numpy.array([[size, size, 0, 0, size, size]] * 2, numpy.float32)]
                if unet.get("addition_embed_type") else []),
        "decode": lambda: [normal(1, 4, latents, latents)],
        "encode": lambda: [numpy.clip(normal(1, 3, size, size) / 2, -1, 1)],
    }[component]()


def serve(load):
    """Loads, runs once to warm up, then answers until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--component", required=True)
    parser.add_argument("--precision", required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--convert", action="store_true")
    started = time.perf_counter()
    run = load(parser.parse_args())
    if run is None:
        return
    run()
    answer({"ready": time.perf_counter() - started})
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            start = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - start)
        answer({"seconds": seconds, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})


def answer(value):
    print(json.dumps(value), flush=True)

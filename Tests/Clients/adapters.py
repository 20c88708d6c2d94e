"""Small adapters of the built-in model with random weights: enough to tell that a server uses what a client names."""

import json
import math
import os
import random
import struct
from pathlib import Path

UNET = Path(__file__).parents[2] / "Models/builtin/unet"
HINT_CHANNELS = [8, 16, 24, 32]


def write_controlnet(folder: Path, seed: int) -> None:
    """A ControlNet in diffusers' layout: the UNet's own encoder, and random layers between it and the picture."""
    source = json.loads((UNET / "config.json").read_text())
    config = {
        "_class_name": "ControlNetModel", "conditioning_channels": 3,
        "conditioning_embedding_out_channels": HINT_CHANNELS, "controlnet_conditioning_channel_order": "rgb",
        "global_pool_conditions": False,
        **{key: source[key] for key in (
            "act_fn", "attention_head_dim", "block_out_channels", "cross_attention_dim", "down_block_types",
            "downsample_padding", "flip_sin_to_cos", "freq_shift", "in_channels", "layers_per_block", "norm_eps",
            "norm_num_groups", "transformer_layers_per_block", "use_linear_projection")},
    }
    tensors = {
        name: tensor for name, tensor in read_tensors(UNET / "diffusion_pytorch_model.safetensors").items()
        if name.startswith(("conv_in.", "time_embedding.", "down_blocks.", "mid_block."))
    }
    draw = random.Random(seed)

    def convolution(name: str, out: int, into: int, size: int, gain: float) -> None:
        tensors[f"{name}.weight"] = random_halves(draw, [out, into, size, size], gain / (into * size * size) ** 0.5)
        tensors[f"{name}.bias"] = ("F16", [out], bytes(2 * out))

    channels = source["block_out_channels"]
    hint = "controlnet_cond_embedding"
    convolution(f"{hint}.conv_in", HINT_CHANNELS[0], 3, 3, 1.4)
    for index, (into, out) in enumerate(zip(HINT_CHANNELS, HINT_CHANNELS[1:])):
        convolution(f"{hint}.blocks.{2 * index}", into, into, 3, 1.4)
        convolution(f"{hint}.blocks.{2 * index + 1}", out, into, 3, 1.4)
    convolution(f"{hint}.conv_out", channels[0], HINT_CHANNELS[-1], 3, 1.4)
    residuals = [channels[0]]
    for index, width in enumerate(channels):
        residuals += [width] * (source["layers_per_block"] + (index < len(channels) - 1))
    for index, width in enumerate(residuals):
        convolution(f"controlnet_down_blocks.{index}", width, width, 1, 0.3)
    convolution("controlnet_mid_block", channels[-1], channels[-1], 1, 0.3)

    partial = folder.with_name(f".{folder.name}")
    write_file(partial / "diffusion_pytorch_model.safetensors", tensors)
    (partial / "config.json").write_text(json.dumps(config))
    os.rename(partial, folder)


def write_lora(path: Path, seed: int, rank: int = 4) -> None:
    """A LoRA of the denoiser's attention to the prompt, in the dialect of kohya's scripts."""
    draw = random.Random(seed)
    tensors = {}
    for name, (_, shape, _) in read_tensors(UNET / "diffusion_pytorch_model.safetensors").items():
        if ".attn2." not in name or not name.endswith(".weight"):
            continue
        layer = "lora_unet_" + name.removesuffix(".weight").replace(".", "_")
        tensors[f"{layer}.lora_down.weight"] = random_halves(draw, [rank, shape[1]], 1 / shape[1] ** 0.5)
        tensors[f"{layer}.lora_up.weight"] = random_halves(draw, [shape[0], rank], 1)
        tensors[f"{layer}.alpha"] = ("F16", [], struct.pack("<e", rank))
    write_file(path, tensors)


def write_textual_inversion(path: Path, seed: int) -> None:
    """One random vector for a word, as AUTOMATIC1111's web UI saves it."""
    width = json.loads((UNET / "config.json").read_text())["cross_attention_dim"]
    write_file(path, {"emb_params": random_halves(random.Random(seed), [1, width], 1)})


def random_halves(draw: random.Random, shape: list[int], spread: float) -> tuple[str, list[int], bytes]:
    values = [draw.gauss(0, spread) for _ in range(math.prod(shape))]
    return "F16", shape, struct.pack(f"<{len(values)}e", *values)


def write_file(path: Path, tensors: dict) -> None:
    """The file appears whole: a server may be looking."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    header, offset = {}, 0
    for name, (kind, shape, values) in tensors.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [offset, offset + len(values)]}
        offset += len(values)
    encoded = json.dumps(header).encode()
    with open(partial, "wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for _, _, values in tensors.values():
            file.write(values)
    os.rename(partial, path)


def read_tensors(path: Path) -> dict[str, tuple[str, list[int], bytes]]:
    """Element type, shape and bytes of each tensor of a safetensors file."""
    file = path.read_bytes()
    length = struct.unpack("<Q", file[:8])[0]
    header = json.loads(file[8:8 + length])
    header.pop("__metadata__", None)
    body = file[8 + length:]
    return {name: (entry["dtype"], entry["shape"], body[slice(*entry["data_offsets"])]) for name, entry in header.items()}

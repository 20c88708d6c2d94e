"""Makes a checkpoint of Stable Diffusion 1.5's shape with random weights: a diffusers folder, float16, 2.1 GB.

Run: python scripts/checkpoints/random_sd15.py FOLDER     (environment: scripts/peers/README.md; under a minute)
It draws nothing sensible, but costs in time and memory exactly what the real one does, and activations stay finite in
half precision. The same seed gives the same files. `--only COMPONENT` writes one part again.
"""

import argparse
import json
import math
import pathlib

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

SEED = 20261123

UNET = dict(
    sample_size=64, in_channels=4, out_channels=4, layers_per_block=2, block_out_channels=(320, 640, 1280, 1280),
    down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3, cross_attention_dim=768, attention_head_dim=8)
VAE = dict(
    in_channels=3, out_channels=3, down_block_types=("DownEncoderBlock2D",) * 4,
    up_block_types=("UpDecoderBlock2D",) * 4, block_out_channels=(128, 256, 512, 512), layers_per_block=2,
    latent_channels=4, sample_size=512, scaling_factor=0.18215)
TEXT = dict(
    vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
    max_position_embeddings=77, hidden_act="quick_gelu", bos_token_id=49406, eos_token_id=49407, pad_token_id=49407,
    projection_dim=768)
SCHEDULER = {
    "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012,
    "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000, "set_alpha_to_one": False,
    "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None, "clip_sample": False}
INDEX = {
    "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.1", "feature_extractor": [None, None],
    "image_encoder": [None, None], "requires_safety_checker": False, "safety_checker": [None, None],
    "scheduler": ["diffusers", "PNDMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"]}


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def random_weights(model, seed):
    """Float16 tensors for each parameter of `model`, which may be on the meta device.

    Matrices and kernels: variance 1 / fan-in, so each layer keeps the size of its input; residual sums grow with the
    root of the depth only, and norms bring them back. Looked-up tables: 0.02, as CLIP's.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    weights = {}
    for name, parameter in model.state_dict().items():
        if not parameter.is_floating_point():
            continue
        scale, offset = 0.02, 0.0
        if parameter.ndim >= 2 and "_embedding" not in name.removesuffix(".weight").rsplit(".", 1)[-1]:
            scale = 1 / math.sqrt(parameter[0].numel())
        elif parameter.ndim == 1 and name.endswith("weight"):
            offset = 1.0
        values = torch.empty(parameter.shape, dtype=torch.float32).normal_(offset, scale, generator=generator)
        weights[name] = values.half()
    return weights


def write_model(folder, model_class, seed, **configuration):
    with torch.device("meta"):
        model = model_class(**configuration)
    model.save_config(folder)
    save_file(random_weights(model, seed), folder / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})


def write_text_encoder(folder, seed):
    """The text encoder with the `text_model.` prefix that SD 1.5 itself has."""
    config = CLIPTextConfig(**TEXT)
    with torch.device("meta"):
        model = CLIPTextModel(config)
    values = config.to_dict() | {"architectures": ["CLIPTextModel"], "model_type": "clip_text_model"}
    write_json(folder / "config.json", values)
    weights = {"text_model." + k.removeprefix("text_model."): v for k, v in random_weights(model, seed).items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def byte_symbols():
    """The printable stand-in of each byte, in the order of GPT-2's and CLIP's vocabularies."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]


def write_tokenizer(folder):
    """A vocabulary of CLIP's size and form: bytes, bytes that end a word, merges of letters, two specials."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    pairs = [(a, b) for a in letters for b in letters]
    merges = [*pairs, *((a, b + "</w>") for a, b in pairs)]
    merges += [(a + b, c) for a, b in pairs for c in letters]
    merges += [(a + b, c + "</w>") for a, b in pairs for c in letters]
    symbols = byte_symbols()
    room = TEXT["vocab_size"] - 2 - 2 * len(symbols) - len(merges)
    merges += [(a + b, c + d) for a, b in pairs for c, d in pairs][:room]
    words = symbols + [s + "</w>" for s in symbols] + [a + b for a, b in merges]
    words += ["<|startoftext|>", "<|endoftext|>"]
    assert len(words) == len(set(words)) == TEXT["vocab_size"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(words)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>",
               "unk_token": "<|endoftext|>"}
    write_json(folder / "special_tokens_map.json", special)
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "add_prefix_space": False, "do_lower_case": True,
        "errors": "replace", **special})


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--only", choices=["tokenizer", "text_encoder", "unet", "vae", "scheduler"])
    arguments = arguments.parse_args()
    torch.set_num_threads(1)
    folder = arguments.folder
    parts = {
        "tokenizer": lambda path: write_tokenizer(path),
        "scheduler": lambda path: write_json(path / "scheduler_config.json", SCHEDULER),
        "text_encoder": lambda path: write_text_encoder(path, SEED),
        "vae": lambda path: write_model(path, AutoencoderKL, SEED + 1, **VAE),
        "unet": lambda path: write_model(path, UNet2DConditionModel, SEED + 2, **UNET),
    }
    for name, write in parts.items():
        if arguments.only in (None, name):
            write(folder / name)
            size = sum(f.stat().st_size for f in (folder / name).iterdir())
            print(f"{name}: {size / 1e6:.1f} MB", flush=True)
    write_json(folder / "model_index.json", INDEX)


if __name__ == "__main__":
    main()

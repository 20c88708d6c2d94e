"""Makes a checkpoint of Stable Diffusion XL's shape with random weights: a diffusers folder, float16, 6.9 GB.

Run: python scripts/checkpoints/random_sdxl.py FOLDER     (environment: scripts/peers/README.md; about two minutes)
As random_sd15.py's, of which it takes how weights are drawn. `--only COMPONENT` writes one part again.
"""

import argparse
import pathlib

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

import random_sd15
from random_sd15 import random_weights, write_json, write_model, write_tokenizer

SEED = 20261125

UNET = dict(
    sample_size=128, in_channels=4, out_channels=4, layers_per_block=2, block_out_channels=(320, 640, 1280),
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=2048,
    attention_head_dim=[5, 10, 20], transformer_layers_per_block=[1, 2, 10], use_linear_projection=True,
    addition_embed_type="text_time", addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816)
VAE = dict(random_sd15.VAE, sample_size=1024, scaling_factor=0.13025)
TEXT_2 = dict(
    vocab_size=49408, hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
    max_position_embeddings=77, hidden_act="gelu", bos_token_id=49406, eos_token_id=49407, pad_token_id=0,
    projection_dim=1280)
SCHEDULER = {
    "_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.42.1", "beta_end": 0.012,
    "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000,
    "prediction_type": "epsilon", "timestep_spacing": "leading", "steps_offset": 1, "use_karras_sigmas": False}
INDEX = {
    "_class_name": "StableDiffusionXLPipeline", "_diffusers_version": "0.42.1", "force_zeros_for_empty_prompt": True,
    "scheduler": ["diffusers", "EulerDiscreteScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
    "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"], "tokenizer": ["transformers", "CLIPTokenizer"],
    "tokenizer_2": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"]}


def write_text_encoder(folder, model_class, configuration, seed):
    """A text encoder with the `text_model.` prefix that SDXL itself has."""
    config = CLIPTextConfig(**configuration)
    with torch.device("meta"):
        model = model_class(config)
    values = config.to_dict() | {"architectures": [model_class.__name__], "model_type": "clip_text_model"}
    write_json(folder / "config.json", values)
    weights = {}
    for key, value in random_weights(model, seed).items():
        key = key.removeprefix("text_model.")
        weights[key if key.startswith("text_projection") else "text_model." + key] = value
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--only")
    arguments = arguments.parse_args()
    torch.set_num_threads(1)
    parts = {
        "tokenizer": write_tokenizer,
        "tokenizer_2": write_tokenizer,
        "scheduler": lambda path: write_json(path / "scheduler_config.json", SCHEDULER),
        "text_encoder": lambda path: write_text_encoder(path, CLIPTextModel, random_sd15.TEXT, SEED),
        "text_encoder_2": lambda path: write_text_encoder(path, CLIPTextModelWithProjection, TEXT_2, SEED + 1),
        "vae": lambda path: write_model(path, AutoencoderKL, SEED + 2, **VAE),
        "unet": lambda path: write_model(path, UNet2DConditionModel, SEED + 3, **UNET),
    }
    for name, write in parts.items():
        if arguments.only in (None, name):
            write(arguments.folder / name)
            size = sum(f.stat().st_size for f in (arguments.folder / name).iterdir())
            print(f"{name}: {size / 1e6:.1f} MB", flush=True)
    write_json(arguments.folder / "model_index.json", INDEX)


if __name__ == "__main__":
    main()

"""Makes what may adapt or control a model of random_sd15.py: a ControlNet, 0.7 GB, and two LoRAs of rank 64.

Run: python scripts/checkpoints/random_controls.py MODEL FOLDER     (environment: scripts/peers/README.md; under a minute)
They draw nothing sensible, but cost in time and memory exactly what real ones do. The same seed gives the same files.
"""

import argparse
import json
import pathlib

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from safetensors.torch import save_file

from random_sd15 import write_model

SEED = 20261126
RANK = 64
# What kohya's trainer adapts by default: every matrix of the transformers.
ADAPTED = ("to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "proj_in", "proj_out")


def write_lora(model, path, seed):
    generator = torch.Generator("cpu").manual_seed(seed)
    tensors = {}
    for name, parameter in model.state_dict().items():
        layer = name.removesuffix(".weight")
        if ".attentions." not in name or not name.endswith(".weight") or not layer.endswith(ADAPTED):
            continue
        outputs, inputs = parameter.shape[:2]
        kernel = list(parameter.shape[2:])
        key = "lora_unet_" + layer.replace(".", "_")
        down = torch.empty(RANK, inputs, *kernel).normal_(0, 1 / inputs**0.5, generator=generator)
        up = torch.empty(outputs, RANK, *kernel).normal_(0, 0.01, generator=generator)
        tensors |= {f"{key}.lora_down.weight": down.half(), f"{key}.lora_up.weight": up.half(),
                    f"{key}.alpha": torch.tensor(float(RANK))}
    save_file(tensors, path, metadata={"ss_network_module": "networks.lora"})
    print(f"{path.name}: {len(tensors) // 3} layers, {path.stat().st_size / 1e6:.1f} MB", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("model", type=pathlib.Path)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments = arguments.parse_args()
    torch.set_num_threads(1)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    configuration = json.loads((arguments.model / "unet" / "config.json").read_text())
    with torch.device("meta"):
        unet = UNet2DConditionModel(**{k: v for k, v in configuration.items() if not k.startswith("_")})
        net = ControlNetModel.from_unet(unet, load_weights_from_unet=False)
    settings = {k: v for k, v in net.config.items() if not k.startswith("_")}
    write_model(arguments.folder / "controlnet", ControlNetModel, SEED, **settings)
    for index in (1, 2):
        write_lora(unet, arguments.folder / f"lora{index}.safetensors", SEED + index)


if __name__ == "__main__":
    main()

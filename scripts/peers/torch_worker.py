"""PyTorch eager, channels-last: one component of the checkpoint, timed on request (see worker.py)."""

import diffusers
import torch
import transformers

from worker import inputs, serve

TYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}


@torch.inference_mode()
def load(arguments):
    torch.set_num_threads(arguments.threads)
    dtype = TYPES[arguments.precision]
    tensors = [torch.from_numpy(x) for x in inputs(arguments.component, arguments.size, arguments.model)]
    tensors = [x.to(dtype) if x.is_floating_point() else x for x in tensors]
    if arguments.component == "text":
        model = transformers.CLIPTextModel.from_pretrained(arguments.model + "/text_encoder", dtype=dtype).eval()
        return torch.inference_mode()(lambda: model(tensors[0])[0])
    folder, kind = ("unet", diffusers.UNet2DConditionModel)
    if arguments.component != "step":
        folder, kind = ("vae", diffusers.AutoencoderKL)
    model = kind.from_pretrained(f"{arguments.model}/{folder}", torch_dtype=dtype).eval()
    model = model.to(memory_format=torch.channels_last)
    tensors[0] = tensors[0].to(memory_format=torch.channels_last)
    added = dict(zip(("text_embeds", "time_ids"), tensors[3:])) or None
    run = {
        "step": lambda: model(
            tensors[0], tensors[1], encoder_hidden_states=tensors[2], added_cond_kwargs=added).sample,
        "decode": lambda: model.decode(tensors[0]).sample,
        "encode": lambda: model.encode(tensors[0]).latent_dist.mean,
    }[arguments.component]
    return torch.inference_mode()(run)


serve(load)

"""OpenVINO on the CPU: one component of the checkpoint, timed on request (see worker.py).

With `--convert` it only writes the component's IR into the cache, so that conversion counts in no figure.
"""

import pathlib

import openvino

from worker import inputs, serve


def component_module(arguments):
    """The component as a torch module of plain tensors, in float32."""
    import diffusers
    import torch
    import transformers

    class Step(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = diffusers.UNet2DConditionModel.from_pretrained(
                arguments.model + "/unet", torch_dtype=torch.float32)

        def forward(self, latents, timestep, context, text=None, numbers=None):
            added = None if text is None else {"text_embeds": text, "time_ids": numbers}
            return self.model(
                latents, timestep, encoder_hidden_states=context, added_cond_kwargs=added, return_dict=False)[0]

    class Vae(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = diffusers.AutoencoderKL.from_pretrained(arguments.model + "/vae", torch_dtype=torch.float32)

    class Decode(Vae):
        def forward(self, latents):
            return self.model.decoder(self.model.post_quant_conv(latents))

    class Encode(Vae):
        def forward(self, pixels):
            return self.model.quant_conv(self.model.encoder(pixels))

    class Text(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = transformers.CLIPTextModel.from_pretrained(
                arguments.model + "/text_encoder", dtype=torch.float32)

        def forward(self, tokens):
            return self.model(tokens, return_dict=False)[0]

    return {"step": Step, "decode": Decode, "encode": Encode, "text": Text}[arguments.component]().eval()


def convert(arguments, path):
    import torch

    # Traced on a small picture, which is quicker and gives the same graph, then fixed to the size asked for.
    example = tuple(torch.from_numpy(x) for x in inputs(arguments.component, 64, arguments.model))
    shapes = [list(x.shape) for x in inputs(arguments.component, arguments.size, arguments.model)]
    with torch.inference_mode():
        model = openvino.convert_model(component_module(arguments), example_input=example, input=shapes)
    path.parent.mkdir(parents=True, exist_ok=True)
    openvino.save_model(model, path)


def load(arguments):
    path = pathlib.Path(arguments.cache) / f"{arguments.component}-{arguments.size}.xml"
    if arguments.convert:
        if not path.exists():
            convert(arguments, path)
        return None
    options = {
        "INFERENCE_PRECISION_HINT": {"bfloat16": "bf16", "float32": "f32"}[arguments.precision],
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": arguments.threads}
    request = openvino.Core().compile_model(path, "CPU", options).create_infer_request()
    values = inputs(arguments.component, arguments.size, arguments.model)
    return lambda: request.infer(values)


serve(load)

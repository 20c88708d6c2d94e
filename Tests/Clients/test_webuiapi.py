"""The client of PyPI, `webuiapi`, through every method of it that AUTOMATIC1111's server itself answers."""

import os
import threading
import time
from pathlib import Path
from urllib.parse import urlparse

import pytest
import requests
import webuiapi
from PIL import Image, ImageChops

from adapters import write_controlnet, write_lora, write_textual_inversion


@pytest.fixture(scope="module")
def api(url):
    place = urlparse(url)
    return webuiapi.WebUIApi(host=place.hostname, port=place.port, sampler="Euler a", steps=4)


def same(a: Image.Image, b: Image.Image) -> bool:
    return a.size == b.size and ImageChops.difference(a.convert("RGB"), b.convert("RGB")).getbbox() is None


def test_text_to_image(api):
    result = api.txt2img(prompt="a red apple", negative_prompt="blue", seed=7, width=128, height=128, batch_size=2)
    assert [image.size for image in result.images] == [(128, 128)] * 2
    assert not same(*result.images)
    assert result.info["all_seeds"] == [7, 8]
    assert result.info["all_prompts"] == ["a red apple"] * 2
    assert result.info["sampler_name"] == "Euler a" and result.info["steps"] == 4
    assert result.info["clip_skip"] == 1 and result.info["sd_model_name"]
    assert len(result.info["infotexts"]) == 2 and "Seed: 8" in result.info["infotexts"][1]
    assert result.images[1].info["parameters"] == result.info["infotexts"][1]
    assert result.parameters["prompt"] == "a red apple"


def test_every_field_of_the_client_at_once(api):
    result = api.txt2img(
        prompt="a cat", seed=1, subseed=2, subseed_strength=0.3, seed_resize_from_w=64, seed_resize_from_h=64,
        sampler_name="DPM++ 2M Karras", scheduler="Automatic", n_iter=2, steps=3, cfg_scale=3.5, width=128, height=128,
        tiling=True, eta=0.5, s_churn=0.1, s_noise=1.01, send_images=True, save_images=True,
        override_settings={"CLIP_stop_at_last_layers": 2}, alwayson_scripts={})
    assert len(result.images) == 2 and result.info["clip_skip"] == 2
    assert result.info["subseed_strength"] == 0.3


def test_the_same_seed_is_the_same_picture_alone_and_in_a_batch(api):
    both = api.txt2img(prompt="a rose", seed=40, width=128, height=128, n_iter=2)
    alone = api.txt2img(prompt="a rose", seed=41, width=128, height=128)
    assert same(both.images[1], alone.image)


def test_high_resolution_pass(api):
    result = api.txt2img(
        prompt="a star", seed=3, width=64, height=64, enable_hr=True, hr_scale=2, hr_second_pass_steps=2,
        hr_upscaler=webuiapi.HiResUpscaler.Latent, denoising_strength=0.6)
    assert result.image.size == (128, 128)


def test_image_to_image_and_inpainting(api, picture):
    whole = api.img2img(images=[picture], prompt="a red apple", seed=5, width=128, height=128, denoising_strength=0.5)
    assert whole.image.size == (128, 128) and not same(whole.image, picture)
    mask = Image.new("L", (128, 128), 0)
    mask.paste(255, (64, 0, 128, 128))
    part = api.img2img(
        images=[picture], mask_image=mask, mask_blur=0, inpainting_fill=1, inpaint_full_res=False, prompt="a red apple",
        seed=5, width=128, height=128, denoising_strength=0.9).image.convert("RGB")
    left = (0, 0, 60, 128)
    assert same(part.crop(left), picture.crop(left)), "what the mask leaves out stays"
    assert not same(part.crop((64, 0, 128, 128)), picture.crop((64, 0, 128, 128)))
    two = api.img2img(images=[picture, picture.rotate(90)], prompt="a heart", seed=5, width=128, height=128)
    assert len(two.images) == 2


def test_controls_are_listed_and_refused_by_name(api, picture):
    assert api.controlnet_version() >= 2
    assert "canny" in api.controlnet_module_list()
    assert isinstance(api.controlnet_model_list(), list)
    unit = webuiapi.ControlNetUnit(image=picture, module="canny", model="nothing [12345678]")
    with pytest.raises(RuntimeError) as error:
        api.txt2img(prompt="a cat", width=128, height=128, controlnet_units=[unit])
    assert error.value.args[0] == 422
    without = webuiapi.ControlNetUnit(image=picture, module="canny", model="None")
    assert api.txt2img(prompt="a cat", width=128, height=128, controlnet_units=[without]).images


def test_a_control_guides_what_is_drawn(api, url, picture):
    folder = Path(os.environ["SERVER_MODELS"]) / "controlnet" / "random-edges"
    write_controlnet(folder, seed=4)
    requests.get(f"{url}/controlnet/model_list", params={"update": "true"}).raise_for_status()
    name = next(name for name in api.controlnet_model_list() if name.startswith("random-edges"))

    def draw(**unit):
        settings = dict(image=picture, module="canny", model=name, processor_res=128, threshold_a=100, threshold_b=200)
        return api.txt2img(
            prompt="a red apple", seed=3, width=128, height=128,
            controlnet_units=[webuiapi.ControlNetUnit(**settings | unit)])

    plain = api.txt2img(prompt="a red apple", seed=3, width=128, height=128)
    guided = draw(weight=1)
    assert len(plain.images) == 1 and len(guided.images) == 2, "the map that it followed comes last"
    edges = api.controlnet_detect(
        [picture], module="canny", processor_res=128, threshold_a=100, threshold_b=200).image
    assert same(guided.images[1], edges)
    assert not same(guided.images[0], plain.image)
    assert same(draw(weight=1).images[0], guided.images[0]), "drawn again, it is the same"
    assert not same(draw(weight=1, image=picture.rotate(45, translate=(30, 0))).images[0], guided.images[0])
    assert not same(draw(weight=0.5).images[0], guided.images[0])
    assert not same(draw(guidance_end=0.3).images[0], guided.images[0])
    assert not same(draw(control_mode=2).images[0], guided.images[0])
    assert same(draw(weight=0).images[0], plain.image), "without weight it changes nothing"
    assert same(draw(enabled=False).image, plain.image)
    assert "ControlNet 0" in guided.info["infotexts"][0] and "random-edges" in guided.info["infotexts"][0]
    pair = api.img2img(
        images=[picture], prompt="a red apple", seed=3, width=128, height=128, denoising_strength=0.8,
        controlnet_units=[webuiapi.ControlNetUnit(module="canny", model=name, processor_res=128)] * 2)
    assert len(pair.images) == 3, "without a picture of its own it follows the one to begin with; each has its map"


def test_adapters_by_their_names_in_the_prompt(api):
    models = Path(os.environ["SERVER_MODELS"])
    write_lora(models / "loras" / "random-ink.safetensors", seed=5)
    write_textual_inversion(models / "embeddings" / "random-word.safetensors", seed=6)
    api.refresh_checkpoints()
    assert "random-ink" in [lora["name"] for lora in api.get_loras()]
    assert "random-word" in api.get_embeddings()["loaded"]

    def draw(prompt):
        return api.txt2img(prompt=prompt, seed=3, width=128, height=128)

    plain, inked = draw("a red apple"), draw("a red apple <lora:random-ink:0.8>")
    assert not same(inked.image, plain.image) and not same(draw("a red apple <lora:random-ink:0.4>").image, inked.image)
    assert same(draw("a red apple <lora:random-ink:0>").image, plain.image)
    assert 'Lora hashes: "random-ink: ' in inked.info["infotexts"][0]
    assert not same(draw("a random-word apple").image, draw("a apple").image)
    assert same(draw("a red apple").image, plain.image), "what a request names stays with it"


def test_a_preprocessor_by_itself(api, picture):
    result = api.controlnet_detect([picture], module="canny", processor_res=128, threshold_a=100, threshold_b=200)
    edges = result.image.convert("L")
    assert sorted(set(edges.tobytes())) == [0, 255] and edges.getpixel((64, 64)) == 0


def test_lists(api):
    assert "DPM++ 2M" in api.util_get_sampler_names()
    assert {"name", "label"} <= set(api.get_schedulers()[0]) and "karras" in api.util_get_scheduler_names()
    assert "Lanczos" in [upscaler["name"] for upscaler in api.get_upscalers()]
    assert "Latent" in [mode["name"] for mode in api.get_latent_upscale_modes()]
    model = api.get_sd_models()[0]
    assert {"title", "model_name", "hash", "sha256", "filename", "config"} <= set(model)
    assert "/" not in model["filename"]
    assert set(api.get_embeddings()) == {"loaded", "skipped"}
    for answer in (
        api.get_sd_vae(), api.get_loras(), api.get_hypernetworks(), api.get_face_restorers(),
        api.get_realesrgan_models(), api.get_prompt_styles(),
    ):
        assert isinstance(answer, list)
    assert "controlnet" in api.get_scripts()["txt2img"]
    assert {"ram", "cuda"} <= set(api.get_memory()) and api.get_cmd_flags()
    assert api.refresh_checkpoints() is None


def test_options_go_round(api):
    options = api.get_options()
    assert api.util_get_current_model() == options["sd_model_checkpoint"]
    api.set_options(options)
    assert api.get_options() == options
    api.set_options({"CLIP_stop_at_last_layers": 2})
    try:
        assert api.get_options()["CLIP_stop_at_last_layers"] == 2
        assert api.txt2img(prompt="a dog", width=128, height=128).info["clip_skip"] == 2
        once = api.txt2img(prompt="a dog", width=128, height=128, override_settings={"CLIP_stop_at_last_layers": 1})
        assert once.info["clip_skip"] == 1
        assert api.get_options()["CLIP_stop_at_last_layers"] == 2, "a request changes no setting"
    finally:
        api.set_options(options)
    api.util_set_model(options["sd_model_checkpoint"])
    api.util_wait_for_ready(check_interval=0.1)


def test_picture_text_and_upscaling(api, picture):
    drawn = api.txt2img(prompt="a red apple", seed=9, width=128, height=128)
    told = api.png_info(drawn.image)
    assert "Seed: 9" in told.info and told.parameters["Prompt"] == "a red apple"
    larger = api.extra_single_image(drawn.image, upscaler_1=webuiapi.Upscaler.Lanczos, upscaling_resize=2)
    assert larger.image.size == (256, 256)
    as_it_is = api.extra_single_image(picture, upscaler_1=webuiapi.Upscaler.none)
    assert same(as_it_is.image, picture)
    fitted = api.extra_batch_images(
        [picture, picture], upscaler_1="Nearest", resize_mode=1, upscaling_resize_w=100, upscaling_resize_h=200)
    assert [image.size for image in fitted.images] == [(100, 200)] * 2
    with pytest.raises(RuntimeError) as error:
        api.extra_single_image(picture, upscaler_1="R-ESRGAN 4x+")
    assert error.value.args[0] == 422


def test_an_infotext_draws_the_picture_again(api, url):
    drawn = api.txt2img(prompt="a purple cat", seed=11, width=128, height=128, cfg_scale=3)
    again = requests.post(f"{url}/sdapi/v1/txt2img", json={"infotext": drawn.info["infotexts"][0]}).json()
    assert again["images"][0] == drawn.json["images"][0]


def test_progress_and_interruption(api):
    assert api.get_progress()["state"]["job_count"] == 0
    results = []
    drawing = threading.Thread(
        target=lambda: results.append(api.txt2img(prompt="a fox", steps=60, width=256, height=256, n_iter=4)))
    drawing.start()
    seen = 0.0
    for _ in range(400):
        progress = api.get_progress()
        seen = max(seen, progress["progress"])
        if progress["state"]["sampling_step"] > 1:
            break
        time.sleep(0.05)
    assert 0 < seen < 1 and progress["state"]["job_count"] == 4
    assert api.interrupt() == {}
    drawing.join(timeout=30)
    assert not drawing.is_alive()
    assert len(results[0].images) <= 1, "the rest is given up; what was being drawn may be there as it stood"
    assert api.get_progress()["progress"] == 0


def test_skipping_goes_on_with_the_next(api):
    results = []
    drawing = threading.Thread(
        target=lambda: results.append(api.txt2img(prompt="a fox", steps=30, width=192, height=192, n_iter=2, seed=1)))
    drawing.start()
    for _ in range(400):
        if api.get_progress()["state"]["sampling_step"] > 1:
            break
        time.sleep(0.05)
    api.skip()
    drawing.join(timeout=60)
    assert 2 in results[0].info["all_seeds"], "the second was drawn"


def test_errors_have_the_web_uis_shape(url):
    answer = requests.post(f"{url}/sdapi/v1/txt2img", json={"prompt": "x", "sampler_name": "Nonesuch"})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "detail", "body", "errors"}
    assert "sampler_name" in answer.json()["detail"]
    assert requests.post(f"{url}/sdapi/v1/interrogate", json={"image": ""}).status_code == 501
    ignored = requests.post(
        f"{url}/sdapi/v1/txt2img",
        json={"prompt": "a cat", "steps": 1, "width": 64, "height": 64, "restore_faces": True, "made_up": 1})
    assert ignored.status_code == 200 and ignored.headers["X-Daguerre-Ignored"] == "made_up, restore_faces"

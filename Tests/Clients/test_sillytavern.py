"""The calls of SillyTavern's image extension, in their order."""

import base64
import io
import threading
import time

import requests
from PIL import Image


def test_its_lists(url):
    get = lambda path: requests.get(f"{url}/sdapi/v1/{path}").json()
    assert get("options")["sd_model_checkpoint"]
    names = [upscaler["name"] for upscaler in get("upscalers")] + [mode["name"] for mode in get("latent-upscale-modes")]
    assert {"None", "Lanczos", "Latent"} <= set(names)
    assert all("model_name" in vae for vae in get("sd-vae"))
    assert [vae["model_name"] for vae in get("sd-modules")] == [vae["model_name"] for vae in get("sd-vae")]
    assert all("name" in sampler for sampler in get("samplers"))
    assert all("name" in schedule for schedule in get("schedulers"))
    assert all({"title", "model_name"} <= set(model) for model in get("sd-models"))


def test_it_changes_the_model_and_waits_until_nothing_is_under_way(url):
    title = requests.get(f"{url}/sdapi/v1/sd-models").json()[0]["title"]
    assert requests.post(f"{url}/sdapi/v1/options", json={"sd_model_checkpoint": title}).ok
    for _ in range(100):
        progress = requests.get(f"{url}/sdapi/v1/progress").json()
        if progress["progress"] == 0 and progress["state"]["job_count"] == 0:
            return
        time.sleep(0.1)
    raise AssertionError("something is said to be under way")


def test_it_draws(url):
    answer = requests.post(
        f"{url}/sdapi/v1/txt2img",
        json={
            "prompt": "a red apple", "negative_prompt": "", "sampler_name": "Euler a", "scheduler": "Automatic", "steps": 4,
            "cfg_scale": 7, "width": 128, "height": 128, "restore_faces": False, "enable_hr": False,
            "hr_upscaler": "Latent", "hr_scale": 2, "hr_additional_modules": [], "denoising_strength": 0.7,
            "hr_second_pass_steps": 0, "seed": -1, "clip_skip": 1, "save_images": True, "send_images": True,
            "do_not_save_grid": False, "do_not_save_samples": False,
            "override_settings": {"CLIP_stop_at_last_layers": 1, "sd_vae": "Automatic"},
            "override_settings_restore_afterwards": True,
        })
    assert answer.ok, answer.text
    assert Image.open(io.BytesIO(base64.b64decode(answer.json()["images"][0]))).size == (128, 128)


def test_it_interrupts_when_its_user_leaves(url):
    answers = []

    def draw():
        answers.append(
            requests.post(
                f"{url}/sdapi/v1/txt2img", json={"prompt": "a fox", "steps": 100, "width": 256, "height": 256}))

    drawing = threading.Thread(target=draw)
    drawing.start()
    for _ in range(200):
        if requests.get(f"{url}/sdapi/v1/progress").json()["state"]["sampling_step"] > 0:
            break
        time.sleep(0.05)
    begin = time.monotonic()
    assert requests.post(f"{url}/sdapi/v1/interrupt", json={}).ok
    drawing.join(timeout=30)
    assert answers[0].ok and time.monotonic() - begin < 20


def test_a_client_that_hangs_up_takes_its_job_along(url):
    try:
        requests.post(
            f"{url}/sdapi/v1/txt2img", json={"prompt": "a fox", "steps": 150, "width": 512, "height": 512}, timeout=2)
        raise AssertionError("it was drawn before the client left")
    except requests.exceptions.ReadTimeout:
        pass
    for _ in range(200):
        if requests.get(f"{url}/sdapi/v1/progress").json()["state"]["job_count"] == 0:
            break
        time.sleep(0.1)
    for _ in range(300):
        if requests.get(f"{url}/v1/jobs?limit=1").json()["data"][0]["state"] == "cancelled":
            return
        time.sleep(0.1)
    raise AssertionError("the job of a client that has left goes on")

"""The calls of Open WebUI's image settings, in their order, with either of its engines."""

import base64
import io

import requests
from PIL import Image


def test_its_automatic1111_engine(url):
    session = requests.Session()
    session.auth = ("user", "password")
    options = session.get(f"{url}/sdapi/v1/options").json()
    models = session.get(f"{url}/sdapi/v1/sd-models").json()
    assert all({"title", "model_name"} <= set(model) for model in models)
    # It sends the whole object back with another model in it.
    options["sd_model_checkpoint"] = models[0]["title"]
    assert session.post(f"{url}/sdapi/v1/options", json=options).status_code == 200
    assert session.get(f"{url}/sdapi/v1/options").json()["sd_model_checkpoint"] == models[0]["title"]
    answer = session.post(
        f"{url}/sdapi/v1/txt2img",
        json={
            "prompt": "a red apple", "batch_size": 1, "width": 128, "height": 128, "steps": 4, "negative_prompt": "blue",
            "cfg_scale": 7.0, "sampler_name": "Euler", "scheduler": "Karras",
        }).json()
    assert Image.open(io.BytesIO(base64.b64decode(answer["images"][0]))).size == (128, 128)
    assert isinstance(answer["info"], str)


def test_its_openai_engine(url):
    answer = requests.post(
        f"{url}/v1/images/generations", headers={"Authorization": "Bearer none"},
        json={"prompt": "a red apple", "n": 1, "size": "128x128", "response_format": "b64_json"})
    assert answer.ok, answer.text
    answer = answer.json()
    assert Image.open(io.BytesIO(base64.b64decode(answer["data"][0]["b64_json"]))).size == (128, 128)


def test_a_model_that_is_not_there(url):
    options = requests.get(f"{url}/sdapi/v1/options").json()
    answer = requests.post(f"{url}/sdapi/v1/options", json={"sd_model_checkpoint": "nothing.safetensors [0123456789]"})
    assert answer.status_code == 422 and "sd_model_checkpoint" in answer.json()["detail"]
    assert requests.get(f"{url}/sdapi/v1/options").json() == options

"""OpenAI's own client: images at once, as events, and edits."""

import base64
import io

import openai
import pytest
import requests
from PIL import Image


@pytest.fixture(scope="module")
def client(url):
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


def opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


def file_of(image: Image.Image) -> bytes:
    with io.BytesIO() as file:
        image.save(file, "PNG")
        return file.getvalue()


def test_models(client):
    models = list(client.models.list())
    assert models and models[0].object == "model" and client.models.retrieve(models[0].id).id == models[0].id


def test_addresses(client):
    answer = client.images.generate(prompt="a red apple", size="128x128", n=2, extra_body={"seed": 5, "num_inference_steps": 4})
    assert len(answer.data) == 2 and answer.created > 1_700_000_000
    for image in answer.data:
        assert Image.open(io.BytesIO(requests.get(image.url).content)).size == (128, 128)


def test_base64_and_what_is_told_back(client):
    answer = client.images.generate(
        prompt="a red apple", size="128x128", response_format="b64_json", output_format="jpeg", output_compression=80,
        quality="high", style="vivid", background="opaque", moderation="low", user="someone",
        extra_body={"seed": 5, "num_inference_steps": 4, "negative_prompt": "blue", "guidance_scale": 4})
    image = opened(answer.data[0].b64_json)
    assert image.format == "JPEG" and image.size == (128, 128)
    assert (answer.output_format, answer.quality, answer.size, answer.background) == ("jpeg", "high", "128x128", "opaque")
    assert answer.usage.total_tokens == 0


def test_a_seed_means_the_same_on_every_interface(client, url):
    ours = client.images.generate(
        prompt="a star", size="128x128", response_format="b64_json",
        extra_body={"seed": 21, "num_inference_steps": 4, "guidance_scale": 4, "sampler": "Euler"})
    theirs = requests.post(
        f"{url}/sdapi/v1/txt2img",
        json={
            "prompt": "a star", "width": 128, "height": 128, "seed": 21, "steps": 4, "cfg_scale": 4, "sampler_name": "Euler",
        }).json()
    assert opened(ours.data[0].b64_json).tobytes() == opened(theirs["images"][0]).tobytes()


def test_events(client):
    events = list(
        client.images.generate(
            prompt="a cat", size="256x256", stream=True, partial_images=2, extra_body={"num_inference_steps": 60}))
    assert events[-1].type == "image_generation.completed"
    assert opened(events[-1].b64_json).size == (256, 256)
    assert events[-1].usage.input_tokens_details.text_tokens == 0
    partial = events[:-1]
    assert len(partial) <= 2 and [event.partial_image_index for event in partial] == list(range(len(partial)))
    for event in partial:
        assert event.type == "image_generation.partial_image" and opened(event.b64_json).size == (256, 256)
        assert event.output_format == "png" and event.size == "256x256" and event.created_at > 1_700_000_000


def test_edits(client, picture):
    mask = Image.new("RGBA", picture.size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (64, 0, 128, 128))
    answer = client.images.edit(
        image=("a.png", file_of(picture)), mask=("m.png", file_of(mask)), prompt="a red apple", response_format="b64_json",
        extra_body={"seed": 1, "num_inference_steps": 4})
    drawn = opened(answer.data[0].b64_json).convert("RGB")
    assert drawn.size == picture.size
    left = (0, 0, 50, 128)
    assert drawn.crop(left).tobytes() == picture.crop(left).tobytes(), "what is opaque in the mask stays"
    assert drawn.crop((80, 0, 128, 128)).tobytes() != picture.crop((80, 0, 128, 128)).tobytes()


def test_edits_of_several_pictures_and_as_events(client, picture):
    files = [("a.png", file_of(picture)), ("b.png", file_of(picture))]
    events = list(
        client.images.edit(
            image=files, prompt="a heart", stream=True, partial_images=0, extra_body={"num_inference_steps": 2}))
    assert [event.type for event in events] == ["image_edit.completed"]


def test_errors(client, url):
    with pytest.raises(openai.NotFoundError) as error:
        client.images.generate(prompt="a cat", model="gpt-image-nonesuch")
    assert error.value.code == "model_not_found" and error.value.param == "model"
    with pytest.raises(openai.BadRequestError) as error:
        client.images.generate(prompt="a cat", size="100x100")
    assert error.value.param == "size" and error.value.type == "invalid_request_error"
    with pytest.raises(openai.BadRequestError):
        client.images.edit(image=("a.png", b"no picture"), prompt="a cat")
    answer = requests.post(f"{url}/v1/images/edits", data=b"--a", headers={"Content-Type": "multipart/form-data; boundary=a"})
    assert answer.status_code == 400 and set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_the_minimal_form(url):
    for answer in (
        requests.post(f"{url}/generate", params={"prompt": "a red apple", "steps": 2, "size": "128x128"}),
        requests.post(f"{url}/generate", json={"prompt": "a red apple", "steps": 2, "width": 128, "height": 128}),
    ):
        assert answer.json()["status"] == "success"
        image = requests.get(answer.json()["url"])
        assert image.headers["Content-Type"] == "image/png" and Image.open(io.BytesIO(image.content)).size == (128, 128)
    refused = requests.post(f"{url}/generate")
    assert refused.status_code == 422 and refused.json()["status"] == "error" and "prompt" in refused.json()["message"]

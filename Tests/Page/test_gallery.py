"""The contact sheet, and what is done with a picture."""

import json
import urllib.request

import pytest

from conftest import URL, await_end, image


def test_use_these_settings_draws_the_same_picture_again(desk):
    page = desk.page
    page.select_option("#sampler", label="Euler a")
    page.fill("#negative", "a dog")
    first = desk.draw("a purple cat", steps=7, guidance=4.5)
    page.reload()
    page.wait_for_selector(f"#picture[data-digest='{first['images'][0]['digest']}']")
    page.locator("#reset").evaluate("b => b.click()")
    assert page.input_value("#prompt") == "" and page.input_value("#steps") == "" and page.input_value("#seed") == ""
    page.click("#use-settings")
    assert page.input_value("#prompt") == "a purple cat"
    assert page.input_value("#negative") == "a dog"
    assert page.input_value("#seed") == str(first["images"][0]["seed"])
    assert page.input_value("#steps") == "7"
    assert page.input_value("#guidance") == "4.5"
    with page.expect_response("**/v1/jobs") as caught:
        page.click("#generate")
    second = desk.await_picture(caught.value.json()["id"])
    assert second["id"] != first["id"]
    assert second["images"][0]["digest"] == first["images"][0]["digest"]


PASTE = """(field, text) => {
    const data = new DataTransfer();
    data.setData("text", text);
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
DROP = """(field, bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], "picture.png", { type: "image/png" }));
    field.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


@pytest.mark.parametrize("way", ["pasted", "dropped"])
def test_text_of_a_picture_becomes_settings_in_the_prompt(desk, way):
    page = desk.page
    # Beyond ISO 8859-1, so that PNG keeps it as UTF-8.
    prompt = "a dog on a blue background, “good”" if way == "dropped" else "a dog on a blue background"
    first = desk.draw(prompt, steps=6, guidance=4)
    page.locator("#reset").evaluate("b => b.click()")
    if way == "pasted":
        page.locator("#prompt").evaluate(PASTE, first["images"][0]["infotext"])
    else:
        page.locator("#prompt").evaluate(DROP, list(image(first["images"][0]["digest"])))
    page.wait_for_function("() => document.querySelector('#prompt').value !== ''")
    assert page.input_value("#prompt") == prompt
    assert page.input_value("#steps") == "6"
    with page.expect_response("**/v1/jobs") as caught:
        page.click("#generate")
    second = desk.await_picture(caught.value.json()["id"])
    assert second["images"][0]["digest"] == first["images"][0]["digest"]


def test_seed_of_the_picture_shown_is_reused_and_made_random_again(desk):
    record = desk.draw("a star", steps=4)
    desk.page.click("#reuse-seed")
    assert desk.page.input_value("#seed") == str(record["images"][0]["seed"])
    desk.page.click("#random-seed")
    assert desk.page.input_value("#seed") == ""


def test_download_gives_the_file_of_the_server(desk, tmp_path):
    record = desk.draw("a star", steps=4)
    with desk.page.expect_download() as caught:
        desk.page.click("#download")
    assert caught.value.suggested_filename == f"daguerre-{record['images'][0]['seed']}.png"
    caught.value.save_as(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes() == image(record["images"][0]["digest"])


def test_pictures_are_there_after_the_page_is_loaded_again(desk):
    record = desk.draw("a moon", steps=4)
    desk.page.reload()
    desk.page.wait_for_selector(f"#gallery img[data-digest='{record['images'][0]['digest']}']")
    # And so are the settings.
    assert desk.page.input_value("#prompt") == "a moon"
    assert desk.page.input_value("#steps") == "4"


def test_arrows_go_through_the_pictures_in_the_viewer(desk):
    page = desk.page
    older = desk.draw("a moon", steps=4)["images"][0]["digest"]
    newer = desk.draw("a star", steps=4)["images"][0]["digest"]
    page.locator("#picture").click()
    assert page.locator("#viewer").is_visible()
    page.wait_for_selector(f"#viewer-picture[data-digest='{newer}']")
    assert page.locator("#viewer-previous").is_disabled()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(f"#viewer-picture[data-digest='{older}']")
    assert "a moon" in page.locator("#viewer-caption").inner_text()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(f"#viewer-picture[data-digest='{newer}']")
    page.keyboard.press("Escape")
    assert page.locator("#viewer").is_hidden()
    page.wait_for_selector(f"#picture[data-digest='{newer}']")


def test_what_the_page_has_no_field_for_is_kept_with_the_settings(desk):
    """A job of another client, with seeds that a JavaScript number cannot hold."""
    page = desk.page
    asked = {
        "prompt": "a purple cat", "steps": 6, "seed": 2**64 - 3, "guidance_rescale": 0.5,
        "variation": {"seed": 2**63 + 1, "strength": 0.3},
    }
    request = urllib.request.Request(f"{URL}/v1/jobs", json.dumps(asked).encode(), {"Content-Type": "application/json"})
    first = await_end(json.load(urllib.request.urlopen(request, timeout=30))["id"])
    page.click(f"#gallery button:has(img[data-digest='{first['images'][0]['digest']}'])")
    page.click("#use-settings")
    assert page.input_value("#seed") == str(2**64 - 3)
    assert "variation" in page.locator("#kept-names").inner_text()
    with page.expect_response("**/v1/jobs") as caught:
        page.click("#generate")
    sent = json.loads(caught.value.request.post_data)
    assert {name: sent[name] for name in asked} == asked
    assert desk.await_picture(caught.value.json()["id"])["images"][0]["digest"] == first["images"][0]["digest"]
    page.click("#drop-kept")
    with page.expect_response("**/v1/jobs") as caught:
        page.click("#generate")
    assert "variation" not in json.loads(caught.value.request.post_data)


def test_a_picture_without_text_changes_no_setting(desk):
    page = desk.page
    page.fill("#prompt", "a star")
    page.locator("#prompt").evaluate(DROP, list(b"\x89PNG\r\n\x1a\n\xff\xff\xff\xfftEXtparameters"))
    page.wait_for_selector(".notice")
    assert "does not say" in page.locator(".notice").inner_text()
    assert page.input_value("#prompt") == "a star"

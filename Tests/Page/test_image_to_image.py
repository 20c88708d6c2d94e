"""A picture to begin with, and a mask that is drawn over it."""

import io
import json

from PIL import Image, ImageChops

from conftest import image


def pixels(digest):
    return Image.open(io.BytesIO(image(digest))).convert("RGB")


def open_mask(page):
    page.click("#edit-mask")
    page.wait_for_selector("#mask-editor[open]")
    box = page.locator("#mask-surface").bounding_box()
    assert box["width"] > 100
    return box


def stroke(page, box, *points):
    """Drags the mouse over points that are shares of the surface."""
    (x, y), *rest = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in points]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=6)
    page.mouse.up()


def submit(desk):
    """Presses the button; gives what was sent and the job when it has ended."""
    with desk.page.expect_response(lambda r: r.url.endswith("/v1/jobs") and r.request.method == "POST") as caught:
        desk.page.click("#generate")
    assert caught.value.status == 202, caught.value.text()
    return json.loads(caught.value.request.post_data), desk.await_picture(caught.value.json()["id"])


def test_only_what_the_mask_covers_changes(desk):
    page = desk.page
    first = desk.draw("a red apple", seed=1)["images"][0]["digest"]
    page.click("#to-image")
    page.wait_for_selector("#image-settings:not([hidden])")
    box = open_mask(page)
    page.fill("#mask-size", "40")
    stroke(page, box, (0.25, 0.25), (0.25, 0.75))
    page.click("#mask-done")
    page.fill("#mask-blur", "0")
    page.fill("#strength", "1")
    page.fill("#prompt", "a green apple")
    sent, record = submit(desk)
    mask = pixels(sent["mask"]["upload"]).convert("L")
    assert mask.size == (128, 128)
    assert mask.getpixel((32, 64)) == 255 and mask.getpixel((96, 64)) == 0
    before, after = pixels(first), pixels(record["images"][0]["digest"])
    difference = ImageChops.difference(before, after).convert("L")
    inside = [difference.getpixel((x, y)) for x in range(128) for y in range(128) if mask.getpixel((x, y)) == 255]
    outside = [difference.getpixel((x, y)) for x in range(128) for y in range(128) if mask.getpixel((x, y)) == 0]
    assert sum(outside) / len(outside) < 0.5
    assert sum(inside) / len(inside) > 4 * (sum(outside) / len(outside) + 0.5)


def test_brush_eraser_undo_and_clear(desk):
    page = desk.page
    # Chromium's advice to those who read pixels as often as this test does.
    desk.allow("Canvas2D")
    desk.draw("a star", steps=4)
    page.click("#to-image")
    page.wait_for_selector("#image-settings:not([hidden])")
    box = open_mask(page)
    assert page.locator("#mask-undo").is_disabled()

    def covered(x, y):
        """Whether the surface shows the accent at a point, over a picture that is white there."""
        return page.locator("#mask-surface").evaluate(
            """(canvas, [x, y]) => {
                const [r, , b] = canvas.getContext("2d").getImageData(canvas.width * x, canvas.height * y, 1, 1).data;
                return r - b > 60;
            }""",
            [x, y],
        )

    corner, edge = (0.04, 0.04), (0.96, 0.04)
    stroke(page, box, corner, edge)
    assert covered(*corner) and covered(*edge)
    page.keyboard.press("e")
    assert page.locator("#mask-eraser").get_attribute("aria-pressed") == "true"
    stroke(page, box, edge)
    assert covered(*corner) and not covered(*edge)
    page.keyboard.press("Control+z")
    assert covered(*edge)
    page.keyboard.press("Control+Shift+z")
    assert not covered(*edge)
    page.click("#mask-clear")
    assert not covered(*corner)
    page.click("#mask-undo")
    assert covered(*corner)
    # Cancelling leaves the picture without a mask.
    page.keyboard.press("Escape")
    assert page.locator("#mask-settings").is_hidden()


def test_a_finger_draws(make_desk):
    desk = make_desk(has_touch=True)
    page = desk.open()
    desk.draw("a star", steps=4)
    page.click("#to-image")
    page.wait_for_selector("#image-settings:not([hidden])")
    box = open_mask(page)
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.click("#mask-done")
    sent, _ = submit(desk)
    assert pixels(sent["mask"]["upload"]).convert("L").getpixel((64, 64)) == 255


def picture_bytes():
    data = io.BytesIO()
    Image.new("RGB", (96, 64), (200, 30, 30)).save(data, "PNG")
    return data.getvalue()


def offer(page, selector, kind):
    """Drops or pastes a picture on what `selector` finds."""
    page.locator(selector).evaluate(
        """(place, [kind, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "red.png", { type: "image/png" }));
            const about = { bubbles: true, cancelable: true };
            place.dispatchEvent(kind === "drop" ? new DragEvent("drop", { ...about, dataTransfer: data })
                : new ClipboardEvent("paste", { ...about, clipboardData: data }));
        }""",
        [kind, list(picture_bytes())],
    )


def test_a_picture_is_dropped_pasted_or_chosen(desk):
    page = desk.page
    page.click("#image-fold summary")
    held = page.locator("#start-picture .held")
    for take in (
        lambda: offer(page, "#start-picture .picture-input", "drop"),
        lambda: offer(page, "body", "paste"),
        lambda: page.set_input_files("#start-picture input[type=file]", {"name": "red.png", "mimeType": "image/png", "buffer": picture_bytes()}),
    ):
        take()
        page.wait_for_function("() => document.querySelector('#start-picture .held').textContent.includes('96 × 64')")
        page.click("#start-picture .held button")
        held.wait_for(state="hidden")


def test_the_picture_comes_back_with_the_settings_of_its_job(desk):
    page = desk.page
    page.click("#image-fold summary")
    page.set_input_files("#start-picture input[type=file]", {"name": "red.png", "mimeType": "image/png", "buffer": picture_bytes()})
    page.wait_for_selector("#image-settings:not([hidden])")
    page.fill("#strength", "0.4")
    page.fill("#steps", "10")
    page.fill("#prompt", "a red apple")
    sent, first = submit(desk)
    page.locator("#reset").evaluate("b => b.click()")
    assert page.locator("#image-settings").is_hidden()
    page.click("#use-settings")
    page.wait_for_selector("#image-settings:not([hidden])")
    assert page.input_value("#strength") == "0.4"
    again, second = submit(desk)
    assert again["image"]["upload"] == sent["image"]["upload"]
    assert second["images"][0]["digest"] == first["images"][0]["digest"]

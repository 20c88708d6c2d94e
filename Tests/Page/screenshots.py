"""Photographs of the page for the documentation: a desktop in the dark, a mask, a phone in the light. Run by scripts/screenshots."""

import os
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

URL = os.environ["SERVER_URL"]
FOLDER = Path(sys.argv[1])

# (prompt, seed): what the built-in model knows well.
SHEET = [
    ("a hamburger", 3), ("a teddy bear", 5), ("a rainbow", 2), ("a penguin", 4), ("a red apple", 7), ("a sunflower", 2),
    ("an owl", 8), ("a birthday cake on a pink background", 7), ("a purple butterfly", 3), ("a rocket", 7),
    ("a heart and a star", 7), ("a strawberry", 6), ("a fox", 2), ("a dog on a blue background", 7), ("a purple cat", 7),
]


def draw(page, prompt, seed, steps="20"):
    page.fill("#prompt", prompt)
    page.fill("#seed", str(seed))
    page.fill("#steps", steps)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#queue-section:not([hidden])")


def await_idle(page):
    page.wait_for_selector("#queue-section", state="hidden", timeout=120_000)
    page.wait_for_timeout(400)


def save(page, name):
    """Photographs the page, in as few bits as show it well."""
    path = FOLDER / f"page-{name}.png"
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=path)
    with Image.open(path) as image:
        image = image.convert("RGB")
    # Greys that lie close together are the page's own: a palette must not melt them into one.
    image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size} bytes")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
        page.goto(URL)
        page.wait_for_selector("#connection[data-state=open]")
        for prompt, seed in SHEET:
            draw(page, prompt, seed)
        await_idle(page)
        save(page, "dark")

        page.click("#to-image")
        page.wait_for_selector("#image-settings:not([hidden])")
        page.click("#edit-mask")
        box = page.locator("#mask-surface").bounding_box()
        page.fill("#mask-size", "30")
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
        page.mouse.down()
        for x, y in ((0.4, 0.24), (0.55, 0.22), (0.7, 0.3)):
            page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=5)
        page.mouse.up()
        save(page, "mask")
        page.click("#mask-cancel")

        # Caught in the act: long jobs, one of them running.
        page.locator("#reset").evaluate("b => b.click()")
        page.evaluate("document.querySelector('.notice').remove()")
        draw(page, "a tiger", 1, "150")
        draw(page, "a castle", 1)
        draw(page, "a snowman", 1)
        page.wait_for_function("() => document.querySelector('#progress-bar').value > 0.3 || document.querySelector('#queue li:first-child progress').value > 0.3")
        page.click("#queue li:first-child .show")
        page.wait_for_function("() => document.querySelector('#picture').naturalWidth > 0")
        save(page, "drawing")
        await_idle(page)

        phone = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="light", has_touch=True, is_mobile=True, device_scale_factor=2)
        phone.goto(URL)
        phone.wait_for_selector("#gallery img[src]")
        phone.wait_for_timeout(500)
        save(phone, "phone")
        browser.close()


if __name__ == "__main__":
    main()

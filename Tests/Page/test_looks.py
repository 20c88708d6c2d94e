"""How the page looks and is handled: sizes, colours, keys, names; and what it may load."""

import re
import urllib.error
import urllib.request

import pytest

from conftest import PHONE, URL, get


def open_everything(page):
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    page.evaluate("document.querySelectorAll('#composer [hidden]:not(input)').forEach((part) => { part.hidden = false; })")


@pytest.mark.parametrize("width", [360, 390, 768, 1024, 1440])
def test_nothing_sticks_out_sideways(make_desk, width):
    desk = make_desk(viewport={"width": width, "height": 780})
    page = desk.open()
    desk.draw("a heart and a star", steps=4, count=2)
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate("document.querySelector('.settings').scrollWidth <= document.querySelector('.settings').clientWidth")
        open_everything(page)


def test_a_phone_has_the_button_in_reach_and_fingers_find_it(make_desk):
    desk = make_desk(viewport=PHONE, has_touch=True, is_mobile=True)
    page = desk.open()
    box = page.locator("#generate").bounding_box()
    assert box["y"] + box["height"] <= PHONE["height"]
    assert box["height"] >= 40
    small = page.evaluate(
        """[...document.querySelectorAll("button, select, input:not([type=range]):not([type=checkbox])")]
            .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 36).map((e) => e.id)"""
    )
    assert small == []


def brightness(page, selector):
    colour = page.locator(selector).evaluate("e => getComputedStyle(e).backgroundColor")
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3


def test_dark_and_light_follow_the_system_until_chosen(make_desk):
    dark = make_desk(color_scheme="dark")
    page = dark.open()
    assert brightness(page, "body") < 50
    light = make_desk(color_scheme="light")
    page = light.open()
    assert brightness(page, "body") > 200
    page.click("#theme")
    assert brightness(page, "body") < 50
    page.reload()
    assert brightness(page, "body") < 50
    page.click("#theme")
    assert brightness(page, "body") > 200


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_words_stand_out_from_what_is_behind_them(make_desk, scheme):
    """At least 4.5 : 1, as WCAG 2.2 asks of text (1.4.3)."""
    desk = make_desk(color_scheme=scheme)
    page = desk.open()
    open_everything(page)
    faint = page.evaluate(
        """() => {
            const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
            const read = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
            const light = (rgb) => { const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
            const behind = (e) => { for (; e; e = e.parentElement) { const c = read(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c.slice(0, 3); } return [255, 255, 255]; };
            return [...document.querySelectorAll("label, legend, summary, p, h1, h2, dt, dd, button, input, select, textarea")]
                .filter((e) => e.checkVisibility() && !e.disabled && !e.closest(".unseen") && (e.matches("input:not([type=range]):not([type=checkbox]), select, textarea") || e.textContent.trim()))
                .map((e) => { const [a, b] = [light(read(getComputedStyle(e).color).slice(0, 3)), light(behind(e))]; return [e.id || e.textContent.trim().slice(0, 20), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]; })
                .filter(([, ratio]) => ratio < 4.5);
        }"""
    )
    assert faint == []


def test_keys(desk):
    page = desk.page
    desk.draw("a moon", steps=4)
    page.locator("#theme").focus()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "prompt"
    # In a field, letters are text.
    page.fill("#prompt", "")
    page.keyboard.type("ui?/")
    assert page.input_value("#prompt") == "ui?/"
    page.locator("#theme").focus()
    page.keyboard.press("u")
    page.wait_for_function("() => document.querySelector('#prompt').value === 'a moon'")
    page.keyboard.press("i")
    page.wait_for_selector("#image-settings:not([hidden])")
    page.keyboard.press("?")
    assert page.locator("#keys-dialog").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#keys-dialog").is_hidden()


def test_arrows_move_a_number_by_its_slider(desk):
    page = desk.page
    page.focus("#guidance")
    begin = float(page.get_attribute("#guidance", "placeholder"))
    page.keyboard.press("ArrowUp")
    assert float(page.input_value("#guidance")) == begin + 0.5
    slider = page.locator("#guidance").evaluate("f => f.previousElementSibling.value")
    assert float(slider) == begin + 0.5


def test_size_presets_and_swap(desk):
    page = desk.page
    page.click("#size-presets [aria-label=Landscape]")
    width, height = int(page.input_value("#width")), int(page.input_value("#height"))
    assert width > height and width % 8 == 0 and height % 8 == 0
    page.click("#swap-sides")
    assert (page.input_value("#width"), page.input_value("#height")) == (str(height), str(width))
    assert page.locator("#size-presets [aria-label=Portrait]").get_attribute("aria-pressed") == "true"
    record = desk.draw("a red apple", steps=4)
    assert (record["images"][0]["width"], record["images"][0]["height"]) == (height, width)


def test_everything_that_is_handled_has_a_name(desk):
    page = desk.page
    open_everything(page)
    nameless = page.evaluate(
        """[...document.querySelectorAll("button, a, select, textarea, input:not([aria-hidden]), dialog, progress:not([aria-hidden])")]
            .filter((e) => !(e.type === "file") && !(e.getAttribute("aria-label") || e.labels?.length || e.textContent.trim() || e.querySelector("img")?.alt || document.getElementById(e.getAttribute("aria-labelledby"))))
            .map((e) => e.outerHTML)"""
    )
    assert nameless == []
    assert page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i)") == []


def test_tab_reaches_the_prompt_first_and_the_button(desk):
    page = desk.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    reached = []
    for _ in range(40):
        reached.append(page.evaluate("document.activeElement.id"))
        if reached[-1] == "generate":
            break
        page.keyboard.press("Tab")
    assert "steps" in reached and reached[-1] == "generate"


def test_the_policy_allows_nothing_but_this_server():
    with urllib.request.urlopen(URL, timeout=30) as response:
        policy = response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    rules = {words[0]: words[1:] for words in (rule.split() for rule in policy.split(";")) if words}
    assert rules["default-src"] in (["'none'"], ["'self'"])
    assert set(rules.pop("img-src")) == {"'self'", "blob:", "data:"}
    assert rules["frame-ancestors"] == ["'none'"]
    assert rules["base-uri"] == ["'none'"]
    for sources in rules.values():
        assert set(sources) <= {"'self'", "'none'"}


def test_files_are_asked_for_once():
    tag = urllib.request.urlopen(f"{URL}/assets/scripts/main.js", timeout=30).headers["ETag"]
    request = urllib.request.Request(f"{URL}/assets/scripts/main.js", headers={"If-None-Match": tag})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=30)
    assert caught.value.code == 304
    assert b"<!doctype html>" in get("/").lower()

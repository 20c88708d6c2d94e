"""A server that wants a key."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

DAGUERRE = os.environ.get("DAGUERRE", ".build/release/daguerre")


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A server of its own with two keys; gives its address and them."""
    folder = tmp_path_factory.mktemp("locked")
    data = str(folder / "data")
    keys = [
        json.loads(subprocess.run([DAGUERRE, "keys", "add", name, "--data", data, "--json"], check=True, capture_output=True).stdout)["key"]
        for name in ("one", "two")
    ]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "models").mkdir()
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(
            [DAGUERRE, "serve", "--port", str(port), "--data", data, "--models", str(folder / "models"), "--require-keys"],
            stdout=log, stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            assert server.poll() is None, (folder / "log").read_text()
            try:
                urllib.request.urlopen(url + "/readyz", timeout=2)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        yield url, keys
    finally:
        server.terminate()
        server.wait(60)


def enter(desk, key):
    desk.page.wait_for_selector("#key-dialog[open]")
    desk.page.fill("#key", key)
    desk.page.keyboard.press("Enter")


def await_page(desk):
    desk.page.wait_for_selector("#connection[data-state=open]")
    desk.page.wait_for_function("() => document.querySelectorAll('#model option').length > 0")


def test_a_key_is_asked_for_kept_in_the_tab_and_sent(locked, make_desk):
    url, (key, other) = locked
    desk = make_desk(url)
    desk.allow("401")
    page = desk.page
    page.goto(url)
    page.wait_for_selector("#key-dialog[open]")
    page.keyboard.press("Escape")
    assert page.locator("#key-dialog").is_visible()
    enter(desk, key[:-4] + "0000")
    page.wait_for_function("() => document.querySelector('#key-reason').textContent.includes('does not take')")
    enter(desk, key)
    await_page(desk)
    page.fill("#prompt", "a star")
    page.fill("#steps", "4")
    page.click("#generate")
    page.wait_for_selector("#picture[data-digest]")
    page.wait_for_function("() => document.querySelector('#picture').naturalWidth > 0")
    # An <img> sends no key, so the picture has come through a request that does.
    assert page.locator("#picture").get_attribute("src").startswith("blob:")
    with page.expect_download() as caught:
        page.click("#download")
    assert open(caught.value.path(), "rb").read(4) == b"\x89PNG"
    assert page.evaluate("() => [sessionStorage.getItem('daguerre.key'), localStorage.length]") == [key, 0]
    # The tab keeps it.
    page.reload()
    await_page(desk)
    page.wait_for_selector("#gallery img[src^='blob:']")

    # Who has another key sees nothing of it.
    stranger = make_desk(url)
    stranger.allow("401")
    stranger.page.goto(url)
    enter(stranger, other)
    await_page(stranger)
    assert stranger.page.locator("#welcome").is_visible()
    assert stranger.page.locator("#gallery li").count() == 0

    # And the tab forgets it when asked to.
    page.click("#change-key")
    page.wait_for_selector("#key-dialog[open]")
    assert page.evaluate("() => sessionStorage.getItem('daguerre.key')") is None

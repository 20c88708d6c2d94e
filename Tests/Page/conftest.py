"""The page in a real browser, against a running server with the built-in model; scripts/test-page starts both.

Each test has a page of its own. When it ends, nothing may have gone wrong that the test does not name: no error in the
console, no exception, no violation of the content security policy, and no request to another origin.
"""

import hashlib
import json
import os
import urllib.request
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

URL = os.environ["SERVER_URL"].rstrip("/")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 780}

# Long enough to be looked at and cancelled: on the slowest machine at hand a step takes some 20 ms.
LONG = {"steps": 150, "count": 4}


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        # Without a sandbox of its own, as containers allow none.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Desk:
    """A page, what went wrong on it, and what tests do with it again and again."""

    def __init__(self, context, url=URL):
        self.url = url
        self.page = context.new_page()
        self.page.set_default_timeout(int(os.environ.get("PAGE_TIMEOUT", "30000")))
        self.allowed = []
        self.troubles = []
        self.requests = []
        self.page.on("console", lambda message: message.type in ("error", "warning") and self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(f"exception: {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.add_init_script(
            "document.addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))"
        )

    def open(self):
        self.page.goto(self.url)
        self.page.wait_for_selector("#connection[data-state=open]")
        self.page.wait_for_function("() => document.querySelectorAll('#model option').length > 0")
        return self.page

    def allow(self, *words):
        """Names a message that the test itself provokes."""
        self.allowed += words

    def settle(self):
        wrong = [text for text in self.troubles if not any(word in text for word in self.allowed)]
        assert wrong == []
        origins = {urlsplit(url)[:2] for url in self.requests if not url.startswith(("data:", "blob:"))}
        assert origins <= {urlsplit(self.url)[:2]}

    def ask(self, prompt, **fields):
        """Fills in the fields and presses Ctrl and Enter; gives the job's name."""
        self.page.fill("#prompt", prompt)
        for name, value in fields.items():
            self.page.fill(f"#{name}", str(value))
        with self.page.expect_response(lambda r: r.url.endswith("/v1/jobs") and r.request.method == "POST") as caught:
            self.page.keyboard.press("Control+Enter")
        assert caught.value.status == 202, caught.value.text()
        return caught.value.json()["id"]

    def await_picture(self, job):
        """Waits until the job's first picture is on the stage; gives the job as the server has it."""
        record = await_end(job)
        assert record["state"] == "succeeded", record
        digest = record["images"][0]["digest"]
        self.page.wait_for_selector(f"#picture[data-digest='{digest}']")
        self.page.wait_for_function("() => document.querySelector('#picture').naturalWidth > 0")
        return record

    def draw(self, prompt, **fields):
        return self.await_picture(self.ask(prompt, **fields))


@pytest.fixture
def make_desk(browser):
    """Makes pages with what `browser.new_context` takes: a size, a colour scheme, touch."""
    contexts = []
    desks = []

    def make(url=URL, **options):
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        contexts.append(context)
        desks.append(Desk(context, url))
        return desks[-1]

    yield make
    cancel_everything()
    for context in contexts:
        context.close()
    for desk in desks:
        desk.settle()


@pytest.fixture
def desk(make_desk):
    desk = make_desk()
    desk.open()
    return desk


def get(path):
    with urllib.request.urlopen(URL + path, timeout=30) as response:
        return response.read()


def job(identifier):
    return json.loads(get(f"/v1/jobs/{identifier}"))


def jobs():
    return json.loads(get("/v1/jobs?limit=50"))["data"]


def await_end(identifier, seconds=120):
    import time

    for _ in range(seconds * 10):
        record = job(identifier)
        if record["state"] not in ("queued", "running"):
            return record
        time.sleep(0.1)
    raise AssertionError(f"{identifier} has not ended in {seconds} s")


def image(digest):
    """The bytes of a picture, which are what its name says."""
    body = get(f"/v1/images/{digest}")
    assert hashlib.sha256(body).hexdigest() == digest
    return body


def cancel_everything():
    """Leaves no job to the next test."""
    for record in jobs():
        if record["state"] in ("queued", "running"):
            request = urllib.request.Request(f"{URL}/v1/jobs/{record['id']}/cancel", method="POST")
            urllib.request.urlopen(request, timeout=30).read()
            await_end(record["id"])

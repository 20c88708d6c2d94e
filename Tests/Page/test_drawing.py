"""From a prompt to a picture."""

from conftest import LONG, await_end, image, job


def test_a_prompt_becomes_a_picture(desk):
    record = desk.draw("a red apple")
    page = desk.page
    assert page.locator("#picture").evaluate("p => [p.naturalWidth, p.naturalHeight]") == [128, 128]
    assert image(record["images"][0]["digest"]).startswith(b"\x89PNG")
    assert page.locator("#detail-prompt").inner_text() == "a red apple"
    assert str(record["images"][0]["seed"]) in page.locator("#detail-list").inner_text()
    assert page.locator("#gallery [aria-current=true] img").get_attribute("alt") == "a red apple"
    assert page.locator("#progress").is_hidden()
    assert page.locator("#announcer").inner_text() == "The picture is done"


def test_examples_draw_at_a_click(desk):
    # Hidden once there is a picture, and there whatever other tests have drawn.
    button = desk.page.locator("#examples button", has_text="a purple cat")
    with desk.page.expect_response("**/v1/jobs") as caught:
        button.evaluate("b => b.click()")
    assert desk.await_picture(caught.value.json()["id"])["request"]["prompt"] == "a purple cat"


def test_a_preview_and_the_progress_are_shown_while_it_is_drawn(desk):
    page = desk.page
    identifier = desk.ask("a purple cat", **LONG)
    page.wait_for_function("() => document.querySelector('#picture').src.startsWith('data:image/')")
    page.wait_for_function("() => document.querySelector('#picture').naturalWidth > 0")
    first = page.locator("#picture").get_attribute("src")
    page.wait_for_function("first => document.querySelector('#picture').src !== first", arg=first)
    assert 0 < page.locator("#progress-bar").evaluate("bar => bar.value") < 1
    assert "step" in page.locator("#progress-stage").inner_text()
    page.wait_for_function("() => /left$/.test(document.querySelector('#progress-left').textContent)")
    assert page.locator(f"#queue [data-job={identifier}] img").get_attribute("src").startswith("data:image/")
    assert "%" in page.locator(f"#queue [data-job={identifier}] .stand").inner_text()
    assert job(identifier)["state"] == "running"


def test_escape_cancels_what_is_drawn(desk):
    identifier = desk.ask("a rocket", **LONG)
    desk.page.wait_for_selector("#progress-bar:not([value='0'])")
    desk.page.keyboard.press("Escape")
    assert await_end(identifier, seconds=10)["state"] == "cancelled"
    desk.page.wait_for_selector("#queue-section", state="hidden")
    assert desk.page.locator("#cancel").is_hidden()


def test_a_waiting_job_is_cancelled_in_the_queue_and_the_running_one_goes_on(desk):
    page = desk.page
    running = desk.ask("a rocket", **LONG)
    second = desk.ask("a star", steps=4, count=1)
    third = desk.ask("a moon", steps=4, count=1)
    assert page.locator("#queue li").count() == 3
    page.wait_for_function("id => document.querySelector(`#queue [data-job=${id}] .stand`).textContent.includes('next in line')", arg=second)
    page.wait_for_function("id => document.querySelector(`#queue [data-job=${id}] .stand`).textContent.includes('2nd in line')", arg=third)
    page.click(f"#queue [data-job={second}] .end")
    page.wait_for_selector(f"#queue [data-job={second}]", state="detached")
    assert job(second)["state"] == "cancelled"
    assert job(running)["state"] == "running"
    # Its place is the next one's now.
    page.wait_for_function("id => document.querySelector(`#queue [data-job=${id}] .stand`).textContent.includes('next in line')", arg=third)


def test_several_pictures_lie_side_by_side(desk):
    record = desk.draw("a heart and a star", count=3, steps=6)
    page = desk.page
    assert [entry["seed"] for entry in record["images"]] == [record["images"][0]["seed"] + i for i in range(3)]
    assert page.locator("#siblings button").count() == 3
    page.click("#siblings button:nth-child(3)")
    page.wait_for_selector(f"#picture[data-digest='{record['images'][2]['digest']}']")
    assert page.locator("#siblings button:nth-child(3)").get_attribute("aria-pressed") == "true"


def test_a_second_page_sees_the_same_jobs(desk, make_desk):
    other = make_desk()
    other.open()
    identifier = desk.ask("a rocket", **LONG)
    other.page.wait_for_selector(f"#queue [data-job={identifier}]")
    other.page.click(f"#queue [data-job={identifier}] .end")
    desk.page.wait_for_selector("#queue-section", state="hidden")
    assert await_end(identifier)["state"] == "cancelled"

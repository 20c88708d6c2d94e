"""What the server refuses is said where it can be mended."""

REFUSED = "422"


def refuse(desk):
    desk.allow(REFUSED)
    with desk.page.expect_response(lambda r: r.url.endswith("/v1/jobs") and r.request.method == "POST") as caught:
        desk.page.click("#generate")
    assert caught.value.status == 422, caught.value.text()
    return caught.value.json()


def test_a_refusal_is_shown_at_the_field_it_names(desk):
    page = desk.page
    page.fill("#prompt", "a red apple")
    page.fill("#steps", "100000")
    problem = refuse(desk)
    assert problem["field"] == "steps"
    field = page.locator("#steps")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.evaluate("f => f === document.activeElement")
    said = page.locator(f"#{field.get_attribute('aria-errormessage')}")
    assert said.inner_text() == problem["detail"]
    assert "100000" in said.inner_text()
    # Mending it takes the words away.
    page.fill("#steps", "4")
    assert field.get_attribute("aria-invalid") is None
    assert said.count() == 0
    desk.draw("a red apple")


def test_a_fold_opens_for_a_refusal_in_it(desk):
    page = desk.page
    page.fill("#prompt", "a red apple")
    page.click("#hires-fold summary")
    page.check("#hires")
    page.fill("#hires-strength", "7")
    page.click("#hires-fold summary")
    assert page.locator("#hires-strength").is_hidden()
    assert refuse(desk)["field"].startswith("hires")
    assert page.locator("#hires-strength").is_visible()
    assert page.locator("#hires-fold [aria-invalid=true]").count() == 1


def test_letters_in_a_number_are_refused_at_their_field(desk):
    page = desk.page
    page.fill("#prompt", "a red apple")
    page.fill("#seed", "twelve")
    assert refuse(desk)["field"] == "seed"
    assert page.locator("#seed").get_attribute("aria-invalid") == "true"


def test_what_is_no_picture_is_refused_at_its_place(desk):
    page = desk.page
    desk.allow("422", "415", "400")
    page.click("#image-fold summary")
    page.set_input_files("#start-picture input[type=file]", {"name": "not.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    page.wait_for_selector("#form-error:not([hidden])")
    assert page.locator("#form-error").inner_text() != ""
    assert page.locator("#start-picture .drop").is_visible()


def test_an_unreachable_server_is_said_and_found_again(desk):
    page = desk.page
    desk.allow("ERR_", "Failed to load resource")
    page.context.set_offline(True)
    page.fill("#prompt", "a red apple")
    page.click("#generate")
    page.wait_for_selector("#form-error:not([hidden])")
    assert "cannot be reached" in page.locator("#form-error").inner_text()
    page.context.set_offline(False)
    desk.draw("a red apple", steps=4)
    assert page.locator("#form-error").is_hidden()

"""On the page, the owner says which answers were right: by mouse and keyboard, and while images keep coming."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.report.page_in_browser import CUT_OFF, browser  # noqa: F401 (a fixture)
from tests.serve.service import RunningService
from tests.serve.test_page import LISTENED, LOW_CONTRAST, UNNAMED, ask, visited  # noqa: F401 (ask is a fixture)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

pytestmark = [pytest.mark.browser, pytest.mark.serve, pytest.mark.torch, pytest.mark.slow]


@pytest.fixture
def page(browser: Browser, service: RunningService, request: pytest.FixtureRequest) -> Iterator[Page]:  # noqa: F811
    """Of a user of the test's own."""
    with visited(browser, service.address, request.node.name[:60]) as page:
        yield page


def _told(page: Page, service: RunningService) -> tuple[int, int]:
    """What the service has counted: told, right."""
    with service.client() as client:
        found = client.get(f"/users/{page.locator('#user').input_value()}").json["feedback"]
    return (found[0]["told"], found[0]["right"]) if found else (0, 0)


def _see_figure(page: Page, words: str) -> None:
    page.locator("#networks", has_text=words).wait_for()
    page.locator("#learning-facts", has_text=words).wait_for()


def test_an_answer_is_right(page: Page, service: RunningService, ask: Callable[..., None]) -> None:  # noqa: F811
    assert page.locator("#right").is_hidden()
    ask(page)
    page.get_by_role("button", name="Right").click()
    page.get_by_role("button", name="Right", pressed=True).wait_for()
    _see_figure(page, "right in 1 of 1 that you told")
    ask(page, 2)
    assert page.get_by_role("button", name="Right", pressed=False).is_visible()
    assert page.locator("#feedback-done").inner_text() == ""
    assert _told(page, service) == (1, 1)


def test_an_answer_is_wrong_and_the_owner_may_think_again(
    page: Page,
    service: RunningService,
    ask: Callable[..., None],  # noqa: F811
) -> None:
    ask(page)
    page.get_by_role("button", name="Wrong").click()
    likely = page.locator("#truth-likely button")
    assert likely.all_inner_texts() == page.locator("#answer-bars th").all_inner_texts()[1:]
    truth = likely.nth(1).inner_text()
    likely.nth(1).click()
    page.get_by_role("button", name="Wrong", pressed=True).wait_for()
    assert page.locator("#feedback-done").inner_text() == f"Noted: {truth}."
    assert page.locator("#truth-form").is_hidden()
    _see_figure(page, "right in 0 of 1 that you told")
    page.get_by_role("button", name="Right").click()
    _see_figure(page, "right in 1 of 1 that you told")
    assert page.get_by_role("button", name="Wrong", pressed=False).is_visible()
    assert _told(page, service) == (1, 1)


def test_a_class_is_written_with_the_keyboard_alone(
    browser: Browser,  # noqa: F811
    service: RunningService,
    ask: Callable[..., None],  # noqa: F811
) -> None:
    with visited(browser, service.address, "typist", faults=True) as page:
        ask(page)
        page.locator("#wrong").focus()
        page.keyboard.press("Enter")
        assert page.evaluate(LISTENED) == "truth"
        assert page.locator("#wrong").get_attribute("aria-expanded") == "true"
        page.locator("#truth-classes option").nth(9).wait_for(state="attached")
        with service.client() as client:
            names = client.get("/classes").json
        assert [one.get_attribute("value") for one in page.locator("#truth-classes option").all()] == names
        page.keyboard.press("Escape")
        assert page.evaluate(LISTENED) == "wrong"
        assert page.locator("#truth-form").is_hidden()
        page.keyboard.press("Space")
        page.keyboard.type("unicorn")
        page.keyboard.press("Enter")
        page.locator("#feedback-problem", has_text="No class is called 'unicorn'").wait_for()
        assert page.evaluate(LISTENED) == "truth"
        page.locator("#truth").fill("")
        other = next(name for name in names if name != page.locator("#answer-label").inner_text())
        page.keyboard.type(other.upper())
        page.keyboard.press("Enter")
        page.locator("#feedback-done", has_text=f"Noted: {other}.").wait_for()
        assert page.evaluate(LISTENED) == "wrong"
        assert page.locator("#feedback-problem").inner_text() == ""
        assert _told(page, service) == (1, 0)


def test_an_answer_stays_while_it_is_corrected(page: Page, service: RunningService, drawn: list[bytes]) -> None:
    files: list[FilePayload] = [
        {"name": f"{at}.png", "mimeType": "image/png", "buffer": content} for at, content in enumerate(drawn)
    ]
    shown = "() => [document.getElementById('preview').alt, document.getElementById('answer-label').textContent]"
    page.route("**/predict?*", lambda route: (page.wait_for_timeout(150), route.continue_()))
    page.locator("#file").set_input_files(files)
    page.locator("#right").wait_for()
    while page.locator("#truth-form").is_hidden():  # what is clicked while the next one is asked about is not heeded
        page.locator("#wrong").click()
    before = page.evaluate(shown)
    done = page.locator("#queue-words").inner_text()
    page.wait_for_timeout(600)
    assert page.evaluate(shown) == before
    assert page.locator("#queue-words").inner_text() == done
    page.get_by_role("button", name="Cancel").click()
    page.locator("#announced", has_text=f"{len(files)} images answered.").wait_for(state="attached")
    assert page.evaluate(shown)[0] == files[-1]["name"]
    assert _told(page, service) == (0, 0)


def test_a_new_image_ends_the_choice(page: Page, ask: Callable[..., None]) -> None:  # noqa: F811
    ask(page)
    page.get_by_role("button", name="Wrong").click()
    ask(page, 2)
    assert page.locator("#truth-form").is_hidden()
    assert page.locator("#preview").get_attribute("alt") == "1.png"


def test_a_user_is_deleted_while_a_class_is_chosen(page: Page, ask: Callable[..., None]) -> None:  # noqa: F811
    ask(page)
    page.locator("#delete:enabled").wait_for()
    page.get_by_role("button", name="Wrong").click()
    page.get_by_role("button", name="Delete this user's data").click()
    page.get_by_role("button", name="Delete it").click()
    page.locator("#learning-done", has_text="is deleted").wait_for()
    assert page.locator("#right").is_hidden()
    ask(page)
    page.get_by_role("button", name="Right", pressed=False).wait_for()  # the image is the same, its answer a new one
    assert page.locator("#truth-form").is_hidden()


def test_nothing_can_be_said_of_an_image_that_was_refused(
    browser: Browser,  # noqa: F811
    service: RunningService,
    ask: Callable[..., None],  # noqa: F811
) -> None:
    with visited(browser, service.address, "hasty", faults=True) as page:
        ask(page)
        bad: FilePayload = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no image at all"}
        page.locator("#file").set_input_files([bad])
        page.locator("#image-problem", has_text="notes.png: ").wait_for()
        assert page.locator("#right").is_hidden()
        ask(page, 2)
        assert page.locator("#right").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_can_be_read(
    browser: Browser,  # noqa: F811
    service: RunningService,
    ask: Callable[..., None],  # noqa: F811
    width: int,
    scheme: Any,
) -> None:
    view = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "reduced_motion": "reduce"}
    with visited(browser, service.address, f"reader-{width}-{scheme}", **view) as page:
        ask(page)
        found: list[Any] = []
        for name in ("Right", "Wrong"):
            page.get_by_role("button", name=name).click()
            page.locator("#feedback-done", has_text="Noted.").wait_for()
            found += [page.evaluate(script) for script in (CUT_OFF, LOW_CONTRAST, UNNAMED)]
        assert page.locator("#truth-form").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert found == [[]] * 6

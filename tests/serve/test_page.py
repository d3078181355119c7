"""The page of the real service in a real browser: what it shows, and that its controls do what they say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.report.page_in_browser import CUT_OFF, browser  # noqa: F401 (a fixture)
from tests.serve.service import TOKEN, RunningService, copied

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

pytestmark = [pytest.mark.browser, pytest.mark.serve, pytest.mark.torch, pytest.mark.slow]

CHANGED = "anna"  # a user of whom much has happened
NOT_AN_IMAGE: FilePayload = {"name": "notes.png", "mimeType": "image/png", "buffer": b"no image at all"}
CONTROLS = ("user", "choose", "camera", "pause", "generic", "delete")
LISTENED = """() => document.activeElement.id || document.activeElement.tagName"""
UNNAMED = """() => [...document.querySelectorAll('button, input, progress, svg, video, [tabindex="0"]')].filter(e =>
    !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.labels?.length ||
      (e.tagName === 'BUTTON' && e.textContent.trim()))).map(e => e.outerHTML.slice(0, 100))"""
MARKS = """() => {
  const all = selector => [...document.querySelectorAll('#times ' + selector)];
  return [all('text.said').map(e => e.textContent), all('line.mark').map(e => Number(e.getAttribute('x1'))),
    all('.dot').map(e => e.getBBox().x)];
}"""
LOW_CONTRAST = """() => {
  const channels = c => (c.match(/[\\d.]+/g) ?? []).map(Number);
  const linear = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = channels(c).map(linear); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    const parts = channels(c); if (parts.length === 3 || parts[3] === 1) return c; } return 'rgb(0, 0, 0)'; };
  return [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('svg') && !e.disabled &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())).map(e => {
      const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.outerHTML.slice(0, 100)]; }).filter(([ratio]) => ratio < 4.5);
}"""
SHOW_PHASE = """async ([phase, progress]) => {
  const state = await (await fetch('/users/anna')).json();
  const { showLearning } = await import('/page/learning.js');
  const serving = phase === 'watch' ? 'network-1' : state.serving;
  const networks = state.networks.map(one => ({ ...one, serving: one.name === serving }));
  const labels = ['car', 'key'];
  showLearning({ ...state, phase, progress, paused: false, serving, networks, images_kept: 7, labels }, []);
  return {
    steps: [...document.querySelectorAll('#track li')].map(e => [e.textContent, e.getAttribute('aria-current')]),
    headline: document.getElementById('headline').textContent,
    work: document.getElementById('work').hidden ? null : document.getElementById('work').innerText,
    share: document.getElementById('work-bar').position,
    facts: document.getElementById('learning-facts').innerText,
  };
}"""


def _with_history(state: Path) -> Path:
    """Put into a state folder what a user's learner writes in the course of weeks."""
    from edgewise.personal.generic import FOLDER, GenericParts
    from edgewise.personal.remembered import StoredNetwork
    from edgewise.personal.session import Session
    from edgewise.personal.state import DeviceState

    figures = {"network": "network-1", "ms": 1.0, "generic_ms": 2.5, "seconds": 100.0, "verdict": "passes"}
    figures |= {"asked": ["small among the user's classes", "tail 1"]}
    network = StoredNetwork("network-1", f"users/{CHANGED}/networks/network-1", (1, 3), time.time(), figures)
    events = [
        ("learned", "The user's classes are car, key.", {"classes": [1, 3]}),
        ("made", "network-1 is made; the guard tries it beside the generic network.", figures),
        ("swapped", "network-1 serves: passes.", figures),
        ("alarm", "The user has changed, 90 inputs after the swap.", {"network": "network-1"}),
        ("returned", "network-1 serves again: its classes are back.", figures),
    ]
    with DeviceState.open(state, GenericParts.read(state / FOLDER).fingerprint) as device:
        device.add_user(CHANGED)
        values = {"session": Session(networks=1).to_values(), "first_seq": 0, "test": {}}
        device.transition(CHANGED, values, None, events, [network], retire=["network-1"])
    return state


@pytest.fixture(scope="module")
def service(opened_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with RunningService(_with_history(copied(opened_state, tmp_path_factory.mktemp("page")))) as running:
        yield running


@contextmanager
def visited(browser: Browser, address: str, user: str, *, faults: bool = False, **options: Any) -> Iterator[Page]:  # noqa: F811
    """The page of a user; nothing may be asked of elsewhere and, but where the service is to refuse, no complaint."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    page = context.new_page()
    page.set_default_timeout(15_000)
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/#user={user}")
    yield page
    context.close()
    elsewhere = [url for url in asked if not url.startswith((f"{address}/", f"blob:{address}/", "data:"))]
    assert elsewhere == []
    if faults:
        complaints = [one for one in complaints if not one.startswith("Failed to load resource")]
    assert complaints == []


@pytest.fixture
def page(browser: Browser, service: RunningService, request: pytest.FixtureRequest) -> Iterator[Page]:  # noqa: F811
    """Of a user of the test's own."""
    with visited(browser, service.address, request.node.name[:60].strip("[]")) as page:
        yield page


@pytest.fixture
def ask(drawn: list[bytes]) -> Callable[..., None]:
    """Give drawn images to the page's file input, and wait for the last answer."""

    def give(page: Page, many: int = 1) -> None:
        files: list[FilePayload] = [
            {"name": f"{at}.png", "mimeType": "image/png", "buffer": drawn[at]} for at in range(many)
        ]
        page.locator("#file").set_input_files(files)
        page.locator("#announced", has_text=" by " if many == 1 else f"{many} images answered.").wait_for(
            state="attached"
        )

    return give


def _user_of(page: Page) -> str:
    return page.locator("#user").input_value()


def _known(service: RunningService, user: str) -> dict[str, Any]:
    with service.client() as client:
        return client.get(f"/users/{user}").json


def test_an_answer_is_shown_with_why_and_how_long(page: Page, ask: Callable[..., None]) -> None:
    assert page.locator("#answer").is_hidden()
    ask(page)
    label = page.locator("#answer-label").inner_text()
    shown = page.locator("#answer-bars tr").all_inner_texts()
    assert shown[0].startswith(label)
    assert len(shown) == 5
    widths = [bar.bounding_box()["width"] for bar in page.locator("#answer-bars i").all()]  # type: ignore[index]
    assert widths == sorted(widths, reverse=True)
    assert page.locator("#answer-model").inner_text() == "drawn"
    assert "observe" in page.locator("#answer-why").inner_text()
    assert "decoding" in page.locator("#answer-time").inner_text()
    assert page.locator("#announced").inner_text().startswith(label)
    assert page.locator("#preview").evaluate("e => e.naturalWidth") == 64


def test_the_histogram_counts_what_the_service_counts(
    page: Page, service: RunningService, ask: Callable[..., None]
) -> None:
    ask(page)
    page.locator("#histogram-words", has_text="1 answer").wait_for()
    ask(page, 12)
    page.locator("#histogram-words", has_text="13 answers").wait_for()
    shown = [row.inner_text().split("\t") for row in page.locator("#histogram tr").all()]
    counted = _known(service, _user_of(page))["histogram"]
    assert {cells[0]: int(cells[-1]) for cells in shown} == counted
    assert page.locator("#times circle, #times path").count() == 13
    page.locator("#times-details summary").click()
    page.locator("#times-rows tr").nth(12).wait_for()
    assert page.locator("#times-rows tr").count() == 13


def test_the_phase_is_shown(page: Page, ask: Callable[..., None]) -> None:
    assert page.locator("#track [aria-current]").count() == 0
    ask(page)
    page.locator("#track [aria-current=step]", has_text="observe").wait_for()
    assert page.locator("#headline").inner_text() == "Learning which classes the user meets."
    assert "1 image since learning began" in page.locator("#learning-facts").inner_text()


@pytest.mark.parametrize(
    ("phase", "progress", "headline"),
    [
        ("observe", None, "Learning which classes the user meets."),
        (
            "prune",
            {"what": "solving layers", "done": 3, "total": 12},
            "A network for the user's 2 classes is being made.",
        ),
        ("prune", None, "A network for the user's 2 classes is being made."),
        ("verify", None, "The user's new network is on trial."),
        ("watch", None, "The user's own network answers, made for 2 classes."),
    ],
)
def test_each_phase_says_what_goes_on(
    browser: Browser,  # noqa: F811
    service: RunningService,
    phase: str,
    progress: dict[str, Any] | None,
    headline: str,
) -> None:
    with visited(browser, service.address, CHANGED) as page:
        page.locator("#events li").nth(4).wait_for()
        shown = page.evaluate(SHOW_PHASE, [phase, progress])
    assert [step for step, current in shown["steps"] if current == "step"] == [phase]
    assert shown["headline"] == headline
    assert (shown["work"] is not None) == (phase == "prune")
    if progress is not None:
        assert shown["work"].split("\n") == ["Solving layers", "3 of 12"]
        assert shown["share"] == 0.25
    assert ("2.5x" in shown["facts"]) == (phase == "watch")
    assert "1 min 40 s of work for 1 network" in shown["facts"]
    assert "7 images kept in memory until a network is made" in shown["facts"]


def test_what_happened_is_listed_and_marked(
    browser: Browser,  # noqa: F811
    service: RunningService,
    ask: Callable[..., None],
) -> None:
    with visited(browser, service.address, CHANGED) as page:
        page.locator("#events li").nth(4).wait_for()
        kinds = page.locator("#events b").all_inner_texts()
        ask(page, 2)
        page.locator("#times .dot").nth(1).wait_for(state="attached")
        marks, lines_at, dots_at = page.evaluate(MARKS)
        networks = page.locator("#networks tr").all_inner_texts()
    assert [kind.lower() for kind in kinds][-5:] == ["returned", "alarm", "swapped", "made", "learned"]
    assert sorted(marks) == ["network-1 is back", "network-1 serves", "the user changed"]
    assert len(lines_at) == 3
    assert len(dots_at) == 2
    assert max(lines_at) < min(dots_at)
    assert "serves" in networks[0]
    assert all(part in networks[1] for part in ("network-1", "retired", "2.5x", "1 min 40 s"))
    assert "asks small among the user's classes, then tail 1" in networks[1]


def test_learning_is_paused_and_resumed(page: Page, service: RunningService, ask: Callable[..., None]) -> None:
    ask(page)
    user = _user_of(page)
    page.get_by_role("button", name="Pause learning").click()
    page.get_by_role("button", name="Resume learning").wait_for()
    assert _known(service, user)["paused"]
    assert page.locator("#headline").inner_text() == "Learning is paused; the generic network answers."
    page.locator("#events b", has_text="paused").wait_for()
    page.get_by_role("button", name="Resume learning").click()
    page.get_by_role("button", name="Pause learning").wait_for()
    assert not _known(service, user)["paused"]


def test_the_generic_network_is_chosen(page: Page, service: RunningService, ask: Callable[..., None]) -> None:
    ask(page)
    page.get_by_role("button", name="Use the generic network").click()
    page.locator("#learning-done", has_text="The generic network answers").wait_for()
    found = _known(service, _user_of(page))
    assert (found["paused"], found["serving"], found["phase"]) == (True, "drawn", "observe")


def test_a_user_is_deleted_only_when_that_is_meant(
    page: Page, service: RunningService, ask: Callable[..., None]
) -> None:
    ask(page, 3)
    user = _user_of(page)
    page.get_by_role("button", name="Delete this user's data").click()
    page.get_by_role("dialog").wait_for()
    assert page.evaluate(LISTENED) == "sure-no"
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    with service.client() as client:
        assert user in client.get("/users").json
        page.get_by_role("button", name="Delete this user's data").click()
        page.get_by_role("button", name="Delete it").click()
        page.locator("#learning-done", has_text="is deleted").wait_for()
        assert user not in client.get("/users").json
    page.locator("#histogram-words", has_text="Each answer is counted here.").wait_for()
    assert page.locator("#delete").is_disabled()
    assert page.locator("#times .dot").count() == 0
    assert page.evaluate(LISTENED) == "choose"


def test_what_is_no_image_is_refused_in_words(browser: Browser, service: RunningService, drawn: list[bytes]) -> None:  # noqa: F811
    with visited(browser, service.address, "careless", faults=True) as page:
        page.locator("#file").set_input_files([NOT_AN_IMAGE])
        page.locator("#image-problem", has_text="notes.png: ").wait_for()
        assert page.locator("#answer").is_hidden()
        right: FilePayload = {"name": "right.png", "mimeType": "image/png", "buffer": drawn[0]}
        page.locator("#file").set_input_files([NOT_AN_IMAGE, right, NOT_AN_IMAGE])
        page.locator("#image-problem", has_text="2 images could not be answered. The first, notes.png").wait_for()
        assert page.locator("#answer").is_visible()


def test_an_image_is_pasted_and_dropped(page: Page, drawn: list[bytes]) -> None:
    give = """([kind, bytes]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], `${kind}.png`, { type: 'image/png' }));
      const options = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(kind === 'paste' ? new ClipboardEvent(kind, { ...options, clipboardData: data })
        : new DragEvent(kind, { ...options, dataTransfer: data }));
    }"""
    for many, kind in enumerate(("paste", "drop"), start=1):
        page.evaluate(give, [kind, list(drawn[many])])
        page.locator("#times .dot").nth(many - 1).wait_for(state="attached")
        assert page.locator("#preview").get_attribute("alt") == f"{kind}.png"


def test_without_a_camera_the_page_says_so(page: Page) -> None:
    page.get_by_role("button", name="Use the camera").click()
    page.locator("#image-problem", has_text="camera").wait_for()
    assert page.locator("#video").is_hidden()


def test_the_user_is_chosen_and_remembered(page: Page, service: RunningService, ask: Callable[..., None]) -> None:
    ask(page)
    page.locator("#user").fill("bob")
    page.locator("#user").press("Enter")
    page.locator("#histogram-words", has_text="Each answer is counted here.").wait_for()
    assert page.locator("#answer").is_hidden()
    assert page.url.endswith("#user=bob")
    page.goto("about:blank")
    page.goto(f"{service.address}/")
    page.locator("#device").wait_for(state="attached")
    assert _user_of(page) == "bob"
    page.locator("#user").fill("../bob")
    page.locator("#user").press("Enter")
    page.locator("#user-problem", has_text="Use 1 to 64 of").wait_for()
    assert page.url.endswith("#user=bob")


def test_a_locked_service_asks_for_its_token(
    browser: Browser,  # noqa: F811
    state: Path,
    ask: Callable[..., None],
) -> None:
    with (
        RunningService(state, EDGEWISE_TOKEN=TOKEN) as locked,
        visited(browser, locked.address, "me", faults=True) as page,
    ):
        page.locator("#token").wait_for()
        assert page.evaluate(LISTENED) == "token"
        page.locator("#token").fill("wrong")
        page.keyboard.press("Enter")
        page.locator("#token-problem", has_text="does not take this token").wait_for()
        page.locator("#token").fill(TOKEN)
        page.keyboard.press("Enter")
        page.locator("#token").wait_for(state="hidden")
        ask(page)
        page.get_by_role("button", name="Pause learning").click()
        page.locator("#events b", has_text="paused").wait_for()  # the stream of events brings the token too
        assert TOKEN not in page.evaluate("JSON.stringify(localStorage) + location.href + document.cookie")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_fits_and_can_be_read(
    browser: Browser,  # noqa: F811
    service: RunningService,
    ask: Callable[..., None],
    width: int,
    scheme: Any,
) -> None:
    view = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "reduced_motion": "reduce"}
    with visited(browser, service.address, CHANGED, **view) as page:
        ask(page, 3)
        page.locator("#events li").nth(4).wait_for()
        widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        cut_off, faint, unnamed = page.evaluate(CUT_OFF), page.evaluate(LOW_CONTRAST), page.evaluate(UNNAMED)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        moving = page.evaluate("document.getAnimations().length")
    assert widths[0] <= widths[1]
    assert cut_off == []
    assert faint == []
    assert unnamed == []
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}[scheme]
    assert moving == 0


def test_the_keyboard_reaches_every_control(page: Page, ask: Callable[..., None]) -> None:
    ask(page)
    page.locator("#delete:enabled").wait_for()
    page.evaluate("document.activeElement.blur()")
    reached, ringed = [], []
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(LISTENED))
        ringed.append(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
    assert [one for one in reached if one in CONTROLS][: len(CONTROLS)] == list(CONTROLS)
    assert "none" not in ringed[: reached.index("delete") + 1]
    page.locator("#pause").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Resume learning").wait_for()
    assert page.evaluate(LISTENED) == "pause"


def test_a_service_that_is_gone_is_said_to_be(browser: Browser, state: Path, ask: Callable[..., None]) -> None:  # noqa: F811
    with RunningService(state) as ending, visited(browser, ending.address, "me", faults=True) as page:
        ask(page)
        page.locator("#pause:enabled").wait_for()  # the page has heard of the user
        ending.kill()
        page.locator("#service-problem", has_text="The service does not answer.").wait_for()
        page.get_by_role("button", name="Pause learning").click()
        page.locator("#learning-problem", has_text="The service does not answer.").wait_for()
        assert page.locator("#answer").is_visible()

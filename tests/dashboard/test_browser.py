"""What a marketer does in the dashboard, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.dashboard.build import FOLDER
from tests.dashboard.conftest import Platform, Tab

expect.set_options(timeout=20_000)

Shot = Callable[[Page, str], None]
MINE = "Blender Studio"


def _hand_in(page: Page, **lines: str) -> None:
    """Hand in the example with other lines for these fields."""
    brief = page.get_by_label("Brief, as YAML")
    if not brief.is_visible():
        page.get_by_role("heading", name="Hand in a brief").click()
    brief.fill("")
    page.get_by_role("button", name="Begin with an example").click()
    text = brief.input_value()
    for name, value in lines.items():
        found = re.search(rf"(?m)^\s*{name}: (.*)$", text)
        assert found, name
        text = text[: found.start(1)] + value + text[found.end(1) :]
    brief.fill(text)
    page.get_by_role("button", name="Hand in", exact=True).click()


def _violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds against WCAG 2.2 AA and good practice, shortened."""
    page.evaluate((FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [{"rule": each["id"], "where": [node["html"] for node in each["nodes"]]} for each in found]


def _accessible(page: Page) -> None:
    """In light and dark, wide and as narrow as a phone."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert _violations(page) == [], f"{scheme}, {width} px"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def test_a_key_signs_in_and_lives_in_this_tab_only(platform: Platform, tab: Tab, shot: Shot) -> None:
    page = tab.page
    page.goto(platform.url)
    expect(page.get_by_label("API key")).to_be_focused()
    page.keyboard.type("zamc_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This key is not valid")
    expect(page.get_by_label("API key")).to_be_focused()
    assert "401" in tab.complaints.pop()
    shot(page, "sign-in")
    _accessible(page)

    key = platform.key("ana@example.org", Blender_Studio="owner")
    page.get_by_label("API key").fill(f"  {key}\n")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=MINE)).to_be_focused()
    assert page.evaluate("[sessionStorage.getItem('zamc.key'), localStorage.length, document.cookie]") == [key, 0, ""]
    page.reload()
    expect(page.get_by_role("heading", level=1, name=MINE)).to_be_visible()

    page.get_by_label("Brief, as YAML").fill("name: half a brief")
    page.reload()
    expect(page.get_by_label("Brief, as YAML")).to_have_value("name: half a brief")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_brief_goes_live_before_the_readers_eyes_and_one_button_stops_it(platform: Platform, tab: Tab, shot: Shot) -> None:
    page = tab.page
    tab.sign_in(platform.key("ana@example.org", Blender_Studio="manager"))
    expect(page.get_by_text("No strategies yet")).to_be_visible()
    shot(page, "empty")

    _hand_in(page, total='"-5"')
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"^budget\.total .*\(line 1[0-9]\)$"))
    brief = page.get_by_label("Brief, as YAML")
    expect(brief).to_be_focused()
    assert '"-5"' in page.evaluate("(area => area.value.slice(area.selectionStart, area.selectionEnd))(document.activeElement)")
    shot(page, "mistake")
    _accessible(page)

    _hand_in(page, name="Beyond the policy", total='"90000.00"')
    expect(page.get_by_text("“Beyond the policy” is handed in.")).to_be_visible()
    _hand_in(page, name="Spring membership")
    card = page.get_by_role("article", name="Spring membership")
    expect(card).to_contain_text("Writing the plan")
    expect(brief).to_be_hidden()
    _hand_in(page, name="Spring membership")
    expect(page.get_by_text("nothing new was started")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(2)

    # While the platform works and the page refreshes itself, the reader's place is theirs.
    page.get_by_role("heading", name="Hand in a brief").click()
    brief.fill("name: Next")
    page.evaluate("window.scrollTo(0, 60)")
    platform.work("carry")
    expect(card.get_by_text("Live", exact=True)).to_have_count(5)  # the strategy, three campaigns on Google, one on Meta
    expect(brief).to_be_focused()
    expect(brief).to_have_value("name: Next")
    assert page.evaluate("window.scrollY") == 60
    expect(page.get_by_role("status").filter(has_text=re.compile("on Meta: Live|changes in this project"))).to_be_attached()
    table = card.get_by_role("table", name="Campaigns of Spring membership")
    for campaign in ("Google Ads Search", "Google Ads Performance Max", "Google Ads Display", "Meta"):
        row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=campaign))
        expect(row).to_contain_text(re.compile(r"€\d+\.\d\d.*\d{6,}"))
    refused = page.get_by_role("article", name="Beyond the policy")
    expect(refused.locator(".problem").first).to_contain_text(re.compile("policy|cap|EUR"))
    page.get_by_role("heading", name="Hand in a brief").click()
    shot(page, "live")
    page.set_viewport_size({"width": 360, "height": 800})
    page.emulate_media(color_scheme="dark")
    shot(page, "live-narrow-dark")
    _accessible(page)

    pause = page.get_by_role("button", name="Pause everything in this project")
    pause.click()
    dialog = page.get_by_role("dialog", name=f"Pause everything in {MINE}")
    expect(dialog.get_by_role("button", name="Keep running")).to_be_focused()
    expect(dialog).to_contain_text("4 campaigns are on or on the way.")
    shot(page, "confirm")
    _accessible(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(pause).to_be_focused()
    expect(card.get_by_text("Live", exact=True)).to_have_count(5)

    pause.click()
    dialog.get_by_role("button", name="Pause everything").click()
    expect(dialog.get_by_role("status")).to_have_text("The platforms confirmed 4 pauses.", timeout=90_000)
    shot(page, "paused")
    dialog.get_by_role("button", name="Close").click()
    expect(card.get_by_text("Paused", exact=True)).to_have_count(5)


def test_without_a_connection_the_last_look_stays_and_says_how_old_it_is(platform: Platform, tab: Tab, shot: Shot) -> None:
    page = tab.page
    platform.project("Offline")
    tab.sign_in(platform.key("otto@example.org", Offline="owner"))
    expect(page.get_by_text("No strategies yet")).to_be_visible()
    page.context.set_offline(True)
    try:
        expect(page.get_by_role("alert")).to_contain_text("There is no connection to ZAMC. What you see is from")
        expect(page.get_by_text("No strategies yet")).to_be_visible()
        _hand_in(page)
        expect(page.get_by_role("alert").filter(has_text="the same brief twice is one strategy")).to_be_visible()
        shot(page, "offline")
    finally:
        page.context.set_offline(False)
    expect(page.get_by_role("alert").filter(has_text="no connection")).to_have_count(0)
    assert all("ERR_INTERNET_DISCONNECTED" in each for each in tab.complaints)
    tab.complaints.clear()


def test_a_key_that_is_revoked_is_shown_the_door(platform: Platform, tab: Tab) -> None:
    page = tab.page
    key = platform.key("rita@example.org", Blender_Studio="owner")
    tab.sign_in(key)
    platform.revoke(key)
    expect(page.locator(".notice")).to_contain_text("Your key is no longer valid")
    expect(page.get_by_label("API key")).to_be_focused()
    assert "zamc.key" not in page.evaluate("Object.keys(sessionStorage)")
    assert all("401" in each for each in tab.complaints)
    tab.complaints.clear()


def test_several_projects_are_reached_by_keyboard_and_kept_in_the_address(platform: Platform, tab: Tab, shot: Shot) -> None:
    page = tab.page
    platform.project("<b>Bold</b> & Co")
    platform.project("Quiet")
    tab.sign_in(platform.key("vera@example.org", Quiet="viewer", Blender_Studio="viewer", **{"<b>Bold</b>_&_Co": "owner"}))
    expect(page.get_by_role("heading", level=1, name="Projects")).to_be_visible()
    names = page.get_by_role("navigation", name="Projects").get_by_role("link")
    expect(names).to_have_text(["<b>Bold</b> & Co", MINE, "Quiet"])
    shot(page, "projects")
    _accessible(page)

    names.get_by_text("Quiet").press("Enter")
    expect(page.get_by_role("heading", level=1, name="Quiet")).to_be_focused()
    expect(page.get_by_text("As viewer you can look")).to_be_visible()
    expect(page.get_by_role("button", name="Pause everything")).to_have_count(0)
    expect(page.get_by_label("Brief, as YAML")).to_have_count(0)
    _accessible(page)
    page.reload()
    expect(page.get_by_role("heading", level=1, name="Quiet")).to_be_visible()
    names.get_by_text("Bold").click()
    expect(page.get_by_role("button", name="Pause everything")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Quiet")).to_be_visible()


def test_a_key_without_a_project_says_how_to_get_one(platform: Platform, tab: Tab) -> None:
    tab.sign_in(platform.key("nora@example.org"))
    expect(tab.page.get_by_text("zamc api-key --email you@example.org")).to_be_visible()

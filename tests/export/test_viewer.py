from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

import numpy as np
import pytest

from personify.errors import PersonifyError
from personify.export.glb import encode_glb
from personify.export.viewer import BUNDLE, write_viewer

from .browser import CHROMIUM, open_browser

APP = Path(__file__).parents[2] / "tools/viewer/app.js"


@pytest.fixture(scope="module")
def page_path(tmp_path_factory, glb_path):
    return write_viewer(tmp_path_factory.mktemp("viewer") / "a folder" / "boxy.html", glb_path, "Boxy")


@pytest.fixture(scope="module")
def browser(tmp_path_factory, page_path):
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with open_browser(tmp_path_factory.mktemp("profile")) as page:
        page.open(page_path)
        page.wait_for("document.body?.classList.contains('ready')")
        yield page


def show(browser, clip, time):
    browser.evaluate(f"location.hash = 'clip={clip}&time={time}'")
    browser.wait_for_frames()
    return browser.screenshot()


def press(browser, button):
    browser.evaluate(f"document.getElementById('{button}').click()")
    browser.wait_for_frames()
    return browser.screenshot()


def difference(first: np.ndarray, second: np.ndarray) -> float:
    """Share of pixels that changed visibly."""
    return float((np.abs(first - second).max(-1) > 12).mean())


def test_page_contains_the_file_and_asks_for_nothing_else(page_path, glb_path):
    page = page_path.read_text()
    embedded = re.search(r'id="glb">([^<]*)<', page)[1]
    assert base64.b64decode(embedded) == glb_path.read_bytes()
    assert not re.search(r"<(script|link|img|iframe)[^>]*\s(src|href)=", page)
    assert page.count("</script>") == 2
    assert "default-src 'none'" in page


def test_bundle_is_built_from_the_present_source_and_carries_its_licence():
    head = BUNDLE.read_text()[:2000]
    assert hashlib.sha256(APP.read_bytes()).hexdigest() in head, "run tools/build_viewer.py"
    assert "Permission is hereby granted, free of charge" in head
    assert "three.js authors" in head


def test_same_avatar_gives_the_same_page(tmp_path, glb_path):
    first = write_viewer(tmp_path / "a.html", glb_path).read_bytes()
    assert write_viewer(tmp_path / "b.html", glb_path.read_bytes()).read_bytes() == first


def test_a_title_is_text_and_never_markup(tmp_path, glb_path):
    page = write_viewer(tmp_path / "a.html", glb_path, "<script>alert(1)</script> {{glb}} & co").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{glb}} &amp; co</title>" in page


def test_a_title_too_long_for_the_page_is_told_in_full_by_its_tooltip(tmp_path, glb_path):
    title = 'a "very" long title ' * 40
    page = write_viewer(tmp_path / "a.html", glb_path, title).read_text()
    (heading,) = re.findall(r'<h1 id="title" title="([^"]*)">', page)
    assert html.unescape(heading) == title


def test_what_is_no_avatar_is_refused(tmp_path):
    with pytest.raises(PersonifyError, match=r"none\.glb: cannot be read"):
        write_viewer(tmp_path / "a.html", tmp_path / "none.glb")
    with pytest.raises(PersonifyError, match="GLB"):
        write_viewer(tmp_path / "a.html", b"no avatar")
    assert list(tmp_path.iterdir()) == []


def test_browser_shows_the_person_without_network_or_complaints(browser):
    person = show(browser, "wave", 0.2)[60:280, 100:300]
    colorful = (person.max(-1) - person.min(-1) > 60).mean()  # the studio is grey, the shirt and the skin are not
    assert 0.05 < colorful < 0.9
    assert browser.errors == []
    assert browser.requests
    assert all(address.startswith(("file:", "blob:", "data:", "about:")) for address in browser.requests)
    assert browser.evaluate("document.querySelector('h1').textContent") == "Boxy"


def test_different_moments_look_different_and_the_same_moment_the_same(browser):
    first, later, again = (show(browser, "wave", time) for time in (0.1, 0.6, 0.1))
    assert difference(first, later) > 0.005
    assert difference(first, again) == 0
    assert difference(first, show(browser, "spin", 0.8)) > 0.005


def test_clips_play_and_the_space_key_stops_them(browser):
    browser.evaluate("location.hash = 'clip=wave'")
    browser.wait_for("document.body.classList.contains('playing')")
    browser.wait_for_frames()
    first = browser.screenshot()
    clock = "document.getElementById('clock').textContent"
    browser.wait_for(f"{clock} !== '{browser.evaluate(clock)}'")
    browser.wait_for_frames()
    assert difference(first, browser.screenshot()) > 0
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key=" ", code="Space")
    browser.wait_for("!document.body.classList.contains('playing')")
    browser.wait_for_frames()
    stopped = browser.evaluate(clock)
    browser.wait_for_frames(10)
    assert browser.evaluate(clock) == stopped


@pytest.mark.parametrize("button", ["wireframe", "skeleton", "expressions"])
def test_buttons_change_the_picture_and_change_it_back(browser, button):
    before = show(browser, "wave", 0.3)
    assert difference(before, press(browser, button)) > 0.001
    assert difference(before, press(browser, button)) < 0.001


def test_sliders_move_the_face_and_reset_brings_it_back(browser):
    before = show(browser, "spin", 0)
    assert browser.evaluate("document.querySelectorAll('#sliders label')[1].textContent") == "Brow inner up"
    slider = "document.querySelectorAll('#sliders input')[1]"
    browser.evaluate(f"{slider}.value = 1; {slider}.dispatchEvent(new Event('input', {{ bubbles: true }}))")
    browser.wait_for_frames()
    assert difference(before, browser.screenshot()) > 1e-4
    assert difference(before, press(browser, "reset")) == 0


def test_dragging_turns_the_view_and_fit_frames_the_person_again(browser):
    show(browser, "spin", 0)
    before = press(browser, "fit")
    for kind, x in (("mousePressed", 180), ("mouseMoved", 260), ("mouseReleased", 260)):
        browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=150, button="left", buttons=1, clickCount=1)
    browser.wait_for_frames()
    assert difference(before, browser.screenshot()) > 0.005
    assert difference(before, press(browser, "fit")) < 0.001


def test_the_wheel_zooms(browser):
    show(browser, "spin", 0)
    before = press(browser, "fit")
    browser.call("Input.dispatchMouseEvent", type="mouseWheel", x=200, y=150, deltaX=0, deltaY=-400)
    browser.wait_for_frames()
    assert difference(before, browser.screenshot()) > 0.005


def test_an_avatar_without_clips_and_shapes_has_no_such_controls(browser, tmp_path, parts, skeleton):
    browser.open(write_viewer(tmp_path / "still.html", encode_glb(parts[1:], skeleton)))
    browser.wait_for("document.body?.classList.contains('ready')")
    assert browser.evaluate(
        "['play', 'timeline', 'clip', 'expressions'].every((id) => document.getElementById(id).hidden)"
    )
    assert browser.errors == []

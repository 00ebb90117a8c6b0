# SPDX-License-Identifier: BSD-3-Clause
"""Tests of the page that `interlox explore` writes, in a headless Chromium: run.py INTERLOX [TEST...]"""
import pathlib
import sys
import tempfile
import unittest

import fixtures
import page
from browser import Browser
from recording import Recorder

INTERLOX = pathlib.Path(sys.argv.pop(1)).resolve()
HERE = pathlib.Path(__file__).resolve().parent


def setUpModule():
    global browser, folder, words
    folder = tempfile.TemporaryDirectory(prefix="interlox-browser-")
    words = pathlib.Path(folder.name, "words.html")
    page.explore(INTERLOX, HERE / "words.lox", words)
    browser = Browser()


def tearDownModule():
    browser.quit()
    folder.cleanup()


class PageTest(unittest.TestCase):
    """Each test of a page ends with a console that has said nothing, and no request but for the page."""

    def setUp(self):
        browser.media()
        browser.size(1280, 900)

    def open(self, path):
        browser.requests()
        self.path = path
        return browser.open(path)

    def tearDown(self):
        self.assertEqual(browser.logs(), [])
        self.assertEqual([url for url in browser.requests() if not url.startswith("data:")], [self.path.as_uri()])


class RealProgram(PageTest):
    def setUp(self):
        super().setUp()
        self.open(words)

    def test_shows_what_was_recorded(self):
        about = page.recording_of(words)
        state = browser.state
        self.assertEqual(state["events"], about["events"])
        self.assertEqual(state["map"], about["maps"][about["first"]]["name"])
        self.assertEqual(browser.text("#program"), "words.lox")
        browser.press("END")
        state = browser.state
        self.assertEqual((state["entries"], state["step"]), (20, state["steps"]))
        self.assertGreater(state["reclaimed"], 600)

    def test_keys_come_and_go(self):
        browser.press("END")
        browser.search("last 7")
        self.assertTrue(browser.state["search"]["found"])
        self.assertEqual(browser.state["kind"], "entry")
        browser.search("word 7")
        self.assertFalse(browser.state["search"]["found"])
        self.assertIn("Not in the map at this moment", browser.text("#found"))
        browser.click(".times .link")
        browser.search("word 7")
        self.assertTrue(browser.state["search"]["found"])

    def test_every_node_is_somewhere_at_every_moment(self):
        unlinked = browser.run("""
            const found = [];
            document.getElementById('first').click();
            while (window.interlox.step < window.interlox.steps) document.getElementById('step').click(), found.push(window.interlox.unlinked);
            return found;""")
        self.assertEqual((min(unlinked), unlinked[-1]), (0, 0))

    def test_structure_changes_can_be_visited_and_seen_step_by_step(self):
        browser.press("HOME")
        browser.click("#next-split")
        self.assertIn("split a leaf of depth", browser.text("#event-title"))
        split = browser.state["step"]
        browser.click("#event-slow")
        self.assertIn("made ", browser.text("#event-title"))
        self.assertIn("Step 1 of", browser.text("#event-part"))
        self.assertLess(browser.state["step"], split)
        for _ in range(20):  # the first of the old leaf's slots is replaced, and the leaf is still in others
            browser.click("#step")
            if ", in place of leaf" in browser.text("#event-title"):
                break
        browser.click("#event-nodes [data-node]:last-child")
        self.assertIn("slot", browser.text("#node-body dl"))
        browser.click("#next-collection")
        self.assertIn("finished collection", browser.text("#event-title"))

    def test_all_maps_can_be_chosen(self):
        for index, facts in enumerate(page.recording_of(words)["maps"]):
            browser.run("const map = document.getElementById('map'); map.value = arguments[0]; map.dispatchEvent(new Event('change'));", index)
            browser.press("END")
            self.assertEqual(browser.state["map"], facts["name"])
            self.assertEqual(browser.state["step"], browser.state["steps"])
            browser.press("HOME")
            self.assertEqual((browser.state["entries"], browser.state["live"]), (0, 0))


class Synthetic(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.fixture = fixtures.hundred_keys()
        cls.recorder, cls.trie = cls.fixture.recorder, cls.fixture.trie
        cls.page = words.with_name("hundred.html")
        page.with_recording(words, cls.page, cls.recorder)

    def setUp(self):
        super().setUp()
        self.open(self.page)

    def go(self, events):
        """To the moment after so many events, by the keys."""
        browser.press("HOME")
        browser.run("for (let i = 0; i < arguments[0]; ++i) document.getElementById('step').click()", events)
        browser.painted()
        self.assertEqual(browser.state["event"], events)

    def assert_counts(self):
        state = browser.state
        expected = self.recorder.counts(self.trie.map, state["event"])
        self.assertEqual((state["live"], state["retired"], state["reclaimed"]), expected, f"after {state['event']} events")

    def test_counts_are_those_of_the_books_at_every_moment(self):
        moments = browser.run("""
            const found = [], click = (id) => document.getElementById(id).click();
            const note = () => { const { event, live, retired, reclaimed } = window.interlox; found.push([event, live, retired, reclaimed]); };
            click('first');
            note();
            for (let i = 0; i < arguments[0]; ++i) click('step'), note();
            for (let i = 0; i < arguments[0]; ++i) click('back'), note();
            return found;""", self.recorder.events)
        self.assertEqual([moment[0] for moment in moments], [*range(self.recorder.events + 1), *reversed(range(self.recorder.events))])
        for event, *counts in moments:
            self.assertEqual(tuple(counts), self.recorder.counts(self.trie.map, event), f"after {event} events")

    def test_every_live_node_is_found_in_the_tree_but_while_one_is_replaced(self):
        unlinked = browser.run("""
            const found = [];
            document.getElementById('first').click();
            for (let i = 0; i < arguments[0]; ++i) document.getElementById('step').click(), found.push(window.interlox.unlinked);
            return found;""", self.recorder.events)
        self.assertEqual(min(unlinked), 0)
        self.assertEqual(unlinked[self.fixture.full - 1], 0)
        closing = [event for event, count in enumerate(unlinked, 1) if count > 20]
        self.assertTrue(closing and all(self.fixture.full < event < self.fixture.cleared for event in closing))
        self.assertEqual((unlinked[self.fixture.cleared - 1], unlinked[-1]), (0, 0))

    def test_time_runs_backwards_to_the_same_trees(self):
        trees = browser.run("""
            const click = (id) => document.getElementById(id).click();
            const seen = () => JSON.stringify([window.interlox.entries, window.interlox.depths]);
            const there = [], back = [];
            click('first');
            for (let i = 0; i < arguments[0]; ++i) there.push(seen()), click('step');
            for (let i = 0; i < arguments[0]; ++i) click('back'), back.unshift(seen());
            return [there, back];""", self.recorder.events)
        self.assertEqual(*trees)
        browser.press("END")
        self.assertEqual(browser.state["entries"], len(self.trie.keys))

    def test_plays_and_pauses(self):
        browser.media(motion="no-preference")  # so that what is reclaimed fades
        browser.press("HOME")
        self.assertEqual(browser.state["event"], 0)
        browser.press("SPACE")
        browser.until("window.interlox.event > 5")
        self.assertTrue(browser.state["playing"])
        browser.press("SPACE")
        state = browser.state
        self.assertFalse(state["playing"])
        browser.painted()
        self.assertEqual(browser.state["event"], state["event"])
        self.assert_counts()
        for _ in range(10):
            browser.press(">")
        browser.press("SPACE")
        browser.until("!window.interlox.playing")
        self.assertEqual(browser.state["event"], self.recorder.events)

    def test_scrubs_on_timeline_and_charts(self):
        for canvas in ("#timeline", "#chart-nodes"):
            browser.run("arguments[0].scrollIntoView({ block: 'center' })", browser.element(canvas))
            width = browser.element(canvas).size["width"]
            last = -1
            for share in (0, 0.5, 0.9, 1):
                browser.click_at(canvas, 62 + share * (width - 62 - 14), 30)
                state = browser.state
                self.assertAlmostEqual(state["event"] / self.recorder.events, share, delta=0.01)
                self.assertGreater(state["event"], last)
                last = state["event"]
                self.assert_counts()

    def test_keyboard_goes_everywhere(self):
        browser.press("HOME", "ARROW_RIGHT", "ARROW_RIGHT", "ARROW_LEFT")
        self.assertEqual(browser.state["event"], 1)
        browser.press("n")
        first = browser.state["event"]
        browser.press("n")
        self.assertGreater(browser.state["event"], first)
        browser.press("p")
        self.assertEqual(browser.state["event"], first)
        browser.press("?")
        self.assertTrue(browser.element("#help").is_displayed())
        browser.press("ESCAPE")
        self.assertFalse(browser.element("#help").is_displayed())
        browser.press("/")
        self.assertEqual(browser.run("return document.activeElement.id"), "key")
        browser.press("key 1", "ENTER", "ESCAPE")
        self.assertIsNone(browser.state["search"])
        self.assertEqual(browser.run("return document.activeElement.id"), "tree")

    def test_arrows_walk_from_the_root_to_an_entry(self):
        self.go(300)
        browser.run("document.getElementById('tree').focus()")
        kinds = []
        for key in ("ARROW_DOWN", "ARROW_DOWN", "ARROW_RIGHT", "ARROW_UP", "ENTER", "+", "-", "0"):
            browser.press(key)
            kinds.append(browser.state["kind"])
        self.assertEqual((kinds[0], kinds[3]), ("root", "root"))
        self.assertIn(kinds[1], ("leaf", "entry"))
        self.assertEqual(browser.state["event"], 300)

    def test_search_shows_the_way_through_branches_and_chains(self):
        self.go(self.fixture.full)
        for key, hash_ in (("deep 3", 0x5A5A << 48 | 3 * 0x0123456789AB), ("twin 1", 0xC0FFEE0123456789)):
            browser.search(key)
            state = browser.state
            self.assertTrue(state["search"]["found"])
            self.assertEqual(state["search"]["way"][-1], self.fixture.entries[f'"{key}"'].id)
            self.assertIn(f"Found by {len(state['search']['way'])} dependent loads", browser.text("#found-says"))
            self.assertGreater(state["depths"][len(state["search"]["way"])], 0)
            bits = "".join(span.text for span in browser.elements(".bits span"))
            self.assertEqual(bits, f"{hash_:064b}")
        self.assertIn("another key of this very hash", browser.text("#found"))
        browser.search("nobody")
        self.assertFalse(browser.state["search"]["found"])
        self.assertIn("never had that key", browser.text("#found"))

    def test_a_click_selects_what_stands_there(self):
        browser.press("END", "0")
        entry = self.fixture.entries['"new 4"']
        share = (entry.hash >> 60) / 16 + 1 / 32
        browser.click_at("#tree", 14 + share * (browser.element("#tree").size["width"] - 28), 73)
        self.assertEqual(browser.state["selected"], entry.id)
        self.assertIn(f"entry #{entry.id}", browser.text("#node-title"))
        self.assertIn('"new 4"', browser.text("#node-body"))
        self.assertIn("put into slot", browser.text("#node-history"))
        browser.click("#node-body [data-node]")  # the root that it is in
        self.assertEqual(browser.state["kind"], "root")
        browser.press("ESCAPE")
        self.assertEqual(browser.state["selected"], 0)

    def test_the_life_of_a_node_is_told_from_birth_to_its_end(self):
        self.go(self.fixture.full)
        browser.search("key 3")
        browser.painted()
        life = [item.text for item in browser.elements("#node-history li")]
        self.assertIn("born", life[0])
        self.assertIn("Main thread", life[0])
        self.assertTrue(any("value became 3 again" in line for line in life))
        self.assertTrue(any("in the new" in line or "stands in" in line for line in life))
        self.assertIn("retired", life[-2])
        self.assertIn("reclaimed; collection 1 found it unreachable", life[-1])
        self.assertIn("reachable", browser.text("#node-title"))
        browser.run("document.querySelector('#node-history li:last-child .jump').click()")
        browser.painted()
        self.assertIn("reclaimed", browser.text("#node-title"))
        self.assertIn("reclaimed entry", browser.text("#event-title"))
        self.assert_counts()

    def test_ghosts_wait_for_the_collection(self):
        self.go(self.fixture.cleared)
        waiting = browser.state["retired"]
        self.assertGreater(waiting, 100)
        self.assertEqual(browser.state["entries"], 0)
        self.assert_counts()
        browser.press("END")
        self.assertEqual(browser.state["retired"], 0)
        self.assert_counts()

    def test_a_sweep_belongs_to_the_collection_that_could_have_found_the_node(self):
        for key, collection in (("key 3", 1), ("late 3", 2)):  # swept behind its event, and before it
            browser.search(key)
            browser.click(".times .link")
            browser.search(key)
            self.assertIn(f"collection {collection} found it", browser.elements("#node-history li")[-1].text)

    def test_light_and_dark(self):
        paper = "return getComputedStyle(document.body).backgroundColor"
        light = browser.run(paper)
        browser.media("dark")
        dark = browser.run(paper)
        self.assertNotEqual(light, dark)
        browser.click("#theme")
        self.assertEqual(browser.run(paper), light)
        browser.media("light")
        browser.press("t")
        self.assertEqual(browser.run(paper), dark)

    def test_no_width_needs_scrolling_to_the_side(self):
        for width in (400, 700, 900, 1280, 2560):
            browser.size(width, 900)
            browser.painted()
            self.assertLessEqual(*browser.run("const { scrollWidth, clientWidth } = document.documentElement; return [scrollWidth, clientWidth]"))

    def test_axis_by_time(self):
        browser.click("#by-time")
        browser.click_at("#timeline", 62 + (browser.element("#timeline").size["width"] - 76) / 2, 30)
        time = self.recorder.time / 2 / self.recorder.pause
        self.assertAlmostEqual(browser.state["event"], time, delta=self.recorder.events / 100)

    def test_says_what_is_missing(self):
        cut = words.with_name("cut.html")
        page.with_recording(words, cut, self.recorder, dropped=1234)
        browser.requests()
        self.open(cut)
        self.assertIn("1,234 events", browser.text("#notice"))


class Odd(PageTest):
    def test_a_recording_of_nothing(self):
        path = words.with_name("nothing.html")
        page.with_recording(words, path, Recorder())
        self.open(path)
        for key in ("SPACE", "n", "ARROW_RIGHT", "END", "HOME"):
            browser.press(key)
        browser.click("#by-time")
        state = browser.state
        self.assertEqual((state["events"], state["entries"], state["live"], state["playing"]), (0, 0, 0, False))

    def test_a_recording_that_breaks_off_in_an_event(self):
        fixture = fixtures.hundred_keys()
        del fixture.recorder.bytes[-3:]
        path = words.with_name("broken.html")
        page.with_recording(words, path, fixture.recorder, dropped=1)
        self.open(path)
        browser.press("END")
        self.assertIn("not in it", browser.text("#notice"))
        self.assertEqual(browser.state["entries"], len(fixture.trie.keys))

    def test_a_recording_that_is_none(self):
        recorder = Recorder()
        recorder.event(99)
        self.path = words.with_name("none.html")
        page.with_recording(words, self.path, recorder)
        browser.requests()
        browser.driver.get(self.path.as_uri())
        browser.until("!document.getElementById('notice').hidden")
        self.assertIn("an event of an unknown kind, 99", browser.text("#notice"))
        self.assertEqual(len(browser.logs()), 1)


class HundredThousand(PageTest):
    def test_can_be_scrubbed_and_searched(self):
        path = words.with_name("many.html")
        page.explore(INTERLOX, HERE / "many.lox", path)
        seconds = self.open(path)
        self.assertGreater(browser.state["events"], 500_000)
        width = browser.element("#timeline").size["width"] - 76
        most = 0
        for share in (0.1, 0.45, 0.9, 0.3, 1):
            browser.click_at("#timeline", 62 + share * width, 30)
            state = browser.state
            self.assertAlmostEqual(state["step"] / state["steps"], share, delta=0.01)
            self.assertEqual(sum(state["depths"]), state["entries"])
            most = max(most, state["entries"])
        self.assertGreater(most, 60_000)
        self.assertEqual((state["live"], state["entries"]), (1, 0))  # the empty root
        self.assertGreater(state["reclaimed"], 100_000)
        browser.search("key 59999")  # is the last to be removed: so with it the others are there
        browser.click(".times .link + .link")
        self.assertEqual(browser.state["entries"], 40_000)
        browser.click("#back")
        browser.click("#back")
        self.assertTrue(browser.state["search"]["found"])
        self.assertLess(browser.run("return document.querySelectorAll('*').length"), 2000)
        scrub = browser.run("""
            const begin = performance.now();
            for (const id of ['first', 'last', 'first']) document.getElementById(id).click(), window.interlox.entries;
            return (performance.now() - begin) / 3000;""")
        print(f"{browser.state['events']} events: drawn after {seconds:.1f} s, from one end to the other in {scrub:.2f} s ...", end=" ", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)

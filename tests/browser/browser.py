# SPDX-License-Identifier: BSD-3-Clause
"""A headless Chromium with a page in it, and what the tests ask of it."""
import json
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

PATIENCE = 20  # seconds until something is given up; all but the largest page takes a fraction of one


class Browser:
    def __init__(self):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        # Chromium has no sandbox for root, as whom containers run; it sees nothing here but our own page.
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))

    def quit(self):
        self.driver.quit()

    def media(self, scheme="light", motion="reduce"):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": motion}]})

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def open(self, path):
        """Returns after the first picture; the seconds that took."""
        self.logs()
        begin = time.monotonic()
        self.driver.get(path.as_uri())
        self.until("window.interlox && window.interlox.ready")
        return time.monotonic() - begin

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, condition):
        """Waits for a condition in JavaScript."""
        end = time.monotonic() + PATIENCE
        while not self.run(f"return Boolean({condition})"):
            if time.monotonic() > end:
                raise AssertionError(f"never true: {condition}; {self.logs()}")
            time.sleep(0.02)

    def painted(self):
        """Waits until what was asked for is on the screen."""
        self.driver.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));")

    @property
    def state(self):
        return self.run("return window.interlox")

    def element(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def elements(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).innerText", selector)

    def click(self, selector):
        self.run("arguments[0].click()", self.element(selector))
        self.painted()

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*(getattr(Keys, key, key) for key in keys)).perform()
        self.painted()

    def click_at(self, selector, x, y):
        """Clicks a point of an element, in pixels from its corner."""
        element = self.element(selector)
        size = element.size
        ActionChains(self.driver).move_to_element_with_offset(element, int(x - size["width"] / 2), int(y - size["height"] / 2)).click().perform()
        self.painted()

    def search(self, key):
        box = self.element("#key")
        box.clear()
        box.send_keys(key + Keys.ENTER)
        self.painted()

    def logs(self):
        """What the console has said since it was asked last."""
        return [f"{entry['level']}: {entry['message']}" for entry in self.driver.get_log("browser")]

    def requests(self):
        """The addresses asked for since this was asked last."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found

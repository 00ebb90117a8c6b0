# SPDX-License-Identifier: BSD-3-Clause
"""Makes pages: of real programs by the command itself; of recordings by putting one into a page of the command's."""
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def explore(interlox, program, page):
    result = subprocess.run([interlox, "explore", program, "-o", page], capture_output=True, text=True, timeout=60)
    if result.returncode != 0:
        raise AssertionError(f"interlox explore {program}: {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def with_recording(model, page, recorder, **about):
    """The page `model` of a program with another recording in it."""
    text = model.read_text()
    facts = json.dumps(recorder.about("synthetic.lox", **about)).replace("<", "\\u003c")
    for name, content in (("about", facts), ("recording", "\n" + recorder.base64() + "\n")):
        text, count = re.subn(rf'(<script id="{name}"[^>]*>).*?(</script>)', lambda match: match[1] + content + match[2], text, flags=re.S)
        assert count == 1, f"the page has {count} scripts {name}"
    page.write_text(text)


def recording_of(page):
    """What a page says about its recording."""
    return json.loads(re.search(r'<script id="about"[^>]*>(.*?)</script>', page.read_text(), re.S)[1])

"""A notebook that has run, as a page to read and to print."""

import base64
import copy
import html
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.plain import line, mark, message, plain

if TYPE_CHECKING:
    from nbformat import NotebookNode

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
PROGRAMS = (  # where browsers stand that are on no path: Windows, macOS
    "${PROGRAMFILES}/Google/Chrome/Application/chrome.exe",
    "${PROGRAMFILES(X86)}/Google/Chrome/Application/chrome.exe",
    "${PROGRAMFILES(X86)}/Microsoft/Edge/Application/msedge.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
BY_HAND = mark("print the HTML page from any browser")
# scripts do not run, nothing is fetched, nothing is sent: a report says the same wherever it is opened
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<style>
body {{ font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #1c2733; background: #fff;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
h1, h2, h3 {{ line-height: 1.2; break-after: avoid }}
table {{ border: 0; border-collapse: collapse; font-size: 13px; margin: .5rem 0 }}
th, td {{ padding: .25rem .6rem; text-align: left; border: 0; border-bottom: 1px solid #d8dee4; vertical-align: top }}
tr {{ break-inside: avoid }}
.text_cell {{ break-after: avoid }}
table.dataframe thead th {{ text-align: left }}
thead tr:last-child th {{ border-bottom: 2px solid #8796a5 }}
pre {{ font-size: 12px; white-space: pre-wrap; overflow-wrap: anywhere }}
img {{ max-width: 100%; break-inside: avoid }}
.jp-OutputArea-output {{ overflow-x: auto }}
</style></head><body><main>
{body}
</main></body></html>
"""


def page_of(book: "NotebookNode", name: str) -> str:
    """The page: texts and results, without the code."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    body, _ = exporter.from_notebook_node(_described(_with_drawings_as_images(book)))
    heading = next((title[1] for cell in book.cells if (title := re.match(r"#\s+(.+)", cell.source))), name)
    lang = str(book.metadata.get("lang", "en"))
    lang = lang if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", lang) else "en"
    return PAGE.format(policy=POLICY, lang=lang, title=html.escape(plain(heading)), body=_safe(body))


def _with_drawings_as_images(book: "NotebookNode") -> "NotebookNode":
    """A copy in which SVG stands as an image: in the page itself it could hold anything that HTML can."""
    copied = copy.deepcopy(book)
    for output in (output for cell in copied.cells for output in cell.get("outputs", ())):
        drawing = output.get("data", {}).pop("image/svg+xml", None)
        if drawing is not None and "text/html" not in output.data:
            coded = base64.b64encode(drawing.encode()).decode()
            output.data["text/html"] = f'<img alt="" src="data:image/svg+xml;base64,{coded}">'
    return copied


def _described(book: "NotebookNode") -> "NotebookNode":
    """Pictures get the heading that they stand below as their description, where they have none."""
    heading = ""
    for cell in book.cells:
        if cell.cell_type == "markdown":
            heading = [heading, *re.findall(r"^#+\s+(.+)", cell.source, re.MULTILINE)][-1]
        alt = message("Chart: {heading}", heading=heading) if heading else message("Chart")
        for output in cell.get("outputs", ()):
            for kind in ("image/png", "image/jpeg"):
                if kind in output.get("data", {}):
                    output.metadata.setdefault(kind, {}).setdefault("alt", alt)
    return book


def _safe(body: str) -> str:
    """Markup that shows, and does nothing by itself: no policy of a page forbids it to be refreshed."""
    import nh3

    attributes = {**nh3.ALLOWED_ATTRIBUTES, "*": {"class", "id", "style", "title", "lang", "dir"}}
    return nh3.clean(
        body,
        tags=nh3.ALLOWED_TAGS | {"tfoot", "main", "section", "style"},
        clean_content_tags={"script"},
        attributes=attributes,
        attribute_filter=_safe_attribute,
        url_schemes={"http", "https", "mailto", "data"},
    )


def _safe_attribute(tag: str, name: str, value: str) -> str | None:
    is_image = value.startswith("data:image/")
    if name == "src":
        return value if is_image else None
    return value if name != "href" or not value.lower().lstrip().startswith("data:") else None


def print_page(page: Path, target: Path) -> str:
    """Make a PDF of a page, where there is a browser that can; gives what to say where there is none."""
    browser = _browser()
    if browser is None:
        return message("no PDF: there is no Chromium, Chrome or Edge on this computer; {way}", way=message(BY_HAND))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [browser, "--headless", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"]
        if getattr(os, "geteuid", lambda: 1)() == 0:
            command.append("--no-sandbox")  # it refuses to run for root otherwise
        command += ["--no-pdf-header-footer", f"--print-to-pdf={target.resolve()}", page.resolve().as_uri()]
        try:
            printing = subprocess.run(command, capture_output=True, timeout=120, check=False, env=_environment())
        except (OSError, subprocess.TimeoutExpired) as problem:
            return message(
                "no PDF: {browser}: {kind}; {way}", browser=browser, kind=type(problem).__name__, way=message(BY_HAND)
            )
    if target.exists():
        return ""
    lines = printing.stderr.decode("utf-8", "replace").strip().splitlines()
    why = f": {line(lines[-1], 200)}" if lines else ""
    return message("no PDF: {browser} wrote none{why}; {way}", browser=browser, why=why, way=message(BY_HAND))


def _environment() -> dict[str, str]:
    """What a browser needs of it: none of our settings, passwords among them."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith("TOOLKIT_")}


def _browser() -> str | None:
    on_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    return on_path or next((p for p in map(os.path.expandvars, PROGRAMS) if Path(p).exists()), None)

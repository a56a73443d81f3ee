"""The page of a report, whatever a notebook shows: nothing runs, moves, is sent or fetched. A PDF that is not made."""

import html.parser
import os
import re
import stat
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

import toolkit
from toolkit.notebook.reports import page
from toolkit.notebook.reports.run import execute

HARMFUL = {
    "refresh": '<meta http-equiv="refresh" content="0;url=https://example.com">',
    "another policy": '<meta http-equiv="Content-Security-Policy" content="default-src *">',
    "base": '<base href="https://example.com/">',
    "form": '<form action="https://example.com"><input name="password"><button>go</button></form>',
    "form of a button": '<button formaction="https://example.com">x</button>',
    "script": "<script>alert(1)</script>",
    "handler": '<img src="data:image/png;base64,AA==" onerror="alert(1)">',
    "frame": '<iframe src="https://example.com"></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "object": '<object data="https://example.com"></object><embed src="https://example.com">',
    "link of a style": '<link rel="stylesheet" href="https://example.com/x.css">',
    "prefetch": '<link rel="dns-prefetch" href="https://example.com">',
    "script as a link": '<a href="javascript:alert(1)">x</a><a href=" java\nscript:alert(1)">y</a>',
    "data as a link": '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "remote picture": '<img src="https://example.com/x.png"><img srcset="https://example.com/x.png">',
    "end of the page": '</body></html><meta http-equiv="refresh" content="0;url=https://example.com">',
    "nested": '<svg><style><!--</style><meta http-equiv="refresh" content="0;url=https://example.com">--></svg>',
    "math": '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
    "template": "<template><script>alert(1)</script></template>",
    "noscript": '<noscript><meta http-equiv="refresh" content="0;url=https://example.com"></noscript>',
    "drawing": '<svg onload="alert(1)"><a href="https://example.com"><script>alert(1)</script></a></svg>',
    "target": '<a href="https://example.com" target="_blank" ping="https://example.com">x</a>',
}
TAGS = {"meta", "base", "form", "input", "button", "script", "iframe", "object", "embed", "link", "svg", "math"}
ATTRIBUTES = {"action", "formaction", "srcdoc", "srcset", "http-equiv", "ping", "target", "xlink:href", "style-src"}


class Seen(html.parser.HTMLParser):
    """The tags and attributes of a page's body."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def page_with(*outputs: nbformat.NotebookNode, text: str = "") -> str:
    cell = v4.new_code_cell("1", outputs=list(outputs))
    return page.page_of(v4.new_notebook(cells=[cell, v4.new_markdown_cell(text)]), "mine")


def body_of(text: str) -> str:
    return text.partition("</head>")[2].partition("<body>")[2]


@pytest.mark.parametrize("markup", HARMFUL.values(), ids=HARMFUL)
def test_nothing_on_the_page_does_anything(markup: str) -> None:
    kinds = ("text/html", "text/markdown", "image/svg+xml")
    text = page_with(*(v4.new_output("display_data", data={kind: markup}) for kind in kinds), text=markup)
    seen = Seen(body_of(text))
    assert not TAGS & {*seen.tags}
    assert not ATTRIBUTES & {name for name, _ in seen.attributes}
    assert not [
        a for a in seen.attributes if a[0].startswith("on") or (a[0] == "src" and not a[1].startswith("data:im"))
    ]
    assert not [v for n, v in seen.attributes if n == "href" and not re.match("https?:|mailto:|#", v)]
    assert text.count("</html>") == 1


def test_the_policy_comes_first_and_closes_what_a_page_can_reach() -> None:
    head = page_with().partition("<style>")[0]
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', head)
    assert "default-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe-inline" not in policy.replace("style-src 'unsafe-inline'", "")


def test_what_reports_show_stays() -> None:
    frame = "<table class='dataframe'><thead><tr><th colspan='2'>a</th></tr></thead><tfoot></tfoot></table>"
    styled = "<style>#T_1 td {color: red}</style><table id='T_1'><tr><td style='color: red'>5</td></tr></table>"
    text = body_of(
        page_with(
            v4.new_output("display_data", data={"text/html": frame + styled}),
            v4.new_output("display_data", data={"image/png": "iVBORw0KGgo="}),
            v4.new_output("display_data", data={"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>"}),
            text="# A title\n\n[a link](https://example.com) and `code`, **bold**\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        )
    )
    for part in (
        'colspan="2"',
        "<tfoot>",
        "#T_1 td {color: red}",
        'style="color: red"',
        "data:image/png;base64,iVBORw0KGgo=",
        "data:image/svg+xml;base64,",
        'href="https://example.com"',
        "<code>code</code>",
        "<strong>bold</strong>",
        ">2</td>",
        "A title",
    ):
        assert part in text


def test_a_title_is_text() -> None:
    book = v4.new_notebook(cells=[v4.new_markdown_cell("# </title><script>alert(1)</script>\u202e")])
    assert "<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;\ufffd</title>" in page.page_of(book, "mine")


# ── a browser that makes no PDF ──


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for the browser")
@pytest.mark.parametrize("said", ["", "cannot open the display \\033[31m"])
def test_a_pdf_that_is_not_made_has_a_reason(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\nenv > {tmp_path}/env\nprintf '{said}' >&2\n", encoding="utf-8")
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(page, "_browser", lambda: str(browser))
    monkeypatch.setenv("TOOLKIT_IDA_PASSWORD", "sentinel-entry")
    note = page.print_page(tmp_path / "mine.html", tmp_path / "mine.pdf")
    assert "ended with 0" not in note
    assert note.startswith(f"no PDF: {browser} wrote none")
    assert ("cannot open the display" in note) is bool(said)
    assert note.isprintable()
    assert "sentinel-entry" not in (tmp_path / "env").read_text(encoding="utf-8")


# ── a cell that fails with a secret in its message ──


@pytest.mark.parametrize(
    "message",
    ["entry.reveal()", "'.'.join(['eyJhbGciOiJIUzUxMiJ9', 'eyJzdWIiOiJ4In0', 'c2lnbmF0dXJl'])", "'0123456789' * 4"],
)
def test_the_message_of_a_cell_that_fails_holds_no_secret(message: str, tmp_path: Path) -> None:
    """Only the kernel knows by value what its secrets are."""
    code = f"import toolkit\nentry = toolkit.Secret('-'.join(['entry', 'word']))\nraise ValueError({message})"
    with pytest.raises(toolkit.ToolkitError, match="cell 1 failed") as caught:
        execute(v4.new_notebook(cells=[v4.new_code_cell(code)]), tmp_path)
    for secret in ("entry-word", "eyJzdWIiOiJ4In0", "01234567890123456789"):
        assert secret not in str(caught.value)


def test_the_kernel_of_a_report_has_the_passwords_of_its_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the notebook that connects."""
    monkeypatch.setenv("TOOLKIT_IDA_PASSWORD", "sentinel-entry")
    book = v4.new_notebook(cells=[v4.new_code_cell("import os; 'TOOLKIT_IDA_PASSWORD' in os.environ")])
    execute(book, tmp_path)
    assert book.cells[0].outputs[0].data["text/plain"] == "True"

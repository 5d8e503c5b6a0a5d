"""HTML of a mail as text, whole or without what it quotes. Pure."""

import re
from typing import Final

import html_to_markdown
from html_to_markdown import ConversionOptions
from lxml import etree, html

from ingestion.parsing.decoding import clean
from workers.channels.email.reading.closings import asks

#: Characters of a page that are read.
MOST_CHARACTERS: Final = 400_000
_OPTIONS: Final = ConversionOptions(
    output_format="plain", skip_images=True, extract_metadata=False, max_depth=200
)
#: What programs put around the mail that they quote.
_QUOTES: Final = (
    "//blockquote[@type='cite' or contains(@class,'gmail_quote') or contains(@class,'cite')]",
    "//*[contains(@class,'gmail_quote')]/blockquote",
    "//*[contains(@class,'gmail_attr')]",
    "//*[contains(@class,'gmail_quote') and not(./blockquote)]",  # passed on
    "//*[contains(@class,'yahoo_quoted') or contains(@class,'moz-cite-prefix')]",
    "//*[contains(@class,'protonmail_quote') or contains(@class,'zmail_extra')]",
    "//*[@name='quote' and self::div]",
)
#: Where Outlook's quote begins, which goes on to the end.
_QUOTE_STARTS: Final = (
    "//*[contains(@id,'divRplyFwdMsg') or contains(@id,'appendonsend')]",
    "//*[contains(@id,'mail-editor-reference-message-container')]",
    "//*[contains(@class,'ms-outlook-mobile-reference-message')]",
    "//*[contains(@class,'OutlookMessageHeader')]",
    "//div[contains(translate(@style,' ',''),'border-top:solid')][contains(@style,'3.0pt 0')]",
)
#: What programs put around signatures; some people write inside them.
_SIGNATURES: Final = (
    "//*[contains(@class,'gmail_signature') or contains(@class,'moz-signature')]",
    "//*[@data-smartmail='gmail_signature' or contains(@class,'protonmail_signature')]",
    "//*[contains(@id,'ms-outlook-mobile-signature') or contains(@id,'AppleMailSignature')]",
    "//*[contains(@id,'ymail_android_signature') or @id='Signature' or @id='x_Signature']",
    "//*[@id='DAB4FAD8-2DD7-40BB-A1B8-4E2AA1F9FDF2']",  # Avast's "Livre de vírus"
)
_BLOCKS: Final = frozenset(
    {
        *("address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"),
        *("p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    }
)
_BLANK_LINES: Final = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


def page_text(page: str) -> str:
    """The text that a reader of a page sees."""
    tree = _tree(page)
    return "" if tree is None else _text(tree)


def own_text(page: str) -> tuple[str, tuple[str, ...]] | None:
    """The text of a page without what it quotes, and what was cut: `quote`, `signature`.

    None where its HTML says of nothing that it is quoted or signed.
    """
    tree = _tree(page)
    if tree is None:
        return None
    cut = [name for name, was_cut in (
        ("quote", _cut_after(tree) | _cut(tree, _QUOTES)),
        ("signature", _cut(tree, _SIGNATURES)),
    ) if was_cut]  # fmt: skip
    return (_text(tree), tuple(cut)) if cut else None


def _tree(page: str) -> html.HtmlElement | None:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        data = page[:MOST_CHARACTERS].encode("utf-8", "replace")
        return html.document_fromstring(data, parser=parser) if data.strip() else None
    except (etree.ParserError, ValueError, AssertionError):
        return None


def _cut(tree: html.HtmlElement, paths: tuple[str, ...]) -> bool:
    elements = [
        element
        for path in paths
        for element in tree.xpath(path)
        if paths is _QUOTES or not asks(element.text_content())
    ]
    for element in elements:
        if element.getparent() is not None:
            element.drop_tree()
    return bool(elements)


def _cut_after(tree: html.HtmlElement) -> bool:
    """Cut from where Outlook's quote begins to the end."""
    starts = [element for path in _QUOTE_STARTS for element in tree.xpath(path)]
    for element in starts:
        node = element
        while (parent := node.getparent()) is not None:
            for follower in list(node.itersiblings()):
                parent.remove(follower)
            node.tail = None
            node = parent
        if element.getparent() is not None:
            element.drop_tree()
    return bool(starts)


def _text(tree: html.HtmlElement) -> str:
    """The text, a line for each innermost `div`: mail programs write lines so."""
    for element in list(tree.iter("div")):
        if not any(child.tag in _BLOCKS for child in element.iterdescendants()):
            if _follows_words(element):
                element.addprevious(etree.Element("br"))
            element.append(etree.Element("br"))
            element.tag = "span"
    try:
        result = html_to_markdown.convert(html.tostring(tree, encoding="unicode"), _OPTIONS)
    except html_to_markdown.ConversionError:
        return clean(str(tree.text_content()))
    lines = (line.rstrip() for line in clean(result.content or "").split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _follows_words(element: html.HtmlElement) -> bool:
    """Whether words stand before an element in its line."""
    before, parent = element.getprevious(), element.getparent()
    if before is None:
        return parent is not None and bool((parent.text or "").strip())
    ends_line = (
        before.tag in _BLOCKS or before.tag == "br" or (before[-1:] and before[-1].tag == "br")
    )
    return bool((before.tail or "").strip()) or not ends_line

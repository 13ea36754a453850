"""The trace browser: one page of HTML that needs no network and no other file, made from evidence alone."""

from submission.browser.page import BrowserError, render_browser

__all__ = ["BrowserError", "render_browser"]

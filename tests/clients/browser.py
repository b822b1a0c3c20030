"""A person at a browser, without either: browser.py URL.

It opens the page that a client asks to be opened, fills in the form, and follows where the server sends it. How the
answer got to the client is added to the file BROWSER_LOG: `query`, by a redirect, or `form_post`, by a page that posts.
"""

import html.parser
import http.cookiejar
import os
import sys
import urllib.parse
import urllib.request


class Form(html.parser.HTMLParser):
    """The first form of a page."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields = None, {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = attributes["action"]
        elif tag == "input":
            self.fields[attributes["name"]] = attributes.get("value") or ""


class Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are told, not followed."""

    def redirect_request(self, *_):
        return None


def say(how):
    with open(os.environ["BROWSER_LOG"], "a") as log:
        log.write(how + "\n")


def main(url):
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(cookies, Stay)
    page = opener.open(url, timeout=20)
    form = Form(page.read().decode())
    filled = form.fields | {"upn": os.environ["BROWSER_USER"], "password": os.environ["BROWSER_PASSWORD"]}
    target = urllib.parse.urljoin(url, form.action)
    try:
        answer = opener.open(target, urllib.parse.urlencode(filled).encode(), timeout=20)
    except urllib.error.HTTPError as error:
        if error.code != 302:
            raise
        opener.open(error.headers["Location"], timeout=20).read()
        return "query"
    posted = Form(answer.read().decode())
    opener.open(posted.action, urllib.parse.urlencode(posted.fields).encode(), timeout=20).read()
    return "form_post"


try:
    say(main(sys.argv[1]))
except Exception as error:
    say(f"{type(error).__name__}: {error}")

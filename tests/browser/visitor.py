"""Somebody with a browser: opens pages, reads them, fills forms and presses buttons."""

from __future__ import annotations

from playwright.async_api import Browser, Dialog, Locator, Page, Request, Response

from tests.browser.demo import PASSWORD

# What the keys of a Latin keyboard give where Windows's Persian layout was left on.
PERSIAN_LAYOUT = str.maketrans("DJKMNPQRVWXYZ0123456789", "یتنئدحضقرصطغظ۰۱۲۳۴۵۶۷۸۹")
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
LATIN_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")


class Visitor:
    """One browser with its own cookies, in one language. ``page`` is Playwright's."""

    def __init__(self, page: Page, url: str, language: str) -> None:
        self.page, self.url, self.language = page, url, language
        self.complaints: list[str] = []
        page.on("console", lambda said: self._complain(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._on_lost)
        page.on("dialog", self._on_dialog)

    @classmethod
    async def arrive(
        cls, browser: Browser, url: str, language: str, *, width: int = 1200, script: bool = True
    ) -> Visitor:
        """A new visitor with an empty browser that is ``width`` pixels wide."""
        context = await browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            locale="fa-IR" if language == "fa" else "en-GB",
        )
        context.set_default_timeout(10_000)
        return cls(await context.new_page(), url, language)

    async def leave(self) -> None:
        await self.page.context.close()

    def _complain(self, kind: str, text: str) -> None:
        # Chromium reports every 4xx page here; that the page has that status is said elsewhere.
        if kind in ("error", "warning") and "the server responded with a status of" not in text:
            self.complaints.append(text)

    def _on_lost(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")

    async def _on_dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"a dialog: {dialog.message}")
        await dialog.dismiss()

    # ---- Going and looking ----

    def address(self, path: str) -> str:
        """The whole address of ``path`` (without language prefix) in the visitor's language."""
        prefix = "/en" if self.language == "en" else ""
        return f"{self.url}{prefix}{path}" if path != "/" else f"{self.url}{prefix or '/'}"

    async def open(self, path: str) -> Response:
        response = await self.page.goto(self.address(path))
        assert response is not None
        return response

    async def follow(self, link: Locator) -> Response:
        """Press what leads to another page."""
        async with self.page.expect_navigation() as arriving:
            await link.click()
        response = await arriving.value
        assert response is not None
        return response

    async def says(self, words: str) -> bool:
        """Whether the page shows ``words``; what is folded away or hidden does not count."""
        return words in await self.page.inner_text("body")

    def digits(self, number: str) -> str:
        """``number`` as the visitor's keyboard types it."""
        return number.translate(PERSIAN_DIGITS) if self.language == "fa" else number

    # ---- Forms ----

    def field(self, name: str, within: str = "main") -> Locator:
        return self.page.locator(f'{within} [name="{name}"]:not([type=hidden])')

    async def unfold(self, selector: str, within: str = "main") -> None:
        """What is inside a folded part of the page can be seen."""
        inside = self.page.locator(f"{within} {selector}").first
        summary = inside.locator("xpath=ancestor::details[not(@open)]/summary")
        if await summary.count():
            await summary.first.click()

    async def fill(self, name: str, value: str, within: str = "main") -> None:
        await self.unfold(f"[name='{name}']:not([type=hidden])", within)
        await self.field(name, within).fill(value)

    async def choose(self, name: str, value: str, within: str = "main") -> None:
        """Take ``value`` in a list, whether it is a select or buttons."""
        field = self.field(name, within)
        if await field.first.evaluate("one => one.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await self.page.locator(f'{within} [name="{name}"][value="{value}"]').check()

    async def send(self, form: str) -> Response:
        """Press the button of the form whose address ends with ``form``; of several, the one that Enter presses."""
        button = f'form[action$="{form}"] button:not([type=button])'
        await self.unfold(button, "body")
        return await self.follow(self.page.locator(button).first)

    async def sign_in(self, username: str) -> None:
        """Signed in as one of the sample accounts."""
        await self.open("/accounts/sign-in")
        await self.fill("username", username)
        await self.fill("password", PASSWORD)
        await self.send("/accounts/sign-in")
        assert "/accounts/" not in self.page.url, await self.page.inner_text("main")

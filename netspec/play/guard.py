"""Who may speak to the server: only a page that this server gave to whoever knows its token."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

#: The address that is listened on; no other one ever.
LOOPBACK = "127.0.0.1"
_CLOSED = "This page belongs to whoever started `netspec play`: open the address that it printed, with its token.\n"
#: What every answer says: nothing comes from elsewhere, nothing goes elsewhere, nobody frames it, nobody keeps it.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Answers in place of ``app`` where a request names another host, has no token, or comes from another page.

    The token stands in the address that is printed; it becomes a cookie there, and the address is left.
    """

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self.app, self.token = app, token
        self.hosts = {f"{name}:{port}" for name in (LOOPBACK, "localhost")}
        self.cookie = f"netspec-play-{port}"  # cookies know no ports, and two servers may run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, let in, or hand on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refused(scope, receive, send)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or host not in self.hosts:
            return _answer(421, "this server is called 127.0.0.1 and localhost, and nothing else\n")
        origin = headers.get("origin")
        if origin != f"http://{host}" and (origin is not None or scope["type"] == "websocket"):
            return _answer(403, "only its own pages may speak to this server\n")
        if self._is_token(_cookies(headers).get(self.cookie, "")):
            return None
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "GET":
            return self._let_in(scope)
        return _answer(403, _CLOSED)

    def _let_in(self, scope: Scope) -> Response:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        if len(given) != 1 or not self._is_token(given[0]):
            return _answer(403, _CLOSED)
        response = RedirectResponse("/", 303, headers=_HEADERS)
        response.set_cookie(self.cookie, self.token, httponly=True, samesite="strict", path="/")
        return response

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self.token.encode())


def headers(nonce: str, host: str) -> Mapping[str, str]:
    """What is said with every answer; styles that the editor makes carry the ``nonce``."""
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        f"connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {**_HEADERS, "Content-Security-Policy": policy}


def _answer(status: int, text: str) -> Response:
    return PlainTextResponse(text, status, headers=_HEADERS)


def _cookies(headers: Headers) -> Mapping[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}

"""Log in at Keycloak as a browser does: authorization code with PKCE, through the login form."""

import base64
import hashlib
import html
import re
import secrets
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.keycloak.server import PASSWORD, REDIRECT

_STEPS = 6


def access_token(issuer: str, client: str, username: str) -> str:
    """Log a person in and return the access token."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": client,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": "openid",
        "state": secrets.token_urlsafe(8),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    with httpx.Client(timeout=60) as web:
        code = _code(web, web.get(f"{issuer}/protocol/openid-connect/auth", params=asked), username)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "client_id": client,
            "code_verifier": verifier,
        }
        answer = web.post(f"{issuer}/protocol/openid-connect/token", data=form)
    token: str = answer.raise_for_status().json()["access_token"]
    return token


def _code(web: httpx.Client, page: httpx.Response, username: str) -> str:
    for _ in range(_STEPS):
        for cookie in web.cookies.jar:
            cookie.secure = False  # a browser counts loopback as secure; the cookie jar does not
        if page.is_redirect and page.headers["location"].startswith(REDIRECT):
            return parse_qs(urlsplit(page.headers["location"]).query)["code"][0]
        if page.is_redirect:
            page = web.get(page.headers["location"])
            continue
        action = re.search(r'action="([^"]+)"', page.text)
        if action is None:
            break
        page = web.post(html.unescape(action[1]), data={"username": username, "password": PASSWORD})
    raise RuntimeError(f"no code for {username}: {page.status_code} {page.text[:400]}")

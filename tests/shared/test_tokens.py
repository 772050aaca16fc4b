"""Tokens are verified by the portal's published keys, which one bad token can not take away."""

import json
import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from shared.auth import tokens
from shared.auth.actors import Actor
from shared.auth.keys import new_signing_key, public_key_set, read_public_key_set
from shared.auth.tokens import InvalidToken, actor_of, sign_token, verify_token
from tests.http_servers import serving
from tests.published_keys import Portal

OLIVIA = Actor("olivia", "operator_viewer")


@pytest.fixture
def portal():
    running = Portal()
    with serving(running.server):
        yield running
        running.released.set()
    tokens._published_keys.cache_clear()


@pytest.fixture
def signer(tmp_path):
    """Makes a key pair: the public half, and a function that signs with it."""

    def make(name):
        key = new_signing_key()
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(key))

        def sign(actor=OLIVIA, *, now=None):
            return sign_token(
                actor, audience="invoicing", now=now or datetime.now(UTC), key_file=path
            )

        return public_key_set(key)["keys"][0], sign

    return make


def verified(token, portal):
    return verify_token(token, audience="invoicing", jwks=portal.url)


def pass_time(monkeypatch, by):
    before = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: before() + by.total_seconds())


class TestKeysOverHttp:
    def test_are_fetched_once(self, portal, signer):
        key, sign = signer("portal")
        portal.keys = [key]
        assert [verified(sign(), portal) for _ in range(3)] == [OLIVIA] * 3
        assert portal.fetches == 1

    def test_are_neither_lost_nor_fetched_again_for_each_unknown_key(self, portal, signer):
        key, sign = signer("portal")
        _, forge = signer("stranger")
        portal.keys = [key]
        verified(sign(), portal)
        for _ in range(50):
            with pytest.raises(InvalidToken, match="Unable to find a signing key"):
                verified(forge(), portal)
        assert verified(sign(), portal) == OLIVIA
        assert portal.fetches == 1

    def test_are_fetched_again_where_the_portal_has_a_new_one(self, portal, signer, monkeypatch):
        key, sign = signer("portal")
        fresh, sign_fresh = signer("fresh")
        portal.keys = [key]
        verified(sign(), portal)
        portal.keys = [fresh]
        monkeypatch.setattr(tokens._published_keys(portal.url), "cooldown_duration", 0)
        assert verified(sign_fresh(), portal) == OLIVIA
        with pytest.raises(InvalidToken):
            verified(sign(), portal)

    def test_stay_known_while_the_portal_fails(self, portal, signer, monkeypatch):
        key, sign = signer("portal")
        _, forge = signer("stranger")
        portal.keys = [key]
        verified(sign(), portal)
        known = tokens._published_keys(portal.url)
        portal.keys = []
        known._last_successful_fetch -= tokens.REFETCH_AFTER.total_seconds()
        for _ in range(50):
            with pytest.raises(InvalidToken):
                verified(forge(), portal)
        assert portal.fetches == 2
        assert verified(sign(), portal) == OLIVIA

    def test_that_are_due_while_the_portal_fails_are_good_for_their_lifespan(
        self, portal, signer, monkeypatch
    ):
        key, sign = signer("portal")
        portal.keys = [key]
        verified(sign(), portal)
        portal.keys = []
        for _ in range(3):
            pass_time(monkeypatch, tokens.RENEW_AFTER)
            assert verified(sign(), portal) == OLIVIA
        assert portal.fetches == 4
        pass_time(monkeypatch, tokens.LIFESPAN - 3 * tokens.RENEW_AFTER)
        with pytest.raises(InvalidToken, match="fetch"):
            verified(sign(), portal)

    def test_are_waited_for_no_longer_than_the_deadline_and_once(self, portal, signer, monkeypatch):
        monkeypatch.setattr(tokens, "FETCH_DEADLINE", timedelta(seconds=0.2))
        _, forge = signer("stranger")
        portal.hangs.set()
        for _ in range(20):
            with pytest.raises(InvalidToken, match="fetch"):
                verified(forge(), portal)
        assert portal.fetches == 1
        assert not portal.released.is_set()


class TestKeysInAFile:
    def test_are_read_as_they_are_now(self, tmp_path, signer):
        key, sign = signer("portal")
        fresh, sign_fresh = signer("fresh")
        path = tmp_path / "jwks.json"
        for keys, token in ([key], sign()), ([fresh], sign_fresh()):
            path.write_text(json.dumps({"keys": keys}))
            assert verify_token(token, audience="invoicing", jwks=str(path)) == OLIVIA
        with pytest.raises(InvalidToken, match="not published"):
            verify_token(sign(), audience="invoicing", jwks=str(path))

    def test_are_the_public_half_of_the_key_that_signs(self, tmp_path, signer):
        key, _ = signer("portal")
        assert read_public_key_set(tmp_path / "portal.json") == {"keys": [key]}
        assert "d" not in key

    def test_of_which_one_follows_another_are_all_published_and_the_last_signs(self, tmp_path):
        old, new = new_signing_key(), new_signing_key()
        path, jwks = tmp_path / "portal.json", tmp_path / "jwks.json"

        def step(*keys):
            path.write_text(json.dumps({"keys": keys}))
            jwks.write_text(json.dumps(read_public_key_set(path)))
            assert '"d"' not in jwks.read_text()
            return sign_token(OLIVIA, audience="invoicing", now=datetime.now(UTC), key_file=path)

        def accept(token):
            return verify_token(token, audience="invoicing", jwks=str(jwks))

        issued = [step(old), step(new, old), step(old, new)]
        kids = [jwt.get_unverified_header(token)["kid"] for token in issued]
        assert kids == [old["kid"], old["kid"], new["kid"]]
        assert [accept(token) for token in issued] == [OLIVIA] * 3
        assert accept(step(new)) == OLIVIA
        for token in issued[:2]:
            with pytest.raises(InvalidToken, match="not published"):
                accept(token)

    def test_that_is_missing_makes_no_token_valid(self, tmp_path, signer):
        _, sign = signer("portal")
        with pytest.raises(InvalidToken):
            verify_token(sign(), audience="invoicing", jwks=str(tmp_path / "none.json"))


class TestAToken:
    @pytest.mark.parametrize("seconds", [-90, 90])
    def test_of_another_time_is_refused(self, tmp_path, signer, seconds):
        key, sign = signer("portal")
        path = tmp_path / "jwks.json"
        path.write_text(json.dumps({"keys": [key]}))
        token = sign(now=datetime.now(UTC) + timedelta(seconds=seconds))
        with pytest.raises(InvalidToken):
            verify_token(token, audience="invoicing", jwks=str(path))

    @pytest.mark.parametrize("role", [["operator_admin"], {}, 7, None])
    def test_whose_role_is_no_text_is_refused(self, role):
        with pytest.raises(InvalidToken):
            actor_of({"sub": "olivia", "role": role, "customer": "", "subject": ""})

    def test_for_another_service_is_refused(self, tmp_path, signer):
        key, sign = signer("portal")
        path = tmp_path / "jwks.json"
        path.write_text(json.dumps({"keys": [key]}))
        with pytest.raises(InvalidToken):
            verify_token(sign(), audience="portal", jwks=str(path))


class TestALifetime:
    def test_of_more_than_the_portal_gives_is_refused_whoever_signed_it(
        self, portal, signer, monkeypatch
    ):
        key, sign = signer("portal")
        portal.keys = [key]
        monkeypatch.setattr(tokens, "LIFETIME", timedelta(days=30))
        token = sign()
        monkeypatch.setattr(tokens, "LIFETIME", timedelta(seconds=60))
        with pytest.raises(InvalidToken, match="longer than any"):
            verified(token, portal)

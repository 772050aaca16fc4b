"""Sign-in and the sessions of the portal."""

import re
from collections.abc import Iterator
from http import HTTPStatus

from deploy.demo.line import CLARA, OLIVIA
from tests.attacks.attack import Case, attack
from tests.attacks.refused_sign_in import refused_sign_in
from tests.attacks.victim import VIC, Victim

_COOKIE = "trueback_session"


@attack("a link that still signs in, or that the log holds")
def refused_sign_ins(victim: Victim) -> Iterator[Case]:
    log = victim.stack.home.log / "trueback.log"
    problems = refused_sign_in(victim.link(VIC), log=log)
    yield Case("a link after a refusal", "; ".join(problems))


@attack("somebody else's session, by a cookie that was planted before the sign-in")
def fixation(victim: Victim) -> Iterator[Case]:
    planted = "a" * 32
    link = victim.link(VIC)
    with victim.stranger() as client:
        client.cookies.set(_COOKIE, planted, domain="127.0.0.1")
        page = client.get(link)
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        client.post("/sign-in", data=form, headers={"Origin": victim.stack.portal_url})
    with victim.stranger() as attacker:
        attacker.cookies.set(_COOKIE, planted, domain="127.0.0.1")
        code = attacker.get("/overview").status_code
    yield Case("the planted cookie", "" if code == HTTPStatus.FOUND else f"answered {code}")
    with victim.stranger() as attacker:
        again = attacker.post("/sign-in", data=form, headers={"Origin": victim.stack.portal_url})
    yield Case("the link once more", f"answered {again.status_code}" if again.is_success else "")


@attack("a session that somebody has ended")
def after_the_sign_out(victim: Victim) -> Iterator[Case]:
    with victim.session(CLARA) as client:
        before = client.get("/invoices").status_code
        kept = dict(client.cookies)
        victim.post(client, "/sign-out", {})
    with victim.stranger() as attacker:
        for name, value in kept.items():
            attacker.cookies.set(name, value, domain="127.0.0.1")
        after = attacker.get("/invoices").status_code
    is_over = (before, after) == (HTTPStatus.OK, HTTPStatus.FOUND)
    yield Case("its cookie", "" if is_over else f"before {before}, after {after}")
    victim.forget(CLARA)


@attack("what another site makes a signed-in person's browser post")
def forms_of_other_sites(victim: Victim) -> Iterator[Case]:
    path = f"/invoices/{victim.mine['invoice_id']}/submit"
    with victim.session(CLARA) as client:
        for name, headers in {
            "no token": {},
            "another origin": {"Origin": "https://attacker.example"},
            "no origin of a sandbox": {"Origin": "null"},
        }.items():
            for target in (path, "/sign-out"):
                answer = client.post(target, data={"version": "1"}, headers=headers)
                is_refused = answer.status_code == HTTPStatus.FORBIDDEN
                yield Case(f"{target}, {name}", "" if is_refused else str(answer.status_code))
        still = client.get("/invoices").status_code
        yield Case("the session goes on", "" if still == HTTPStatus.OK else f"answered {still}")


@attack("a cookie that a script or another site can use")
def cookies(victim: Victim) -> Iterator[Case]:
    link = victim.link(OLIVIA)
    with victim.stranger() as client:
        page = client.get(link)
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        answer = client.post("/sign-in", data=form, headers={"Origin": victim.stack.portal_url})
    lines = [*page.headers.get_list("set-cookie"), *answer.headers.get_list("set-cookie")]
    session = [line for line in lines if line.startswith(_COOKIE)]
    yield Case("the session's is set", "" if session else f"not among {lines}")
    for line in lines:
        # The other one is no secret: a page posts it, and a script of ours may read it.
        wanted = ("httponly", "samesite") if line in session else ("samesite",)
        lacking = [flag for flag in wanted if flag not in line.lower()]
        yield Case(line.partition("=")[0], f"lacks {', '.join(lacking)}" if lacking else "")


@attack("an operator's rights by the doors of a demo, on a stack that is none")
def doors_of_the_demo(victim: Victim) -> Iterator[Case]:
    doors = [one["route"] for one in victim.routes("portal") if one["mode"]]
    if not doors:
        yield Case("doors", "the portal has none: the attack looks for the wrong thing")
    forms = {"name": OLIVIA.name, "stop": "1", "next": "/margins"}
    for door in doors:
        for actor in (victim.ann, VIC, None):
            client = victim.session(actor) if actor else victim.stranger()
            who = actor.name if actor else "a stranger"
            with client:
                code = victim.post(client, f"/{door}", forms).status_code
                became = client.get("/audit").status_code
            # A stranger has no page to post from, so the form is refused before the door is.
            refused = (
                {HTTPStatus.NOT_FOUND} if actor else {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}
            )
            is_held = code in refused and became != HTTPStatus.OK
            yield Case(f"{who} at /{door}", "" if is_held else f"answered {code}, then {became}")

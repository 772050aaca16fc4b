# Not run and not imported: what each rule must find, and what it must not.
def role(cursor, name):
    # ruleid: role-outside-scope
    cursor.execute("SET ROLE invoicing_owner")
    # ruleid: role-outside-scope
    cursor.execute(f"set local role {name}")
    # ruleid: role-outside-scope
    cursor.execute("select 1; set session authorization postgres")
    # ruleid: role-outside-scope
    cursor.execute("select set_config('role', %s, true)", [name])
    # ruleid: role-outside-scope
    RunSQL("SET ROLE owner; DROP POLICY subject_rows ON t", "")
    # ok: role-outside-scope
    cursor.execute("update people set role = %s", [name])
    # ok: role-outside-scope
    cursor.execute("select set_config('app.subject', %s, true)", [name])


def deadline(address, url):
    # ruleid: call-without-deadline
    httpx.get(url)
    # ruleid: call-without-deadline
    httpx.Client(base_url=url)
    # ruleid: call-without-deadline
    requests.post(url, json={})
    # ruleid: call-without-deadline
    urllib.request.urlopen(url)
    # ruleid: call-without-deadline
    socket.create_connection(address)
    # ruleid: call-without-deadline
    psycopg.connect(url)
    # ok: call-without-deadline
    httpx.get(url, timeout=2)
    # ok: call-without-deadline
    urllib.request.urlopen(url, timeout=2)
    # ok: call-without-deadline
    socket.create_connection(address, 2)
    # ok: call-without-deadline
    psycopg.connect(url, connect_timeout=5)
    # ok: call-without-deadline
    httpx.Headers({})
    # ruleid: deadline-of-none
    httpx.get(url, timeout=None)
    # ok: deadline-of-none
    httpx.get(url, timeout=1)


def url(secret, page):
    # ruleid: secret-in-url
    f"https://example.com/?token={secret}"
    # ruleid: secret-in-url
    f"/invoices?page={page}&api_key={secret}"
    # ok: secret-in-url
    f"/invoices?page={page}"
    # ok: secret-in-url
    f"postgresql://app:{secret}@127.0.0.1/app"


def compare(key, text, given):
    # ruleid: secret-compared-in-time
    if hmac.new(key, text, sha256).hexdigest() == given:
        return True
    # ok: secret-compared-in-time
    return hmac.compare_digest(hmac.new(key, text, sha256).hexdigest(), given)

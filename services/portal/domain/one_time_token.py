import hashlib


def hash_of(token: str) -> str:
    """What is kept of a sign-in link: a database that is read gives nobody a way in."""
    return hashlib.sha256(token.encode()).hexdigest()

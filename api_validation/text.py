"""How keys and values of others are shown in messages.

What is echoed came over the network: it is cut to a sensible length, and
whatever a terminal or a log would act on is escaped.
"""

SHOWN = 60
LISTED = 40

_PLAIN = frozenset('abcdefghijklmnopqrstuvwxyz'
                   'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:')


def printable(text, limit=SHOWN):
    """Return a string of at most ``limit`` characters, safe to print.

    Longer texts are cut; what is not printable is written as Python would
    write it in a string (``\\n``, ``\\x1b``, ``\\u202e``).
    """
    cut = text[:limit]
    if not cut.isprintable():
        cut = ''.join(
            char if char.isprintable()
            else char.encode('unicode_escape').decode('ascii')
            for char in cut)
    return cut + '...' if len(text) > limit else cut


def quoted(value, limit=SHOWN):
    """Return a value in quotes, or the kind of it when it is no string."""
    if isinstance(value, str):
        return f"'{printable(value, limit)}'"
    return kind(value)


def kind(value):
    """Return what a value is, in the words of JSON."""
    if value is None:
        return 'null'
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (int, float)):
        return 'a number'
    if isinstance(value, str):
        return 'a string'
    if isinstance(value, dict):
        return 'an object'
    if isinstance(value, list):
        return 'a list'
    return f'a Python {printable(type(value).__name__, 30)}'


def shown_key(key):
    """Return a key as it is when it is harmless, else in quotes."""
    if isinstance(key, str) and key and len(key) <= 255 \
            and _PLAIN.issuperset(key):
        return key
    return quoted(key, 255)


def listed(words, notes=None):
    """Return words as ``a, b (note), c``, a long list cut with a count."""
    notes = notes or {}
    shown = [
        f'{printable(word)} ({notes[word]})' if word in notes
        else printable(word) for word in words[:LISTED]]
    if len(words) > LISTED:
        shown.append(f'and {len(words) - LISTED} more')
    return ', '.join(shown)

"""The nearest of some words, for "Did you mean ...?".

An edit distance with a small bound is used, in which a pair of swapped
letters counts as one edit (the commonest typo). difflib's ratio takes
quadratic time or worse for long words of one letter, and some 50 ms for one
key against the whole catalogue; this takes microseconds, because words of
another length or other letters are never compared.
"""

LONGEST = 64  # a longer word has no near neighbour, except by spelling
_SEPARATORS = str.maketrans('', '', '-_.: \t\r\n')


def fold(word):
    """Return what is left of a word without case, blanks and separators."""
    return word.translate(_SEPARATORS).casefold()


def distance(one, other, limit):
    """Return the number of edits between two words, or None above limit.

    An edit is a letter inserted, left out, replaced, or swapped with the
    next one (optimal string alignment).
    """
    one, other = _different_part(one, other)
    if abs(len(one) - len(other)) > limit:
        return None
    if not one or not other:
        return len(one) or len(other)
    above = limit + 1
    before, previous = [], list(range(len(other) + 1))
    least_before = 0
    for row, letter in enumerate(one, 1):
        current = [row] + [above] * len(other)
        least = above
        for column in range(max(1, row - limit),
                            min(len(other), row + limit) + 1):
            edits = previous[column - 1]
            if letter != other[column - 1]:
                edits = 1 + min(edits, previous[column], current[column - 1])
                if (row > 1 and column > 1 and letter == other[column - 2]
                        and one[row - 2] == other[column - 1]):
                    edits = min(edits, before[column - 2] + 1)
            current[column] = edits
            if edits < least:
                least = edits
        if least > limit and least_before > limit and row > limit:
            return None
        before, previous, least_before = previous, current, least
    return previous[-1] if previous[-1] <= limit else None


def _different_part(one, other):
    """Cut off what two words begin and end with in common."""
    size = min(len(one), len(other))
    start = 0
    while start < size and one[start] == other[start]:
        start += 1
    end = 0
    while end < size - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return one[start:len(one) - end], other[start:len(other) - end]


class Words:
    """Words in which the nearest one to a misspelling is looked up."""

    def __init__(self, words):
        self._by_fold = {}
        self._by_size = {}
        for word in words:
            folded = fold(word)
            self._by_fold.setdefault(folded, word)
            if len(folded) <= LONGEST:
                self._by_size.setdefault(len(folded), []).append(
                    (_letters(folded), folded, word))

    def same_spelling(self, word):
        """Return the word that differs in case and separators alone."""
        return self._by_fold.get(fold(word))

    def typo(self, word):
        """Return the word that was meant beyond reasonable doubt, or None.

        Something may be refused because of it.
        """
        return self._near(word, _doubtless(len(fold(word))))

    def nearest(self, word):
        """Return the word that was perhaps meant, or None.

        It may be suggested, no more.
        """
        folded = fold(word)
        near = self._near(word, _perhaps(len(folded)))
        return self._same_beginning(folded) if near is None else near

    def _near(self, word, limit):
        folded = fold(word)
        if folded in self._by_fold:
            return self._by_fold[folded]
        if not limit:
            return None
        best = None
        letters = _letters(folded)
        # the likeliest first: what was found lowers the limit for the rest
        for difference in sorted(range(-limit, limit + 1), key=abs):
            if abs(difference) > limit:
                break
            for others, other, candidate in self._by_size.get(
                    len(folded) + difference, ()):
                # An edit takes at most one letter out and one in.
                if (letters ^ others).bit_count() > 2 * limit:
                    continue
                edits = distance(folded, other, limit)
                if edits is not None and (
                        best is None or (edits, candidate) < best):
                    best = (edits, candidate)
                    limit = edits
        return None if best is None else best[1]

    def _same_beginning(self, folded):
        # 'fast' for 'fast-ssd', and the other way round
        if not 3 <= len(folded) <= LONGEST:
            return None
        found = [word for other, word in self._by_fold.items()
                 if len(other) >= 3
                 and (other.startswith(folded) or folded.startswith(other))]
        return min(found, default=None, key=lambda word: (
            abs(len(word) - len(folded)), word))


def nearest(word, words):
    """Return the word that was perhaps meant, or None."""
    return Words(words).nearest(word)


def typo(word, words):
    """Return the word that was meant beyond reasonable doubt, or None."""
    return Words(words).typo(word)


def _perhaps(size):
    if size > LONGEST or size < 3:
        return 0
    return 1 if size < 6 else 2 if size < 10 else 3


def _doubtless(size):
    if size > LONGEST or size < 5:
        return 0
    return 1 if size < 8 else 2


def _letters(word):
    result = 0
    for letter in word:
        result |= 1 << (ord(letter) & 63)
    return result

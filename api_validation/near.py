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
    if abs(len(one) - len(other)) > limit:
        return None
    above = limit + 1
    before, previous = [], list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row] + [above] * len(other)
        for column in range(max(1, row - limit),
                            min(len(other), row + limit) + 1):
            same = letter == other[column - 1]
            edits = min(previous[column] + 1, current[column - 1] + 1,
                        previous[column - 1] + (not same))
            if (row > 1 and column > 1 and letter == other[column - 2]
                    and one[row - 2] == other[column - 1]):
                edits = min(edits, before[column - 2] + 1)
            current[column] = edits
        if min(current) > limit and min(previous) > limit:
            return None
        before, previous = previous, current
    return previous[-1] if previous[-1] <= limit else None


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

    def nearest(self, word):
        """Return the nearest word, or None when none is near."""
        word = word[:1024]
        folded = fold(word)
        if folded in self._by_fold:
            return self._by_fold[folded]
        size = len(folded)
        limit = _limit(size)
        best = None
        letters = _letters(folded)
        for near_size in range(size - limit, size + limit + 1):
            for others, other, candidate in self._by_size.get(near_size, ()):
                # An edit takes at most one letter out and one in.
                if (letters ^ others).bit_count() > 2 * limit:
                    continue
                edits = distance(folded, other, limit)
                if edits is not None and (
                        best is None or (edits, candidate) < best):
                    best = (edits, candidate)
        if best:
            return best[1]
        return self._same_beginning(folded)

    def _same_beginning(self, folded):
        # 'fast' for 'fast-ssd', and the other way round
        if not 3 <= len(folded) <= LONGEST:
            return None
        found = sorted(
            (word for other, word in self._by_fold.items()
             if len(other) >= 3
             and (other.startswith(folded) or folded.startswith(other))),
            key=lambda word: (abs(len(word) - len(folded)), word))
        return found[0] if found else None


def nearest(word, words):
    """Return the nearest of a few words, or None when none is near."""
    return Words(words).nearest(word)


def _limit(size):
    if size > LONGEST or size < 3:
        return 0
    return 1 if size < 6 else 2 if size < 10 else 3


def _letters(word):
    result = 0
    for letter in word:
        result |= 1 << (ord(letter) & 63)
    return result

"""What no upload may take of a place: an operator's text, understood.
"""

import math
import re

_SIZE = re.compile(r'(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?', re.IGNORECASE)
_UNITS = {'': 0, 'K': 10, 'M': 20, 'G': 30, 'T': 40}


def parse(option, value):
    """Return a function from total bytes to the bytes to keep free.

    :param option: the option's name, for the error
    :param value: bytes with an optional suffix, or a share such as ``5%``
    :raises ValueError: with a sentence that names the option and the value
    """
    text = value.strip()
    if text.endswith('%'):
        try:
            share = float(text[:-1])
        except ValueError:
            share = -1
        if 0 <= share < 100:
            return lambda total: int(total * share / 100)
    else:
        match = _SIZE.fullmatch(text)
        if match:
            size = float(match[1]) * (1 << _UNITS[match[2].upper()])
            if math.isfinite(size):
                return lambda total: int(size)
    raise ValueError(
        f'{option} is {value!r}. Write bytes (1073741824, 512M, 10G) or a '
        f'share from 0% to less than 100%')

"""What the options say, read once. Raises ``ValueError`` with a sentence."""

from cinder_glance_multistore.placement import keep_free


def parse_keep_free(value):
    """Return a function from total bytes to the bytes to keep free."""
    return keep_free.parse('[vmware_multistore]keep_free', value)


def parse_weights(values):
    """Return ``{name: number}`` of ``<name>:<number>``."""
    weights = {}
    for value in values:
        name, _, number = value.rpartition(':')
        try:
            if not name.strip():
                raise ValueError('no name')
            weights[name.strip()] = int(number)
        except ValueError:
            raise ValueError(
                f'[vmware_multistore]datastore_weights has {value!r}. Write '
                f'<name of a datastore>:<whole number>') from None
    return weights

"""Names of image stores that are others by now.
"""

from cinder_glance_multistore.image_service import errors

# As much as Cinder stores in an extra spec.
_MAX = 255


class Aliases:
    """Old names of stores, each with the one that counts.

    :param names: ``{old: new}``; ``new`` may be an old name itself
    :ivar names: ``{old: the store it leads to in the end}``
    :raises InvalidAliases: it leads in a circle, or says nothing
    """

    def __init__(self, names):
        for old, new in names.items():
            if not (old.strip() and new.strip()):
                raise errors.InvalidAliases(
                    f"'{old}:{new}' has no store on one side of the colon")
            if max(len(old), len(new)) > _MAX:
                raise errors.InvalidAliases(
                    f'a store id has at most {_MAX} characters, and one has '
                    f'{max(len(old), len(new))}')
        self.names = {old: self._follow(names, old) for old in names}

    @staticmethod
    def _follow(names, old):
        seen = [old]
        while seen[-1] in names:
            new = names[seen[-1]]
            if new in seen:
                circle = ' -> '.join([*seen[seen.index(new):], new])
                raise errors.InvalidAliases(
                    f'it leads in a circle: {circle}')
            seen.append(new)
        return seen[-1]

    def resolve(self, store_id):
        """Return the store that a name stands for, itself by default.

        Anything but a known name comes back as it is, None too.
        """
        if isinstance(store_id, str):
            return self.names.get(store_id, store_id)
        return store_id

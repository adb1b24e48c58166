"""What is known about an extra spec."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Definition:
    """One extra spec.

    :param name: the key, ``scope:name`` or, without a scope, ``name``.
    :param description: what it does, in sentences.
    :param exists_in: what the value must name: ``'image_store'``.
    """

    name: str
    description: str
    exists_in: str | None = None

    @property
    def scope(self):
        """What stands before the first colon; empty without one."""
        scope, colon, _ = self.name.partition(':')
        return scope if colon else ''

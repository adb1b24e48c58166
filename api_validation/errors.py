"""What this package raises.

::

    ApiValidationError
    ├── InvalidArgument            a caller's mistake (also a ValueError)
    ├── InvalidDefinition          a definition that contradicts itself
    └── InvalidStoresDocument      what Glance answered is not a list of stores

Bad extra specs are no exception: :func:`api_validation.validate` returns
them in a :class:`~api_validation.report.Report`.
"""


class ApiValidationError(Exception):
    """Whatever this package raises is one of these."""


class InvalidArgument(ApiValidationError, ValueError):
    """A function was called in a way it does not know."""


class InvalidDefinition(ApiValidationError, ValueError):
    """An extra spec's definition cannot be used.

    ``name`` is the extra spec's.
    """

    def __init__(self, name, problem):
        self.name = name
        super().__init__(f'the definition of {name}: {problem}')


class InvalidStoresDocument(ApiValidationError):
    """A document is not what ``GET /v2/info/stores`` promises.

    ``problems`` has every mistake found, one plain sentence each.
    """

    def __init__(self, problems):
        self.problems = list(problems)
        shown = self.problems[:5]
        if len(self.problems) > len(shown):
            shown.append(f'({len(self.problems) - len(shown)} more.)')
        super().__init__(
            'The list of image stores is not usable. ' + ' '.join(shown))

"""``capabilities:``, questions to the scheduler.

A key without a scope asks the same; with it, drivers take it for none of
theirs. Any name is possible, because back ends report what they like.
"""

from api_validation.definitions import Definition
from api_validation.definitions import Parameter
from api_validation.values import Operators


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='capabilities:{name}',
            description=(
                'The back end must report a capability of this name, and its '
                'value must compare as given. A colon leads into a '
                'capability that has parts.'),
            value=Operators('any'),
            parameters=(Parameter(
                'name', '[A-Za-z0-9_.:-]{1,242}',
                'the name of the capability'),),
            read_by='the scheduler',
            source='cinder/scheduler/filters/capabilities_filter.py'),
    ]

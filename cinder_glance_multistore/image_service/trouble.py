"""What a glanceclient call raises when there is no useful answer.

glanceclient's connection errors share no base with its HTTP errors, and its
session client lets some of keystoneauth's and requests' through. What it
makes of an answer that is not what it should be (a proxy's page, an error
without a content type, JSON of another shape) has no bounds but these.
"""

from glanceclient import exc
from keystoneauth1 import exceptions as ksa_exc
from requests import exceptions as requests_exc

TROUBLE = (
    exc.ClientException,
    exc.CommunicationError,
    exc.InvalidEndpoint,
    ksa_exc.ClientException,
    requests_exc.RequestException,
    OSError,
)

NONSENSE = (
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)

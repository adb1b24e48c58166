"""What a glanceclient call raises when there is no useful answer.

glanceclient's connection errors share no base with its HTTP errors, and its
session client lets some of keystoneauth's and requests' through.
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

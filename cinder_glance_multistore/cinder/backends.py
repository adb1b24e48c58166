"""What live back ends say of their own extra specs.

``get_capabilities`` of the cinder-volume services, asked in parallel and
remembered. Whatever goes wrong is a line in the log: a type may be made for a
back end that is not there yet.
"""

import functools
import logging
import threading
import time

from cinder import context as cinder_context
from cinder import objects
from cinder.common import constants
from cinder.volume import rpcapi
from oslo_config import cfg

from api_validation.text import printable
from api_validation.values import Operators
from cinder_glance_multistore.conf import volume_types

CONF = cfg.CONF
LOG = logging.getLogger(__name__)
volume_types.register_opts(CONF)

NAME_KEY = 'volume_backend_name'

_LOCK = threading.Lock()


def properties(specs, stored=None):
    """Return the properties of the back ends that a type can end on.

    :param specs: the extra specs being set
    :param stored: those the type already has
    :returns: ``{back end: properties}`` as ``api_validation.validate`` takes
        it; empty where nothing is to be asked, or nobody answers
    """
    if not CONF.multistore.check_backends or not any(
            ':' in key for key in specs):
        return {}
    name = {**(stored or {}), **specs}.get(NAME_KEY)
    if not isinstance(name, str) or not name.strip():
        return {}
    wanted = Operators.literals(name)
    found = {
        topic: said for topic, said in _directory().get(_topics()).items()
        if said.get(NAME_KEY) in wanted}
    if not found:
        LOG.warning("No back end that answers is called %s: the extra specs "
                    "of a vendor are not checked against it",
                    printable(name, 255))
    for topic, said in found.items():
        if not isinstance(said.get('properties'), dict):
            LOG.warning('The back end %s does not say which extra specs it '
                        'knows', topic)
    return {topic: said.get('properties') for topic, said in found.items()}


def _topics():
    """Return where live services listen; those of a cluster share one."""
    topics = set()
    for service in objects.ServiceList.get_all(
            cinder_context.get_admin_context(),
            {'binary': constants.VOLUME_BINARY}):
        if service.is_up:
            topics.add(service.service_topic_queue)
        else:
            LOG.warning('The back end %s is down: extra specs are not '
                        'checked against it', service.host)
    return sorted(topics)


def _ask(topic):
    return rpcapi.VolumeAPI().get_capabilities(
        cinder_context.get_admin_context(), topic, False)


@functools.cache
def _build_directory():
    return Directory(_ask, CONF.multistore.backends_timeout,
                     CONF.multistore.backends_cache_time)


def _directory():
    with _LOCK:
        return _build_directory()


class Directory:
    """Capabilities of back ends, each asked by one thread at a time.

    :param ask: takes a topic, returns its capabilities
    :param timeout: seconds a caller waits for all it asks for
    :param cache_time: seconds for which an answer, or none, is remembered
    """

    def __init__(self, ask, timeout, cache_time, clock=time.monotonic):
        self._ask = ask
        self._timeout = timeout
        self._cache_time = cache_time
        self._clock = clock
        self._lock = threading.Lock()
        self._questions = {}

    def get(self, topics):
        """Return ``{topic: capabilities}`` of those that answer in time."""
        with self._lock:
            questions = {topic: self._question(topic) for topic in topics}
        deadline = time.monotonic() + self._timeout
        answers = {}
        for topic, question in questions.items():
            # One that was silent before is not waited for again.
            if not (question.silent or question.done.wait(
                    max(deadline - time.monotonic(), 0.0))):
                question.silent = True
                LOG.warning('The back end %s did not say within %g seconds '
                            'which extra specs it knows', topic,
                            self._timeout)
            if isinstance(question.answer, dict):
                answers[topic] = question.answer
        return answers

    def _question(self, topic):
        question = self._questions.get(topic)
        if question is None or (
                self._clock() - question.asked >= self._cache_time):
            question = self._questions[topic] = _Question(self._clock())
            threading.Thread(target=self._fly, args=(topic, question),
                             daemon=True, name='multistore-backends').start()
        return question

    def _fly(self, topic, question):
        try:
            question.answer = self._ask(topic)
        except Exception as error:
            # A time-out of the message bus, a driver that failed to start.
            LOG.warning('The back end %s could not be asked which extra '
                        'specs it knows: %s', topic, error)
        finally:
            question.done.set()


class _Question:

    def __init__(self, asked):
        self.asked = asked
        self.done = threading.Event()
        self.silent = False
        self.answer = None

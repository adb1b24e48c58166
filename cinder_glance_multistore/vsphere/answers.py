"""Answers to threads that share a SOAP client: each thread gets its own.

suds keeps the nodes of the answer that it reads in one object for all
operations of a WSDL. While a thread reads, another one replaces them, and the
first is given the other's answer: the name of another object, the state of
another task (N6). Green threads do not take turns there, native ones do.
"""

from suds.bindings import multiref


class _Separate(multiref.MultiRef):

    def process(self, body):
        return multiref.MultiRef().process(body)


def separate(client):
    """Have the operations of a client keep nothing of an answer.

    :param client: a ``suds.client.Client``, which no other thread calls yet;
        those that share its parsed WSDL are cured with it
    """
    bindings = {
        binding for service in client.wsdl.services
        for port in service.ports for method in port.methods.values()
        for binding in (method.binding.input, method.binding.output)}
    for binding in bindings:
        binding.multiref = _Separate()

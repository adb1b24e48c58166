"""Who plays: ours, plain upstream, and what can break between them and Glance.
"""

import threading

from cinder_glance_multistore.sandbox import cloud
from cinder_glance_multistore.sandbox import proxy


class Stage:
    """Two Cinders over one Glance.

    :ivar ours: cloud.Cloud with the plug-in
    :ivar upstream: cloud.Cloud without it
    """

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.upstream = cloud.Cloud(sandbox, 'upstream')
        self.ours = cloud.Cloud(sandbox, 'cinder')
        self._proxies = {}

    def both(self, act, *args):
        """Return what ``act(cloud, *args)`` gives for upstream and for us.

        Both at once. What either raises is raised here.
        """
        results, failures = {}, []

        def work(which):
            try:
                results[which.service] = act(which, *args)
            except BaseException as error:
                failures.append(error)
        # Daemons, and joined by short waits: ^C ends the demo now, not when
        # a wait for a service has run out.
        threads = [threading.Thread(target=work, args=(which,), daemon=True)
                   for which in (self.upstream, self.ours)]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.5)
        if failures:
            raise failures[0]
        return results['upstream'], results['cinder']

    def restart_glance(self):
        """Have Glance take up its options."""
        self.sandbox.stop('glance')
        self.sandbox.start('glance')

    def crash_cinders(self):
        """Kill both; they come back with a proxy between them and Glance.

        Not there from the start, so that what is measured is not the proxy.
        """
        for service in ('cinder', 'upstream'):
            self.sandbox.kill(service)
            self._proxies[service] = proxy.Proxy(
                self.sandbox.allot_ports()['glance'])
            self.sandbox.options.setdefault(service, {}).setdefault(
                'DEFAULT', {})['glance_api_servers'] = (
                    self._proxies[service].url)
        self.sandbox.up()

    def break_next_upload(self, action, after):
        """Have the proxies break the next upload; see proxy.Fault."""
        for breaks in self._proxies.values():
            breaks.fail(proxy.Fault(
                'PUT', r'/v2/images/[^/]+/file$', action, after))

    def without_proxies(self):
        """Leave services behind that live longer than this process."""
        for service in self._proxies:
            self.sandbox.stop(service)
        self.sandbox.options = {}
        self.sandbox.up()

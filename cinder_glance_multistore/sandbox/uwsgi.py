"""The WSGI server of Glance and Keystone.

uWSGI, because it tells the application when a client dies in the middle of a
body: gunicorn hands Glance the short body as if it were whole.
"""

from cinder_glance_multistore.sandbox import surroundings

# One chunk of a chunked body, framing included, must fit: glanceclient's are
# 1 MiB of data.
_CHUNK_LIMIT = 4 * 1024 * 1024


def command(port, module, threads):
    """Return the command that serves an application on 127.0.0.1.

    :param module: has it as ``application``
    :param threads: how many requests are answered at once
    """
    return surroundings.python(
        '-c', 'import pyuwsgi, sys; pyuwsgi.run(sys.argv[1:])',
        # Not --http: its router resets connections that are kept alive.
        '--http-socket', f'127.0.0.1:{port}',
        '--add-header', 'Connection: close',
        '--chunked-input-limit', str(_CHUNK_LIMIT),
        '--buffer-size', '65535',
        '--socket-timeout', '60',
        '--module', module,
        '--callable', 'application',
        '--need-app', '--single-interpreter', '--lazy-apps',
        '--master', '--processes', '1',
        '--enable-threads', '--threads', str(threads),
        '--die-on-term', '--no-orphans', '--worker-reload-mercy', '2',
        '--disable-logging')

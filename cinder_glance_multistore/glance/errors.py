"""Answers of the filter that refuse something.
"""


def plain(error, text):
    """An error that has its text as it is, and no page of HTML around it.

    :param error: a class of ``webob.exc``
    """
    return error(text, body=text.encode(), content_type='text/plain',
                 charset='utf-8')

"""The Image API as Cinder sees it: which stores there are, how bits go in.

Talks to Glance through python-glanceclient and knows no service's code. May
import the ground floor (``conf``, ``placement``, ``transfer``,
``api_validation``).
"""

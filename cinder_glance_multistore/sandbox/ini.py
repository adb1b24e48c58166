"""Configuration as a mapping of sections, and its text for oslo.config.
"""


def merge(base, extra):
    """Return ``base`` with the options of ``extra`` in place of its own.

    Both are ``{section: {option: value}}``. A list is an option given
    several times; None removes an option.
    """
    merged = {section: dict(options) for section, options in base.items()}
    for section, options in (extra or {}).items():
        target = merged.setdefault(section, {})
        for option, value in options.items():
            if value is None:
                target.pop(option, None)
            else:
                target[option] = value
    return merged


def render(sections):
    """Return the text of a configuration file."""
    lines = []
    for section, options in sections.items():
        lines.append(f'[{section}]')
        for option, value in options.items():
            values = value if isinstance(value, list) else [value]
            lines.extend(f'{option} = {_text(option, v)}' for v in values)
        lines.append('')
    return '\n'.join(lines)


def _text(option, value):
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if '\n' in text:
        raise ValueError(f'{option} holds a line break: {text!r}')
    # oslo.config would take a lone $ for the start of a reference.
    return text.replace('$', '$$')

"""Validators that nobody here wrote, in any language: each runs shut in, and only what fits a schema comes out.

manifest     what a validator says of itself, in its ``validator.json``
request      what it is told on its standard input
answer       what it may say on its standard output, and what becomes of that
limits       what it may use
container    runs it by a container engine
watch        whether the engine was there all the while
process      runs it as a process of this machine
door         runs it in a container that waits for sessions
walls        what such a process is begun through
output       reads what it says, as much as it may say
plugin       all of it as one `Validator`
"""

from uploader.sandbox.plugin import Plugin, check_params, plugins, unfit_params

__all__ = ["Plugin", "check_params", "plugins", "unfit_params"]

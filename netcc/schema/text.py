"""Texts of nets and solvers without compiling them: to trees, and in the usual layout."""

from __future__ import annotations

import os

from google.protobuf.message import Message

from netcc.prototxt import parse as parser
from netcc.prototxt.format import format_document, format_message
from netcc.prototxt.tree import Document
from netcc.schema.bind import source_of


def parse(definition: str | os.PathLike[str]) -> Document:
    """The syntax tree of a net or solver: a path, `zoo:NAME`, or the text itself (anything with a brace or a colon).

    Order, comments and places are kept, old spellings stay as they are. `str` of the tree is its text, laid out.

    >>> import netcc
    >>> tree = netcc.parse('name: "tiny"  layer { name: "x" type: "Input" top: "x" }  # the input')
    >>> tree
    Document('<text>', 2 fields)
    >>> tree.root.first("name").value.text
    'tiny'

    Raises PrototxtError with the places of all faults, UsageError if there is no such file.
    """
    return parser.parse(source_of(definition))


def format(definition: str | os.PathLike[str] | Document | Message) -> str:
    """A net or solver (path, text, tree or message) in the usual layout, comments kept, as `netcc fmt` prints it.

    >>> import netcc
    >>> print(netcc.format('layer{name:"x",type:"Input" top:"x"}'), end="")
    layer {
      name: "x"
      type: "Input"
      top: "x"
    }

    Raises what `parse` raises.
    """
    if isinstance(definition, Message):
        return format_message(definition)
    return format_document(definition if isinstance(definition, Document) else parse(definition))

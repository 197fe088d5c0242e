"""One module for each kind of data layer; each announces itself with `netcc.data.source.reader`."""

"""The text of Caffe's nets and solvers: read into a syntax tree, brought up to date, printed.

`parse` makes the tree and reports every syntax fault at once; `upgrade_net` and `upgrade_solver` rewrite old spellings;
`format_document` prints. Nothing here knows the schema: whether a field exists and what it may hold is for
`netcc.schema.bind` to say.
"""

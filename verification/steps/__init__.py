"""What the words of the feature files do: they drive the device, whole, on real files.

`bench` holds what one scenario works on, `radiographs` makes its images; `given`, `when` (with `when_network`) and
`then` hold the steps, a file a subject. A step's docstring says what its sentence leaves open.
"""

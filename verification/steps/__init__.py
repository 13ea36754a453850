"""What the words of the feature files do: they drive the device, whole, on real files.

`bench` holds what one scenario works on; `given`, `when` and `then` hold the steps.
"""

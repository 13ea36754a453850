"""A run of a training: its folder, its epochs, and the process that it is in. Nothing here knows TensorFlow."""

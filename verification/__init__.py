"""Produces evidence about the device, of which it sees the public interface alone."""

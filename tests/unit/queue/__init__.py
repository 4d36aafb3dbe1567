"""The pure rules of the queue."""

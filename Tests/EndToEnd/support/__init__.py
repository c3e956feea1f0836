"""What the end-to-end tests share: the server and the relay under test, clients of every kind, and the software around them."""

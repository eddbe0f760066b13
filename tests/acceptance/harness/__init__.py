"""What the acceptance tests share: a gateway to start, servers to reach, clients to reach them with."""

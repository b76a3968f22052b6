"""The wire mouth of the paper venues: both venues' REST and WebSocket protocols over one engine each."""

"""CarmaChain (Ukraine): consumer-data requests that are answered later."""
